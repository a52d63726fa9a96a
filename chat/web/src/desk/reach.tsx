import { desk, shared } from "@texts";
import { Component, createRef } from "preact";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { add, heard, own, people, remove, test, type Address, type Colleague, type Reach, type Told, type Way } from "../reach/api";
import { clock, count, fill } from "../texts";
import { ReachForm } from "./reach-form";

interface Props {
  lang: string;
  /** Where "push for this phone" leads back to. */
  surface: "console" | "staff";
  coordinator: boolean;
}

interface State {
  reach: Reach | null;
  people: Colleague[];
  told: string | null;
  busy: boolean;
  adding: boolean;
}

const WAYS: Way[] = ["push", "sms", "voice", "email", "apprise"];
const FRESH = 90 * 86_400;
const WAITING = 900;

/** The own ways to be reached, each with its last confirmed test; a coordinator sees whose work. */
export class ReachView extends Component<Props, State> {
  override state: State = { reach: null, people: [], told: null, busy: false, adding: false };

  private banner = createRef<HTMLParagraphElement>();
  private looks = () => document.visibilityState === "visible" && this.again();

  override componentDidMount(): void {
    void this.load();
    // Whoever comes back from the link of a test sees at once that it is confirmed.
    document.addEventListener("visibilitychange", this.looks);
  }

  override componentWillUnmount(): void {
    document.removeEventListener("visibilitychange", this.looks);
  }

  render() {
    const texts = desk.reach;
    const { reach, told, busy, adding } = this.state;
    const missing = reach ? WAYS.filter((way) => !reach.channels.includes(way)) : [];
    const { lang, surface } = this.props;
    return (
      <section class="terms reach" data-test="reach" aria-busy={busy}>
        <h1 tabIndex={-1}>{texts.title}</h1>
        <p class="quiet">{texts.lead}</p>
        <div aria-live="polite">
          {told && (
            <p class="banner" tabIndex={-1} ref={this.banner} data-test="reach-told">
              {told}
            </p>
          )}
        </div>
        {reach && (
          <>
            <p class="reach-state" data-test="reach-state" data-reached={confirmed(reach).length > 0}>
              <Icon name={confirmed(reach).length > 0 ? "check" : "bell"} /> {stateOf(reach, lang)}
            </p>
            <ul class="term-list">
              {reach.addresses.map((address) => (
                <Row
                  key={address.id}
                  address={address}
                  ready={reach.channels.includes(address.channel)}
                  busy={busy}
                  lang={lang}
                  onTest={() => this.act(test(address.id), texts.tested)}
                  onHeard={() => this.act(heard(address.id), null)}
                  onRemove={() => this.act(remove(address.id), texts.removed)}
                />
              ))}
            </ul>
            <div class="tools">
              <button type="button" class="button main" onClick={() => this.setState({ adding: true })} data-test="reach-add">
                <Icon name="write" /> {texts.add}
              </button>
              <a class="button" href={`/staff/phone#${surface}`} data-test="reach-phone">
                <Icon name="bell" /> {texts.phone}
              </a>
              <button type="button" class="button" disabled={busy} onClick={() => this.again()} data-test="reach-refresh">
                <Icon name="swap" /> {texts.refresh}
              </button>
            </div>
            {missing.length > 0 && (
              <p class="small quiet" data-test="reach-missing">
                {fill(texts.missing, { ways: missing.map((way) => texts.ways[way]).join(", ") })}
              </p>
            )}
          </>
        )}
        {this.props.coordinator && <People people={this.state.people} />}
        {adding && reach && (
          <Sheet title={texts.add} test="reach-sheet" onClose={() => this.setState({ adding: false })}>
            <ReachForm reach={reach} onAdd={(way, address, label) => this.add(way, address, label)} />
          </Sheet>
        )}
      </section>
    );
  }

  private again(): void {
    this.setState({ told: null });
    void this.load();
  }

  private async load(): Promise<void> {
    const [reach, all] = await Promise.all([own(), this.props.coordinator ? people() : null]);
    if ("good" in reach) this.setState({ reach: reach.good });
    else this.setState({ told: reach.refused.detail || desk.reach.down });
    if (all && "good" in all) this.setState({ people: all.good.people });
  }

