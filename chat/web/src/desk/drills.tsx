import { desk } from "@texts";
import { Component } from "preact";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import { clock, count, fill } from "../texts";
import { DrillPlot } from "./drill-plot";
import { list, monthly, start, type Drill, type Drills, type Told } from "./drills-api";
import { took } from "./words";

interface State {
  drills: Drills | null;
  /** What went wrong, in a sentence. */
  told: string | null;
  busy: boolean;
  asking: boolean;
}

const LOOK_EVERY = 2000;

/** Practice alerts: how fast people were, when the next one comes, and a button for one now. */
export class DrillsView extends Component<{ lang: string }, State> {
  override state: State = { drills: null, told: null, busy: true, asking: false };

  private timer = 0;

  override componentDidMount(): void {
    void this.act(list());
  }

  override componentWillUnmount(): void {
    window.clearTimeout(this.timer);
    this.timer = -1;
  }

  render({ lang }: { lang: string }) {
    const texts = desk.drills;
    const { drills, told, busy, asking } = this.state;
    return (
      <section class="terms drills" data-test="drills" aria-busy={busy}>
        <h1 tabIndex={-1}>{texts.title}</h1>
        <p class="quiet">{texts.lead}</p>
        <div aria-live="polite" class="stack">
          {told && (
            <p class="banner" data-test="drills-told">
              {told}
            </p>
          )}
          {drills?.running && (
            <p class="banner" data-test="drill-running">
              {fill(texts.running, { time: clock(drills.running.since, lang) })}{" "}
              {count(texts.runningRungs, drills.running.rungs, lang)}
            </p>
          )}
        </div>
        {drills?.may_start && !drills.running && (
          <div class="tools">
            <button type="button" class="button main" onClick={() => this.setState({ asking: true })} data-test="drill-start">
              <Icon name="bell" /> {texts.start}
            </button>
          </div>
        )}
        {drills && (
          <>
            <h2>{texts.monthly}</h2>
            <p data-test="drill-next">{this.next(drills)}</p>
            {drills.may_switch && (
              <div class="tools">
                <button
                  type="button"
                  class="button plain"
                  disabled={busy}
                  onClick={() => void this.act(monthly(!drills.monthly.on))}
                  data-test="drill-monthly"
                >
                  {drills.monthly.on ? texts.off : texts.on}
                </button>
              </div>
            )}
            <h2>{texts.history}</h2>
            {drills.drills.length === 0 ? <p class="quiet">{texts.none}</p> : <History drills={drills.drills} lang={lang} />}
          </>
        )}
        {asking && (
          <Sheet title={texts.startTitle} test="drill-sheet" onClose={() => this.setState({ asking: false })}>
            <p>{texts.startLead}</p>
            <div class="menu">
              <button type="button" class="button main" onClick={() => this.begin()} data-test="drill-confirm">
                {texts.startConfirm}
              </button>
            </div>
          </Sheet>
        )}
      </section>
    );
  }

  private next(drills: Drills): string {
    const texts = desk.drills;
    const { on, next } = drills.monthly;
    if (!on) return texts.isOff;
    if (next === null) return texts.nextNever;
    const date = new Intl.DateTimeFormat(this.props.lang, { weekday: "long", day: "numeric", month: "long" });
    return fill(texts.next, { day: date.format(next * 1000), time: clock(next, this.props.lang) });
  }

  private begin(): void {
    this.setState({ asking: false });
    void this.act(start());
  }

  private async act(work: Promise<Told>): Promise<void> {
    this.setState({ busy: true });
    const told = await work;
    if (this.timer === -1) return;
    const drills = typeof told === "string" ? this.state.drills : told;
    this.setState({ drills, told: typeof told === "string" ? told : null, busy: false });
    window.clearTimeout(this.timer);
    if (drills?.running) this.timer = window.setTimeout(() => void this.act(list()), LOOK_EVERY);
  }
}

function History({ drills, lang }: { drills: Drill[]; lang: string }) {
  const texts = desk.drills;
  const day = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeZone: "UTC" });
  return (
    <>
      <DrillPlot drills={drills} lang={lang} />
      <div class="scroll" tabIndex={0} role="region" aria-label={texts.history}>
        <table data-test="drill-table">
          <thead>
            <tr>
              <th scope="col">{texts.day}</th>
              <th scope="col">{texts.startedBy}</th>
              <th scope="col">{texts.answered}</th>
              <th scope="col">{texts.rungs}</th>
            </tr>
          </thead>
          <tbody>
            {drills.map((drill, place) => (
              <tr key={`${drill.day}-${place}`} data-test="drill-row">
                <th scope="row">{day.format(new Date(drill.day))}</th>
                <td>{texts.started[drill.started]}</td>
                <td>{drill.answered_after === null ? <span class="pill hot">{texts.nobody}</span> : took(drill.answered_after)}</td>
                <td>
                  <ol class="rungs">
                    {drill.rungs.map((rung, step) => (
                      <li key={step}>
                        {rung.told_after === null ? texts.rungEmpty : fill(texts.rung, { time: took(rung.told_after), reached: rung.reached })}
                      </li>
                    ))}
                  </ol>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
