import { desk, shared } from "@texts";
import { Component } from "preact";
import { OFF_DUTY, answered, fold, settled, type Duty } from "../duty";
import { readPage, type Page } from "../page";
import { Icon } from "../parts/icons";
import { kept, session, type Kept, type Session } from "../session";
import { CLOSE, type Finding, type Mark, type ServerFrame, type ServiceIs, type TeamFrame } from "../types";
import { Wire, seed, store, stored } from "../wire";
import { current, signOut, type Account } from "./account";
import { Alerts } from "./alerts";
import { BoardView } from "./board";
import { DebriefSheet } from "./debrief";
import { DrillsView } from "./drills";
import { LadderView } from "./ladder";
import { TalkList } from "./list";
import { Offers } from "./offers";
import { Pane } from "./pane";
import { Panel } from "./panel";
import { DeskSettings, Nav, Status, type Choice, type Settings, type View } from "./rail";
import { ReachView } from "./reach";
import { RosterView } from "./roster";
import { Shared } from "./shared";
import { SignInForm } from "./signin";
import { TermsView } from "./terms";
import { WrapupForm } from "./wrapup";

export type Surface = "console" | "staff";

interface State {
  page: Page;
  account: Account | null | "unknown" | "down";
  again: boolean;
  session: Session;
  duty: Duty;
  view: View | null;
  selected: string | null;
  drafts: Record<string, string>;
  panel: boolean;
  settings: Settings;
  languages: string[];
  /** The status that was chosen and is not confirmed yet. */
  wanted: Choice | null;
  /** Seconds since 1970, while something counts down. */
  now: number;
}

const TEAM = "team";
const DRAFTS = "drafts";
const DESK = "desk";
const TICK = 500;
/** Milliseconds until it is asked again who is signed in, where nobody could say. */
const AGAIN = 3000;

/** The team's surface: the console begins with conversations, the staff surface with alerts. */
export class App extends Component<{ surface: Surface }, State> {
  private wire: Wire | null = null;

  constructor(props: { surface: Surface }) {
    super(props);
    const page = readPage();
    this.state = {
      page,
      account: "unknown",
      again: false,
      session: session("team"),
      duty: OFF_DUTY,
      view: null,
      selected: null,
      drafts: stored<Record<string, string>>(DRAFTS) ?? {},
      panel: matchMedia("(min-width: 1280px)").matches,
      settings: stored<Settings>(DESK) ?? { capacity: 1, languages: [page.lang], topics: [] },
      languages: page.languages ?? [page.lang],
      wanted: null,
      now: Date.now() / 1000,
    };
  }

  override componentDidMount(): void {
    void this.begin();
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("online", () => this.wire?.do({ do: "online" }));
    window.setInterval(() => this.tick(), TICK);
  }

  override componentDidUpdate(_: unknown, before: State): void {
    const { view, selected } = this.state;
    if (view === before.view && selected === before.selected) return;
    this.look();
    const writing = document.activeElement instanceof HTMLTextAreaElement;
    if (!writing) document.querySelector<HTMLElement>("main [tabindex='-1']")?.focus({ preventScroll: true });
  }

  render() {
    const { surface } = this.props;
    const { account, page, again } = this.state;
    if (account === "unknown") return <main id="main" class="sign-in" aria-busy="true" />;
    if (account === "down") {
      return (
        <main id="main" class="sign-in" aria-busy="true">
          <h1 tabIndex={-1}>{desk[surface]}</h1>
          <p class="banner" role="status" data-test="down">
            {desk.down}
          </p>
        </main>
      );
    }
    if (account === null) {
      const title = desk[surface];
      const enter = (who: Account) => this.signedIn(who);
      return <SignInForm title={title} campus={page.campus} again={again} onSignedIn={enter} />;
    }
    return this.desk(account);
  }

  private desk(account: Account) {
    const { session: now, duty, page, selected, settings, languages } = this.state;
    const views = this.views(account);
    const view = this.view(views);
    const talks = Object.entries(now.talks);
    const load = talks.filter(([, talk]) => talk.role === "supporter" && !talk.ended).length;
    const open = duty.alerts.filter((alert) => alert.state === "open").length;
    const listens = this.props.surface === "console" && account.roles.includes("supporter");
    return (
      <div class="frame" data-view={view} data-selected={selected !== null && view === "talks"}>
        <header class="rail">
          <div class="person">
            <strong>{account.name}</strong>
            <small>{account.roles.map((role) => shared.roles[role]).join(", ")}</small>
          </div>
          {listens && <Status duty={duty} chosen={this.state.wanted ?? duty.standing} load={load} onChoose={(choice) => this.choose(choice)} />}
          {views.length > 1 && (
            <Nav views={views} view={view} counts={{ alerts: open }} onView={(to) => this.setState({ view: to })} />
          )}
          {listens && (
            <DeskSettings settings={settings} languages={languages} onSave={(kept) => this.settle(kept)} />
          )}
          <div class="rail-foot">
            <p class="small link" data-link={now.link} data-test="link">
              {desk.connection[now.link === "open" ? "open" : now.link === "stopped" ? "stopped" : "resting"]}
            </p>
            <button type="button" class="button bare" onClick={() => void this.leave()} data-test="sign-out">
              <Icon name="out" /> {desk.signIn.out}
            </button>
            <p class="small quiet">{page.campus}</p>
          </div>
        </header>
        {view === "talks" ? this.talks(account) : this.overview(view, account)}
        {this.told()}
        {duty.debrief && talks.every(([, talk]) => talk.role !== "supporter") && (
          <DebriefSheet
            onChoose={(choice) => this.ask({ type: "debrief", choice })}
            onClose={() => this.setState({ duty: { ...this.state.duty, debrief: false } })}
          />
        )}
      </div>
    );
  }

