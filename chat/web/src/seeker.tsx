import { shared } from "@texts";
import { Component, render } from "preact";
import { readPage, type Page } from "./page";
import { About, type Triage } from "./seeker/about";
import { Afterwards } from "./seeker/afterwards";
import { Exit } from "./seeker/exit";
import { Before, Broke, Closed, Hello, Offline } from "./seeker/hello";
import { canSeal, seal } from "./seeker/seal";
import { Share } from "./seeker/share";
import { Talk } from "./seeker/talk";
import { Urgent } from "./seeker/urgent";
import { OWN, kept, session, type Kept, type Session } from "./session";
import { CLOSE, type ClientFrameOf, type ServiceIs } from "./types";
import { Wire, seed, store, stored } from "./wire";
import "./styles/seeker.css";

type Step = "hello" | "before" | "about";
type Screen = Step | "talk" | "waiting" | "after" | "closed" | "offline" | "broke";

interface State {
  session: Session;
  page: Page;
  languages: string[];
  step: Step;
  draft: string;
  urgent: boolean;
  help: boolean;
  share: boolean;
  online: boolean;
  broken: boolean;
}

const TICKET = "ticket";
const POSITION = "position";
const OUTBOX = "outbox";
const ASKS = "asks";

/** The second click of a double click must not press what came up under the finger: nobody skips a screen unread. */
function passOnce(event: MouseEvent): void {
  if (event.detail < 2 || !(event.target instanceof Element) || !event.target.closest(".foot")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

class Seeker extends Component<{ page: Page; main: HTMLElement }, State> {
  private readonly wire: Wire;
  private readonly exit: Exit;
  private shown: Screen | null = null;

  constructor(props: { page: Page; main: HTMLElement }) {
    super(props);
    const before = restore();
    const start = session("seeker", { lang: props.page.lang, seed: seed(), kept: before });
    this.wire = new Wire("/ws/seeker", start, (state) => this.changed(state));
    this.exit = new Exit(() => this.wire.do({ do: "quit" }));
    this.state = {
      session: start,
      page: props.page,
      languages: props.page.languages ?? [props.page.lang],
      step: "hello",
      draft: "",
      urgent: false,
      help: false,
      share: false,
      online: navigator.onLine,
      broken: false,
    };
  }

  override componentDidMount(): void {
    document.getElementById("urgent")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.setState({ urgent: true });
    });
    this.props.main.addEventListener("click", passOnce, true);
    addEventListener("online", () => this.network(true));
    addEventListener("offline", () => this.network(false));
    document.addEventListener("visibilitychange", () => this.look());
    if (Object.keys(this.wire.state.talks).length > 0) this.wire.do({ do: "open" });
    this.look();
    this.mark();
    if (this.props.page.languages === null) void this.refresh();
  }

  override componentDidUpdate(): void {
    this.mark();
  }

  override componentDidCatch(): void {
    this.setState({ broken: true });
  }

  render() {
    const { session: now, page, step, draft } = this.state;
    const talk = now.talks[OWN];
    const lines = now.lines.length > 0 ? now.lines : page.lines;
    return (
      <>
        {this.screen() === "broke" ? (
          <Broke page={{ ...page, lines }} onAgain={() => location.reload()} />
        ) : this.screen() === "closed" ? (
          <Closed page={page} full={now.notice?.code === "full"} onBack={page.open ? () => this.again() : null} />
        ) : this.screen() === "offline" ? (
          <Offline page={page} />
        ) : this.screen() === "after" && talk?.ended ? (
          <Afterwards
            ending={talk.ended}
            lines={lines}
            onRate={(helped, mood) => this.ask({ type: "rate", helped, mood })}
            onAgain={() => this.again()}
            onDone={() => this.exit.leave()}
          />
        ) : talk && !talk.ended ? (
          <>
            {now.link === "elsewhere" && (
              <p class="banner held">
                {shared.elsewhere}
                <button type="button" class="button plain" onClick={() => this.wire.do({ do: "open" })}>
                  {shared.elsewhereHere}
                </button>
              </p>
            )}
            <Talk
              session={now}
              talk={talk}
              draft={draft}
              onDraft={(text) => this.draft(text)}
              onSend={(text) => {
                this.wire.do({ do: "say", at: OWN, text });
                this.setState({ draft: "" });
              }}
              onSwitch={() => this.ask({ type: "switch" })}
              onReport={(reason) => this.ask({ type: "report", reason })}
              onEnd={() => this.wire.do({ do: "end", at: OWN })}
              onLeave={() => this.leaveRoom()}
              onShare={this.canShare() ? () => this.setState({ share: true }) : null}
              onUrgent={() => this.setState({ urgent: true })}
            />
          </>
        ) : step === "hello" ? (
          <Hello page={page} onStart={() => this.setState({ step: "before" })} />
        ) : step === "before" ? (
          <Before page={page} onNext={() => this.setState({ step: "about" })} onNow={() => this.join({})} />
        ) : (
          <About
            languages={this.state.languages}
            lang={page.lang}
            onNext={(triage) => this.join(triage)}
            onSkip={() => this.join({})}
          />
        )}
        {this.state.share && now.envelopeKey && this.canShare() && (
          <Share
            policy={now.envelopeKey.policy}
            envelope={now.envelope}
            onSeal={(where, reach, agreed) => this.seal(where, reach, agreed)}
            onConsent={(on) => this.ask({ type: "consent", on })}
            onClose={() => this.setState({ share: false })}
          />
        )}
        {(this.state.urgent || (now.crisis && !now.calmed)) && (
          <Urgent
            lines={now.crisis ?? lines}
            crisis={now.crisis !== null && !this.state.help}
            help={!this.state.help ? null : now.notice?.re === "help" ? "failed" : "asked"}
            onHelp={() => this.help()}
            onShare={
              this.canShare()
                ? () => {
                    this.setState({ urgent: false, help: false, share: true });
                    if (now.crisis) this.wire.do({ do: "calm" });
                  }
                : null
            }
            onClose={() => {
              this.setState({ urgent: false, help: false });
              if (now.crisis) this.wire.do({ do: "calm" });
            }}
          />
        )}
      </>
    );
  }

  /** Whether there is a conversation that it would belong to, a key, and a browser that can. */
  private canShare(): boolean {
    const { session: now } = this.state;
    const talk = now.talks[OWN];
    return canSeal() && now.envelopeKey !== null && talk !== undefined && talk.id !== "" && !talk.ended;
  }

  private async seal(where: string, reach: string, agreed: boolean): Promise<boolean> {
    const { session: now } = this.state;
    const talk = now.talks[OWN];
    if (now.envelopeKey === null || talk === undefined) return false;
    try {
      const box = await seal(now.envelopeKey, talk.id, where, reach);
      this.ask({ type: "seal", key: now.envelopeKey.key, box, agreed });
      return true;
    } catch {
      return false;
    }
  }

  private screen(): Screen {
    const { session: now, page, step, online, broken } = this.state;
    const talk = now.talks[OWN];
    if (broken || now.closed === CLOSE.BAD_PROTOCOL || now.closed === CLOSE.NOT_ALLOWED) return "broke";
    if (talk?.ended) return "after";
    if (now.notice?.re === "join" && ["closed", "full"].includes(now.notice.code)) return "closed";
    if (talk) return talk.phase === "waiting" ? "waiting" : "talk";
    if (!online) return "offline";
    return page.open ? step : "closed";
  }

  /** Says which screen this is, for the styles, and lets a reader begin at its heading. */
  private mark(): void {
    const screen = this.screen();
    if (screen === this.shown || this.exit.gone) return;
    const first = this.shown === null;
    this.shown = screen;
    this.props.main.dataset["screen"] = screen;
    if (first && screen === "hello") return;
    const writing = document.activeElement instanceof HTMLTextAreaElement;
    if (!writing) this.props.main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  private changed(state: Session): void {
    if (this.exit.gone) return;
    keep(kept(state));
    this.setState({ session: state });
  }

  private join(triage: Triage): void {
    this.ask({ type: "join", ...triage });
  }

  private ask(frame: ClientFrameOf<"join" | "rate" | "switch" | "report" | "help" | "leave" | "seal" | "consent">): void {
    this.wire.do({ do: "ask", frame });
  }

  private help(): void {
    this.setState({ help: true });
    this.ask({ type: "help" });
  }

  private leaveRoom(): void {
    const talk = this.wire.state.talks[OWN];
    this.setState({ step: "hello", draft: "" });
    if (talk?.id && this.wire.state.link === "open" && Object.keys(talk.heard).length === 0) this.ask({ type: "leave" });
    else this.wire.do({ do: "quit" });
  }

  private draft(text: string): void {
    this.setState({ draft: text });
    this.wire.do({ do: text === "" ? "cleared" : "typed", at: OWN });
  }

  private again(): void {
    this.wire.do({ do: "quit" });
    this.setState({ step: "hello", draft: "" });
    this.look();
    void this.refresh();
  }

  private network(online: boolean): void {
    this.setState({ online });
    if (online) this.wire.do({ do: "online" });
  }

  private look(): void {
    this.wire.do({ do: "look", at: document.visibilityState === "visible" ? OWN : null });
  }

  /** How it stands now; the page itself knows only how it stood when it was loaded. */
  private async refresh(): Promise<void> {
    try {
      const answer = await fetch("/api/service", { credentials: "omit", cache: "no-store" });
      if (!answer.ok) return;
      const { open, wait, languages } = (await answer.json()) as ServiceIs;
      if (!this.exit.gone) this.setState({ page: { ...this.state.page, open, wait }, languages });
    } catch {
      // The page goes on with what it knows.
    }
  }
}

function restore(): Kept | null {
  const ticket = stored<string>(TICKET);
  const talks = stored<Kept["talks"]>(POSITION);
  const outbox = stored<Kept["talks"][string]["outbox"]>(OUTBOX) ?? [];
  const own = talks?.[OWN];
  const asks = stored<NonNullable<Kept["asks"]>>(ASKS) ?? [];
  return own ? { ticket, talks: { [OWN]: { ...own, outbox } }, asks } : null;
}

function keep(what: Kept | null): void {
  const own = what?.talks[OWN];
  store(TICKET, own ? what.ticket : null);
  store(POSITION, own ? { [OWN]: { ...own, outbox: [] } } : null);
  store(OUTBOX, own && own.outbox.length > 0 ? own.outbox : null);
  store(ASKS, own ? (what.asks ?? null) : null);
}

const main = document.getElementById("main");
if (main) {
  main.replaceChildren();
  render(<Seeker page={readPage()} main={main} />, main);
}
