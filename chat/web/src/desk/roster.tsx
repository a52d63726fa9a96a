import { desk } from "@texts";
import { Component, createRef } from "preact";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { count, fill } from "../texts";
import type { Told } from "./ask";
import { FeedBox } from "./feed";
import { moment, wall } from "./moments";
import { askSwap, cover, readCalendar, roster as load, write, type Place, type Roster, type Shift, type Span } from "./roster-api";
import { SheetText } from "./sheet-text";
import { SpanForm } from "./span-form";
import { Changes, Swaps } from "./swaps";
import { Weeks } from "./weeks";

type Open = "cover" | "calendar" | "text" | Shift | null;

interface State {
  roster: Roster | null;
  /** What went wrong, or what was done, in a sentence. */
  told: string | null;
  open: Open;
  busy: boolean;
}

const HOUR = 3600;
const LOOK_AGAIN = 60_000;

/** Who is on call when: two weeks, own shifts and swaps; for coordinators also what changes it. */
export class RosterView extends Component<{ lang: string }, State> {
  override state: State = { roster: null, told: null, open: null, busy: false };

  private banner = createRef<HTMLParagraphElement>();
  private timer = 0;

  override componentDidMount(): void {
    void this.load();
    this.timer = window.setInterval(() => void this.load(), LOOK_AGAIN);
  }

  override componentWillUnmount(): void {
    window.clearInterval(this.timer);
  }

  render() {
    const texts = desk.roster;
    const { roster, told, busy } = this.state;
    const { lang } = this.props;
    const act = (done: string, work: Promise<Told<unknown>>) => void this.act(done, work);
    return (
      <section class="terms roster" data-test="roster" aria-busy={busy}>
        <h1 tabIndex={-1}>{texts.title}</h1>
        <div aria-live="polite">
          {told && (
            <p class="banner" tabIndex={-1} ref={this.banner} data-test="roster-told">
              {told}
            </p>
          )}
        </div>
        {roster && (
          <>
            {(["first", "second"] as const).map((place) => (
              <p key={place} class="large" data-test={`now-${place}`}>
                {this.now(roster, place)}
              </p>
            ))}
            <p class="quiet">{fill(texts.zone, { zone: roster.zone })}</p>
            {roster.text !== null && this.tools()}
            <Swaps roster={roster} lang={lang} busy={busy} onAct={act} onSwap={(shift) => this.setState({ open: shift })} />
            <Weeks roster={roster} lang={lang} />
            {roster.text !== null && <Changes roster={roster} lang={lang} busy={busy} onAct={act} />}
            <FeedBox roster={roster} onChanged={() => void this.load()} />
            {this.sheet(roster)}
          </>
        )}
      </section>
    );
  }

  private tools() {
    const texts = desk.roster;
    return (
      <div class="tools">
        <button type="button" class="button main" onClick={() => this.setState({ open: "cover" })} data-test="roster-cover">
          <Icon name="people" /> {texts.cover}
        </button>
        <button type="button" class="button plain" onClick={() => this.setState({ open: "calendar" })} data-test="roster-calendar">
          {texts.calendar}
        </button>
        <button type="button" class="button plain" onClick={() => this.setState({ open: "text" })} data-test="roster-edit">
          <Icon name="write" /> {texts.edit}
        </button>
      </div>
    );
  }

  private sheet(roster: Roster) {
    const texts = desk.roster;
    const { open } = this.state;
    const close = () => this.setState({ open: null });
    if (open === null) return null;
    if (open === "text") {
      return (
        <Sheet title={texts.edit} test="roster-sheet" onClose={close}>
          <SheetText
            text={roster.text || texts.example}
            lead={texts.textLead}
            test="roster"
            onSave={(text) => this.send(write("roster", text, roster.version), texts.done.written)}
          />
        </Sheet>
      );
    }
    if (open === "calendar") {
      return (
        <Sheet title={texts.calendar} test="roster-sheet" onClose={close}>
          <p class="quiet">{texts.calendarLead}</p>
          <label class="field">
            {texts.file}
            <input type="file" accept=".ics,text/calendar" onChange={(event) => void this.read(event.currentTarget.files?.[0])} data-test="calendar-file" />
          </label>
        </Sheet>
      );
    }
    const swap = open !== "cover";
    const start = swap ? Math.max(open.start, roster.now) : roster.now;
    const until = swap ? open.until : roster.now + 4 * HOUR;
    const given: Span = {
      place: swap ? open.place : "first",
      person: "",
      from: wall(start, roster.zone),
      until: wall(until, roster.zone),
    };
    return (
      <Sheet title={swap ? texts.swap : texts.cover} test="roster-sheet" onClose={close}>
        <SpanForm
          roster={roster}
          given={given}
          swap={swap}
          test={swap ? "swap" : "cover"}
          onSend={(span) => this.send(swap ? askSwap(span) : cover(span), swap ? texts.done.asked : texts.done.covered)}
        />
      </Sheet>
    );
  }

  /** Sentences before tables, for somebody who wants to know one thing. */
  private now(roster: Roster, place: Place): string {
    const texts = desk.roster;
    const shift = roster.shifts.find(
      (one) => one.place === place && one.start <= roster.now && roster.now < one.until,
    );
    const words = { place: texts.as[place], name: shift?.name ?? texts.gone };
    if (!shift || shift.person === null) return fill(texts.nowNobody, words);
    return fill(texts.nowUntil, { ...words, until: moment(shift.until, roster.zone, this.props.lang) });
  }

  private async read(file: File | undefined): Promise<void> {
    if (!file) return;
    const answer = await readCalendar(file);
    this.setState({ open: null });
    if (typeof answer === "string") return this.tell(answer);
    await this.load();
    this.tell(count(desk.roster.done.read, answer.shifts, this.props.lang));
  }

  private async send(work: Promise<Told<unknown>>, done: string): Promise<string | null> {
    const answer = await work;
    if (typeof answer === "string") return answer;
    this.setState({ open: null });
    await this.load();
    this.tell(done);
    return null;
  }

  private async act(done: string, work: Promise<Told<unknown>>): Promise<void> {
    this.setState({ busy: true });
    const answer = await work;
    await this.load();
    this.tell(typeof answer === "string" ? answer : done);
  }

  /** The button that was pressed may be gone: whoever goes by keyboard goes on from what was told. */
  private tell(told: string): void {
    this.setState({ told, busy: false }, () => this.banner.current?.focus());
  }

  private async load(): Promise<void> {
    const roster = await load();
    if (typeof roster === "string") this.setState({ told: roster });
    else this.setState({ roster });
  }
}