  /** Beside the conversation, for staff who entered: what its student shares. */
  private shared(conversation: string, account: Account) {
    const { duty } = this.state;
    if (!this.alerted(conversation)) return null;
    return (
      <Shared
        envelope={duty.envelopes[conversation] ?? null}
        contents={duty.contents[conversation] ?? null}
        entered
        me={account.name}
        onUnseal={() => this.ask({ type: "unseal", conversation })}
      />
    );
  }

  private alerted(conversation: string): boolean {
    return this.state.duty.alerts.some((alert) => alert.conversation === conversation && !settled(alert));
  }

  private talks(account: Account) {
    const { session: now, duty, page, selected, drafts, panel } = this.state;
    const talk = selected === null ? undefined : now.talks[selected];
    const lines = now.lines.length > 0 ? now.lines : page.lines;
    const console = this.props.surface === "console";
    return (
      <>
        <main id="main" class="both">
          <section class="side" aria-labelledby="talks-title">
            <h1 id="talks-title">{desk.list.title}</h1>
            <Offers
              offers={duty.offers}
              now={this.state.now}
              onAccept={(offer) => this.answer("accept", offer)}
              onDecline={(offer) => this.answer("decline", offer)}
            />
            <TalkList
              talks={now.talks}
              duty={duty}
              selected={selected}
              lang={now.lang}
              onSelect={(key) => this.setState({ selected: key })}
            />
          </section>
          <div class="middle">
            {selected !== null && talk?.ended ? (
              <WrapupForm
                key={selected}
                talk={talk}
                onDone={(outcome, topic) => {
                  this.ask({ type: "wrapup", conversation: selected, outcome, topic });
                  this.close(selected);
                }}
                onClose={() => this.close(selected)}
              />
            ) : selected !== null && talk ? (
              <Pane
                key={selected}
                talk={talk}
                lang={now.lang}
                draft={drafts[selected] ?? ""}
                onDraft={(text) => this.draft(selected, text)}
                onSend={(text) => {
                  this.wire?.do({ do: "say", at: selected, text });
                  this.write(selected, "");
                }}
                onRaise={(reason) => this.ask({ type: "raise", conversation: selected, reason })}
                onHandover={() => this.ask({ type: "handover", conversation: selected, to: null, warm: false })}
                onEnd={() => this.wire?.do({ do: "end", at: selected })}
                onLeave={() => this.ask({ type: "unobserve", conversation: selected })}
                onBack={() => this.setState({ selected: null })}
                onAlert={this.alerted(selected) ? () => this.setState({ view: "alerts" }) : null}
                onPanel={panel ? null : () => this.setState({ panel: true })}
              />
            ) : (
              <div class="empty large">
                <span class="mark big">
                  <Icon name="lamp" />
                </span>
                <p class="quiet">{Object.keys(now.talks).length > 0 ? desk.talk.pick : desk.talk.none}</p>
              </div>
            )}
          </div>
        </main>
        {selected !== null && talk && !talk.ended && panel && (
          <Panel
            first={talk.role !== "supporter" && this.shared(selected, account)}
            findings={duty.findings[selected] ?? []}
            lines={lines}
            onMark={
              console && talk.role === "supporter"
                ? (verdict, finding) => this.mark(selected, verdict, finding)
                : null
            }
            onUse={(text) => this.use(selected, text)}
            onClose={() => this.setState({ panel: false })}
          />
        )}
      </>
    );
  }

