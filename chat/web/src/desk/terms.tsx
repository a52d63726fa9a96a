import { desk } from "@texts";
import { Component, createRef } from "preact";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { count, fill } from "../texts";
import { ProposalForm } from "./proposal";
import { list, move, propose, type Answered, type Move, type Proposal, type Term, type Terms, type Told } from "./terms-api";
import { categoryWord, languageWord } from "./words";

interface State {
  terms: Terms | null;
  words: string;
  /** What went wrong, or what was done, in a sentence. */
  told: string | null;
  turned: Answered | null;
  busy: boolean;
  adding: boolean;
}

const MOST_SHOWN = 60;

/** What the screen looks for and what each term earns; a coordinator adds, mutes, tries, agrees and undoes. */
export class TermsView extends Component<{ lang: string }, State> {
  override state: State = { terms: null, words: "", told: null, turned: null, busy: false, adding: false };

  private banner = createRef<HTMLParagraphElement>();

  override componentDidMount(): void {
    void this.load();
  }

  render() {
    const texts = desk.terms;
    const { terms, told, turned, busy, adding, words } = this.state;
    const changed = terms?.terms.filter((term) => term.change && term.change.state !== "undone") ?? [];
    return (
      <section class="terms" data-test="terms" aria-busy={busy}>
        <h1 tabIndex={-1}>{texts.title}</h1>
        <p class="quiet">{texts.lead}</p>
        <div aria-live="polite" class="stack">
          {told && (
            <p class="banner" tabIndex={-1} ref={this.banner} data-test="terms-told">
              {told}
            </p>
          )}
          {turned && turned.turned_count > 0 && <TurnedList answered={turned} lang={this.props.lang} />}
        </div>
        <div class="tools">
          <button type="button" class="button main" onClick={() => this.setState({ adding: true })} data-test="term-add">
            <Icon name="write" /> {texts.add}
          </button>
        </div>
        {terms && (
          <>
            <p>{count(texts.missed, terms.missed, this.props.lang)}</p>
            <h2>{texts.own}</h2>
            {changed.length === 0 ? <p class="quiet">{texts.ownNone}</p> : this.rows(changed)}
            <h2>{texts.all}</h2>
            <label class="field">
              {texts.search}
              <input
                type="search"
                value={words}
                onInput={(event) => this.setState({ words: event.currentTarget.value })}
                data-test="term-search"
              />
            </label>
            {this.shipped(terms)}
          </>
        )}
        {adding && terms && (
          <Sheet title={texts.add} test="term-sheet" onClose={() => this.setState({ adding: false })}>
            <ProposalForm terms={terms} onPropose={(proposal) => this.add(proposal)} />
          </Sheet>
        )}
      </section>
    );
  }

  private shipped(terms: Terms) {
    const texts = desk.terms;
    const wanted = this.state.words.trim().toLowerCase();
    const found = terms.terms
      .filter((term) => term.shipped && (!term.change || term.change.state === "undone"))
      .filter((term) => `${term.term} ${term.why} ${categoryWord(term.category)}`.toLowerCase().includes(wanted))
      .sort((a, b) => b.false_alarm - a.false_alarm || b.shown - a.shown);
    return (
      <>
        {this.rows(found.slice(0, MOST_SHOWN))}
        {found.length > MOST_SHOWN && (
          <p class="quiet">{fill(texts.more, { shown: MOST_SHOWN, all: found.length })}</p>
        )}
      </>
    );
  }

  private rows(terms: Term[]) {
    return (
      <ul class="term-list">
        {terms.map((term) => (
          <Row
            key={`${term.lexicon}:${term.term}`}
            term={term}
            busy={this.state.busy}
            onMove={(to) => term.change && this.act(move(term.change, to))}
            onPropose={(change) => this.act(propose({ change, lexicon: term.lexicon, term: term.term, ...(change === "lower" ? { severity: "notice" } : {}) }))}
          />
        ))}
      </ul>
    );
  }

  private async add(proposal: Proposal): Promise<string | null> {
    const answered = await propose(proposal);
    if (typeof answered === "string") return answered;
    this.setState({ adding: false });
    await this.done(answered);
    return null;
  }