  private async add(way: Way, address: string, label: string): Promise<string | null> {
    const added = await add(way, address, label);
    if ("refused" in added) return added.refused.detail || desk.reach.down;
    this.setState({ adding: false, told: desk.reach.added }, () => this.banner.current?.focus());
    await this.load();
    return null;
  }

  private act(work: Promise<Told<null>>, done: string | null): void {
    this.setState({ busy: true });
    void work.then(async (answer) => {
      const told = "good" in answer ? done : answer.refused.detail || desk.reach.down;
      await this.load();
      this.setState({ busy: false, told }, () => this.banner.current?.focus());
    });
  }
}

interface RowProps {
  address: Address;
  ready: boolean;
  busy: boolean;
  lang: string;
  onTest: () => void;
  onHeard: () => void;
  onRemove: () => void;
}

function Row({ address, ready, busy, lang, onTest, onHeard, onRemove }: RowProps) {
  const texts = desk.reach;
  const name = address.label === "" ? texts.ways[address.channel] : address.label;
  const waits = waiting(address);
  return (
    <li class="term" data-test="reach-row" data-channel={address.channel} data-confirmed={address.confirmed_at !== null}>
      <div class="term-what">
        <h2>{name}</h2>
        <p class="small quiet">
          {texts.ways[address.channel]}
          {address.shown !== "" && (
            <>
              {" · "}
              <bdi>{address.shown}</bdi>
            </>
          )}
        </p>
        <p data-test="reach-sentence">{sentence(address, lang)}</p>
      </div>
      <div class="tools">
        {waits && address.channel === "voice" && (
          <button type="button" class="button main" disabled={busy} onClick={onHeard} data-test="reach-heard">
            {texts.heard} <span class="unseen">{name}</span>
          </button>
        )}
        {ready && (
          <button type="button" class="button" disabled={busy} onClick={onTest} data-test="reach-test">
            {texts.test} <span class="unseen">{name}</span>
          </button>
        )}
        <button type="button" class="button plain" disabled={busy} onClick={onRemove} data-test="reach-remove">
          {texts.remove} <span class="unseen">{name}</span>
        </button>
      </div>
    </li>
  );
}

function People({ people }: { people: Colleague[] }) {
  const texts = desk.reach.people;
  return (
    <section class="stack">
      <h2>{texts.title}</h2>
      <p class="quiet">{texts.lead}</p>
      <table class="reach-people" data-test="reach-people">
        <thead>
          <tr>
            <th scope="col">{texts.who}</th>
            <th scope="col">{texts.roles}</th>
            <th scope="col">{texts.ways}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((one) => (
            <tr key={one.name} data-test="reach-person">
              <th scope="row">{one.name}</th>
              <td>{one.roles.map((role) => shared.roles[role]).join(", ")}</td>
              <td>
                {one.tested.length > 0 ? (
                  one.tested.map((way) => desk.reach.ways[way]).join(", ")
                ) : (
                  <span class="pill warm">{texts.none}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const now = () => Date.now() / 1000;

function confirmed(reach: Reach): Address[] {
  return reach.addresses.filter((one) => one.confirmed_at !== null && now() - one.confirmed_at < FRESH);
}

function stateOf(reach: Reach, lang: string): string {
  const texts = desk.reach.state;
  if (reach.addresses.length === 0) return texts.none;
  const good = confirmed(reach).length;
  return good === 0 ? texts.untested : count(texts, good, lang);
}

/** A test was sent and is not confirmed yet, and its link still works. */
function waiting(address: Address): boolean {
  const { tried_at: tried, confirmed_at: sure } = address;
  return tried !== null && now() - tried < WAITING && (sure === null || sure < tried);
}

function sentence(address: Address, lang: string): string {
  const texts = desk.reach;
  if (waiting(address)) {
    const text = address.channel === "voice" ? texts.rang : texts.sent;
    return fill(text, { time: clock(address.tried_at ?? 0, lang) });
  }
  if (address.confirmed_at === null) return texts.never;
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long" }).format(address.confirmed_at * 1000);
  return fill(now() - address.confirmed_at < FRESH ? texts.confirmed : texts.stale, { day });
}