  private overview(view: View, account: Account) {
    const { session: now, duty } = this.state;
    const leads = account.roles.includes("lead") || account.roles.includes("coordinator");
    const staff = account.roles.includes("lead") || account.roles.includes("on_call");
    return (
      <main id="main" class="wide">
        {view === "alerts" ? (
          <Alerts
            duty={duty}
            me={account.name}
            now={this.state.now}
            lang={now.lang}
            inside={Object.keys(now.talks)}
            asks={now.asks}
            connected={now.link === "open"}
            onDecide={(alert, decision) => this.ask({ type: "decide", alert, decision })}
            onWithdraw={(ref) => this.wire?.do({ do: "withdraw", ref })}
            onAcknowledge={(alert) => this.ask({ type: "acknowledge", alert })}
            onEnter={(conversation) => this.enter(conversation)}
            onHand={(alert, to) => this.ask({ type: "hand", alert, to })}
            onTick={(alert, item, on) => this.ask({ type: "tick", alert, item, on })}
            onUnseal={(conversation) => this.ask({ type: "unseal", conversation })}
            onResolve={(alert, outcome) => this.ask({ type: "resolve", alert, outcome })}
            onStandDown={(alert) => this.ask({ type: "stand_down", alert })}
          />
        ) : view === "drills" ? (
          <DrillsView lang={now.lang} />
        ) : view === "terms" ? (
          <TermsView lang={now.lang} />
        ) : view === "reach" ? (
          <ReachView
            lang={now.lang}
            surface={this.props.surface}
            coordinator={this.props.surface === "staff" && account.roles.includes("coordinator")}
          />
        ) : view === "roster" ? (
          <RosterView lang={now.lang} />
        ) : view === "ladder" ? (
          <LadderView lang={now.lang} />
        ) : (
          <BoardView
            board={duty.board}
            lang={now.lang}
            onEnter={staff ? (conversation) => this.enter(conversation) : null}
            onDebriefed={leads ? (person) => this.ask({ type: "debriefed", person }) : null}
          />
        )}
      </main>
    );
  }

  /** What went wrong, or that the connection is away, in one place that covers nothing. */
  private told() {
    const { session: now } = this.state;
    const lost = now.link !== "open" && now.closed !== null;
    return (
      <div class="told-here" aria-live="polite">
        {now.link === "elsewhere" ? (
          <p class="banner" data-test="elsewhere">
            {shared.elsewhere}
            <button type="button" class="button plain" onClick={() => this.wire?.do({ do: "open" })}>
              {shared.elsewhereHere}
            </button>
          </p>
        ) : (
          lost && (
            <p class="banner" data-test="reconnecting">
              {shared.reconnecting}
            </p>
          )
        )}
        {now.notice && now.notice.re !== "wrapup" && (
          <p class="banner" data-test="notice" data-code={now.notice.code}>
            {now.notice.detail}
            <button type="button" class="button plain" onClick={() => this.wire?.do({ do: "noted" })}>
              {shared.close}
            </button>
          </p>
        )}
      </div>
    );
  }

  // --- signing in and out -----------------------------------------------------------------------------

  private async begin(): Promise<void> {
    const account = await current();
    if (account === null || account === "down") this.setState({ account });
    else this.signedIn(account);
    if (account === "down") window.setTimeout(() => void this.begin(), AGAIN);
    if (this.state.page.languages === null) void this.refresh();
  }

  private signedIn(account: Account): void {
    const { page } = this.state;
    const start = session("team", { lang: page.lang, seed: seed(), kept: stored<Kept>(TEAM) });
    const selected = Object.keys(start.talks)[0] ?? null;
    this.wire = new Wire("/ws/team", start, (state, frame) => this.changed(state, frame));
    this.setState({ account, again: false, session: start, duty: OFF_DUTY, selected });
    this.wire.do({ do: "open" });
    this.look();
  }

  private async leave(): Promise<void> {
    this.forget();
    await signOut();
    this.setState({ account: null, again: false });
  }

  private forget(): void {
    this.wire?.do({ do: "quit" });
    this.wire = null;
    for (const key of [TEAM, DRAFTS]) store(key, null);
    this.setState({ session: session("team"), duty: OFF_DUTY, drafts: {}, selected: null, view: null });
  }

  /** A socket that is turned away before its welcome looks like a lost one; who is signed in tells them apart. */
  private async check(): Promise<void> {
    if ((await current()) !== null) return;
    this.forget();
    this.setState({ account: null, again: true });
  }

  private async refresh(): Promise<void> {
    try {
      const answer = await fetch("/api/service", { cache: "no-store" });
      if (answer.ok) this.setState({ languages: ((await answer.json()) as ServiceIs).languages });
    } catch {
      // The page's own language does.
    }
  }

  // --- what happens -----------------------------------------------------------------------------------