  private async act(asked: Promise<Told<Answered>>): Promise<void> {
    this.setState({ busy: true, told: null, turned: null });
    const answered = await asked;
    if (typeof answered === "string") this.tell({ told: answered, turned: null });
    else await this.done(answered);
  }

  private async done(answered: Answered): Promise<void> {
    const texts = desk.terms;
    const { change } = answered;
    const told = change.needs_second && change.state === "draft" ? texts.needsSecond : texts.done[change.state];
    await this.load();
    this.tell({ told, turned: change.state === "undone" ? null : answered });
  }

  /** The button that was pressed may be gone: whoever goes by keyboard goes on from what was told. */
  private tell(what: Pick<State, "told" | "turned">): void {
    this.setState({ ...what, busy: false }, () => this.banner.current?.focus());
  }

  private async load(): Promise<void> {
    const terms = await list();
    if (typeof terms === "string") this.setState({ told: terms });
    else this.setState({ terms });
  }
}

interface RowProps {
  term: Term;
  busy: boolean;
  onMove: (to: Move) => void;
  onPropose: (kind: "mute" | "lower") => void;
}

function Row({ term, busy, onMove, onPropose }: RowProps) {
  const texts = desk.terms;
  const change = term.change && term.change.state !== "undone" ? term.change : null;
  const waits = change !== null && change.state === "draft" && change.needs_second;
  const name = `${term.lexicon}:${term.term}`;
  const moves: Move[] = change === null ? [] : waits ? (change.mine ? [] : ["agree"]) : steps(change.kind, change.state);
  return (
    <li class="term" data-test="term" data-term={name} data-state={change?.state ?? "shipped"}>
      <div class="term-what">
        <p>
          <strong>{term.why}</strong>
        </p>
        <p class="small quiet">
          {name} · {languageWord(term.lexicon)} · {categoryWord(term.category)}
          {term.severity && ` · ${desk.severity[term.severity]}`}
        </p>
        {change && (
          <p class="small">
            <span class={change.state === "live" ? "pill" : "pill warm"}>
              {texts.kinds[change.kind]}, {waits ? texts.waits : texts.states[change.state]}
            </span>
          </p>
        )}
        {change && change.say.length > 0 && <p class="small quiet">{change.say.join(" · ")}</p>}
      </div>
      <dl class="term-counts">
        {([["shown", term.shown], ["false_alarm", term.false_alarm], ...(term.shadow ? ([["shadow", term.shadow]] as const) : [])] as const).map(
          ([what, value]) => (
            <div key={what}>
              <dt>{texts.counts[what]}</dt>
              <dd data-test={`term-${what}`}>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <div class="tools">
        {change === null &&
          (["mute", ...(term.severity === "notice" ? [] : ["lower"])] as ("mute" | "lower")[]).map((kind) => (
            <button
              type="button"
              class="button plain"
              key={kind}
              disabled={busy}
              onClick={() => onPropose(kind)}
              data-test={`term-${kind}`}
            >
              {texts.do[kind]} <span class="unseen">{name}</span>
            </button>
          ))}
        {[...moves, ...(change ? (["undo"] as const) : [])].map((to) => (
          <button
            type="button"
            class="button plain"
            key={to}
            disabled={busy}
            onClick={() => onMove(to)}
            data-test={`term-${to}`}
          >
            {texts.do[to]} <span class="unseen">{name}</span>
          </button>
        ))}
      </div>
    </li>
  );
}

function steps(kind: string, state: string): Move[] {
  if (kind !== "add") return state === "draft" ? ["live"] : [];
  if (state === "draft") return ["shadow", "live"];
  return state === "shadow" ? ["live"] : ["shadow"];
}

function TurnedList({ answered, lang }: { answered: Answered; lang: string }) {
  const texts = desk.terms;
  const word = (severity: Answered["turned"][number]["before"]) => (severity ? desk.severity[severity] : texts.nothing);
  return (
    <details class="turned" data-test="terms-turned">
      <summary>{count(texts.turned, answered.turned_count, lang)}</summary>
      <ul>
        {answered.turned.map((one) => (
          <li key={one.text}>
            <q>{one.text}</q> {fill(texts.becomes, { before: word(one.before), after: word(one.after) })}
          </li>
        ))}
      </ul>
    </details>
  );
}
