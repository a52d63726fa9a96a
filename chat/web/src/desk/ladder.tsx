import { desk, shared } from "@texts";
import { Component, createRef } from "preact";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { fill } from "../texts";
import type { Told } from "./ask";
import { moment } from "./moments";
import { endOverride, ladder as load, override, write, type Ladder, type Reason, type Rung } from "./roster-api";
import { SheetText } from "./sheet-text";

interface State {
  ladder: Ladder | null;
  told: string | null;
  open: "text" | "override" | null;
  reason: Reason;
  hours: number;
}

const HOURS = [4, 24, 72, 168];

/** Whom an alert tells, one after the other; whether that is tested; and the decision to open all the same. */
export class LadderView extends Component<{ lang: string }, State> {
  override state: State = { ladder: null, told: null, open: null, reason: "setting_up", hours: 24 };

  private banner = createRef<HTMLParagraphElement>();

  override componentDidMount(): void {
    void this.load();
  }

  render() {
    const texts = desk.ladder;
    const { ladder, told } = this.state;
    return (
      <section class="terms ladder" data-test="ladder">
        <h1 tabIndex={-1}>{texts.title}</h1>
        <div aria-live="polite">
          {told && (
            <p class="banner" tabIndex={-1} ref={this.banner} data-test="ladder-told">
              {told}
            </p>
          )}
        </div>
        {ladder && (
          <>
            {this.standing(ladder)}
            <h2>{texts.rungs}</h2>
            <ol class="rungs">
              {ladder.rungs.map((rung, index) => (
                <li key={index} class="shift" data-test="rung" data-flaw={ladder.flaws.some((flaw) => flaw.rung === index + 1)}>
                  <p>
                    <strong>{rung.after === 0 ? texts.atOnce : fill(texts.after, { time: seconds(rung.after) })}</strong>
                  </p>
                  <p>{told_(rung)}</p>
                  {this.flaw(ladder, index + 1)}
                </li>
              ))}
            </ol>
            <p>{texts.round}</p>
            <p class="quiet">{texts.consoles}</p>
            <p class="quiet">{ladder.concerns_wait ? texts.concernsWait : texts.concernsAtOnce}</p>
            {ladder.text !== null && (
              <div class="tools">
                <button type="button" class="button plain" onClick={() => this.setState({ open: "text" })} data-test="ladder-edit">
                  <Icon name="write" /> {texts.edit}
                </button>
              </div>
            )}
            {this.sheet(ladder)}
          </>
        )}
      </section>
    );
  }

  private standing(ladder: Ladder) {
    const texts = desk.ladder;
    const { override: opened } = ladder;
    return (
      <div class="stack" data-test="ladder-state" data-state={ladder.state}>
        <p class="large">
          <span class={ladder.state === "tested" ? "pill" : "pill warm"}>{texts.states[ladder.state]}</span>{" "}
          {ladder.state === "override" && opened
            ? fill(opened.by ? texts.overrideBy : texts.override, {
                reason: texts.reasons[opened.reason],
                until: moment(opened.until, zone(), this.props.lang),
                name: opened.by ?? "",
              })
            : texts.why[ladder.state === "tested" ? "tested" : "untested"]}
        </p>
        {ladder.state !== "tested" && <p class="quiet">{texts.how}</p>}
        {ladder.text !== null && (
          <div class="tools">
            {ladder.state === "untested" && (
              <button type="button" class="button main" onClick={() => this.setState({ open: "override" })} data-test="override">
                {texts.open}
              </button>
            )}
            {ladder.state === "override" && (
              <button type="button" class="button plain" onClick={() => void this.act(endOverride(), texts.done.ended)} data-test="override-end">
                {texts.close}
              </button>
            )}
          </div>
        )}
      </div>
    );
  }

  private flaw(ladder: Ladder, rung: number) {
    const flaw = ladder.flaws.find((one) => one.rung === rung);
    if (!flaw) return null;
    const texts = desk.ladder;
    const later = flaw.at > Date.now() / 1000 + 60;
    return (
      <p class="small">
        <span class="pill warm">{texts.untested}</span>{" "}
        {later ? fill(texts.flawLater, { time: moment(flaw.at, zone(), this.props.lang) }) : texts.flaw}
      </p>
    );
  }

  private sheet(ladder: Ladder) {
    const texts = desk.ladder;
    const { open, reason, hours } = this.state;
    const close = () => this.setState({ open: null });
    if (open === "text") {
      return (
        <Sheet title={texts.edit} test="ladder-sheet" onClose={close}>
          <SheetText
            text={ladder.text ?? ""}
            lead={texts.textLead}
            test="ladder"
            onSave={(text) => this.send(write("ladder", text, ladder.version), texts.done.written)}
          />
        </Sheet>
      );
    }
    if (open !== "override") return null;
    return (
      <Sheet title={texts.open} test="ladder-sheet" onClose={close}>
        <p class="quiet">{texts.openLead}</p>
        <fieldset>
          <legend>{texts.reason}</legend>
          <div class="menu">
            {ladder.reasons.map((one) => (
              <label class="choice" key={one}>
                <input type="radio" name="reason" checked={reason === one} onChange={() => this.setState({ reason: one })} data-test={`reason-${one}`} />
                <span>{texts.reasons[one]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="field">
          {texts.hours}
          <select value={hours} onChange={(event) => this.setState({ hours: Number(event.currentTarget.value) })} data-test="override-hours">
            {HOURS.map((one) => (
              <option key={one} value={one}>
                {one <= 24 ? fill(texts.hour, { count: one }) : fill(texts.day, { count: one / 24 })}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button main wide" onClick={() => void this.act(override(reason, hours), texts.done.opened)} data-test="override-send">
          {texts.openSend}
        </button>
      </Sheet>
    );
  }

  private async send(work: Promise<Told<unknown>>, done: string): Promise<string | null> {
    const answer = await work;
    if (typeof answer === "string") return answer;
    this.setState({ open: null });
    await this.load();
    this.tell(done);
    return null;
  }

  private async act(work: Promise<Told<unknown>>, done: string): Promise<void> {
    const fault = await this.send(work, done);
    if (fault !== null) this.setState({ open: null }, () => this.tell(fault));
  }

  private tell(told: string): void {
    this.setState({ told }, () => this.banner.current?.focus());
  }

  private async load(): Promise<void> {
    const ladder = await load();
    if (typeof ladder === "string") this.setState({ told: ladder });
    else this.setState({ ladder });
  }
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function seconds(time: number): string {
  const { duration } = desk.ladder;
  if (time < 60 || time % 60 !== 0) return fill(duration.seconds, { count: time });
  return time === 60 ? duration.minute : fill(duration.minutes, { count: time / 60 });
}

function told_(rung: Rung): string {
  const texts = desk.ladder;
  const who: Record<string, string> = desk.alerts.who;
  const roles: Record<string, string> = shared.roles;
  const channels: Record<string, string> = texts.channels;
  const people = rung.tell.map((one) => {
    if (one.kind === "person") return one.name ?? texts.gone;
    if (one.kind === "role") return fill(texts.role, { role: roles[one.name ?? ""] ?? one.name ?? "" });
    return who[one.kind] ?? one.kind;
  });
  const by = rung.by.map((one) => channels[one] ?? one);
  const list = (items: string[], type: "conjunction" | "disjunction") =>
    new Intl.ListFormat(document.documentElement.lang || "en", { type }).format(items);
  return by.length === 0
    ? fill(texts.byAny, { people: list(people, "conjunction") })
    : fill(texts.by, { people: list(people, "conjunction"), channels: list(by, "disjunction") });
}