  private changed(state: Session, frame: ServerFrame | null): void {
    if (!this.wire) return;
    const duty = frame ? fold(this.state.duty, frame) : this.state.duty;
    store(TEAM, kept(state));
    // What counts down begins at the right second: the clock stands still while nothing does.
    this.setState({ session: state, duty, now: Date.now() / 1000 });
    if (frame?.type === "desk" || frame?.type === "refused") this.setState({ wanted: null });
    if (frame?.type === "paired" || (frame?.type === "observing" && frame.on)) {
      this.setState({ selected: frame.conversation, view: "talks" });
    }
    const { selected } = this.state;
    const listens = selected !== null && state.talks[selected]?.role === "supporter";
    if (frame?.type === "finding" && frame.conversation === selected && listens) this.setState({ panel: true });
    if (selected !== null && !(selected in state.talks)) {
      this.setState({ selected: Object.keys(state.talks)[0] ?? null });
    }
    const out: number[] = [CLOSE.SIGNED_OUT, CLOSE.NOT_ALLOWED];
    const turnedAway = state.link === "stopped" && state.closed !== null && out.includes(state.closed);
    if (turnedAway || (state.link === "resting" && state.attempt === 3)) void this.check();
  }

  private ask(frame: TeamFrame): void {
    this.wire?.do({ do: "ask", frame });
  }

  private answer(type: "accept" | "decline", offer: string): void {
    this.ask({ type, offer });
    this.setState({ duty: answered(this.state.duty, offer) });
  }

  private choose(choice: Choice): void {
    const { duty, settings } = this.state;
    if (this.state.session.link !== "stopped") this.setState({ wanted: choice });
    if (choice === "off") return this.ask({ type: "desk", open: false, ...settings });
    if (duty.standing === "off") this.ask({ type: "desk", open: true, ...settings });
    if (choice === "paused" || duty.standing === "paused") this.ask({ type: "pause", on: choice === "paused" });
  }

  private settle(settings: Settings): void {
    store(DESK, settings);
    this.setState({ settings });
    if (this.state.duty.standing !== "off") this.ask({ type: "desk", open: true, ...settings });
  }

  private enter(conversation: string): void {
    if (conversation in this.state.session.talks) this.setState({ selected: conversation, view: "talks" });
    else this.ask({ type: "observe", conversation });
  }

  /** One tap about the screen; what was missed is about the last message of the student. */
  private mark(conversation: string, verdict: Mark["verdict"], finding: Finding | null): void {
    const n = finding?.n ?? this.state.session.talks[conversation]?.heard["seeker"] ?? 0;
    if (n > 0) this.ask({ type: "mark", conversation, n, verdict, term: finding?.term ?? null });
  }

  private close(key: string): void {
    this.write(key, "");
    this.wire?.do({ do: "drop", at: key });
  }

  private draft(key: string, text: string): void {
    this.write(key, text);
    this.wire?.do({ do: text === "" ? "cleared" : "typed", at: key });
  }

  /** Puts a phrase after what is written already; it is never sent by itself. */
  private use(key: string, text: string): void {
    const before = (this.state.drafts[key] ?? "").trimEnd();
    this.write(key, before === "" ? text : `${before} ${text}`);
    document.querySelector<HTMLTextAreaElement>(".composer textarea")?.focus();
  }

  private write(key: string, text: string): void {
    const { [key]: _, ...others } = this.state.drafts;
    const drafts = text === "" ? others : { ...others, [key]: text };
    store(DRAFTS, Object.keys(drafts).length > 0 ? drafts : null);
    this.setState({ drafts });
  }

  private look(): void {
    const { selected, view, account } = this.state;
    if (account === null || typeof account === "string") return;
    const seen = document.visibilityState === "visible" && this.view(this.views(account), view) === "talks";
    this.wire?.do({ do: "look", at: seen ? selected : null });
  }

  private tick(): void {
    const { duty } = this.state;
    const counting = duty.offers.length > 0 || duty.alerts.some((alert) => !settled(alert));
    if (counting) this.setState({ now: Date.now() / 1000 });
  }

  // --- what a person may see --------------------------------------------------------------------------

  private views(account: Account): View[] {
    const has = (...roles: Account["roles"]) => roles.some((role) => account.roles.includes(role));
    const talks = this.props.surface === "console" || Object.keys(this.state.session.talks).length > 0;
    const views: [View, boolean][] = [
      ["talks", talks && has("supporter", "lead", "on_call")],
      ["alerts", has("lead", "on_call")],
      ["board", has("lead", "on_call", "coordinator")],
      ["roster", this.props.surface === "staff" && has("lead", "on_call", "coordinator")],
      ["ladder", this.props.surface === "staff" && has("lead", "on_call", "coordinator")],
      ["drills", this.props.surface === "staff" && has("lead", "on_call", "coordinator")],
      ["reach", true],
      ["terms", this.props.surface === "staff" && has("coordinator")],
    ];
    return views.filter(([, shown]) => shown).map(([view]) => view);
  }

  private view(views: View[], wanted = this.state.view): View {
    if (wanted && views.includes(wanted)) return wanted;
    const first: View = this.props.surface === "console" ? "talks" : "alerts";
    return views.includes(first) ? first : (views[0] ?? "board");
  }
}
