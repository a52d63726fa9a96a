import { desk } from "@texts";
import { clock, count, fill } from "../texts";
import { Icon } from "../parts/icons";
import type { Board } from "../types";
import { moment } from "./moments";

interface Props {
  board: Board | null;
  lang: string;
  /** Whether this person may enter conversations. */
  onEnter: ((conversation: string) => void) | null;
  /** Takes up the call of a supporter who would like to talk; null for who may not. */
  onDebriefed: ((person: string) => void) | null;
}

/** Six numbers and one list. */
export function BoardView({ board, lang, onEnter, onDebriefed }: Props) {
  const texts = desk.board;
  if (!board) {
    return (
      <section class="board">
        <h1 tabIndex={-1}>{texts.title}</h1>
        <p class="quiet">{texts.noneYet}</p>
      </section>
    );
  }
  const longest = board.waiting > 0 ? fill(texts.minute, { count: Math.ceil(board.longest_wait / 60) }) : texts.nothing;
  const numbers: [string, string, string | number, string][] = [
    ["waiting", texts.waiting, board.waiting, board.waiting > 0 ? "warm" : ""],
    ["longest", texts.longest, longest, ""],
    ["ready", texts.ready, board.ready, board.ready === 0 ? "warm" : ""],
    ["talking", texts.talking, board.talking, ""],
    ["paused", texts.paused, board.paused, ""],
    ["alerts", texts.alerts, board.alerts, board.alerts > 0 ? "hot" : ""],
  ];
  const phases: Record<string, string> = texts.phases;
  const severities: Record<string, string> = desk.severity;
  return (
    <section class="board" data-test="board">
      <h1 tabIndex={-1}>{texts.title}</h1>
      <p>
        <span class={board.open ? "pill" : "pill calm"}>{board.open ? texts.open : texts.closed}</span>
      </p>
      <Alarms alarms={board.alarms ?? []} lang={lang} onDebriefed={onDebriefed} />
      <div aria-live="polite" class="stack">
        <p class={board.test_late ? "banner" : "quiet"} data-test="board-tested" data-late={board.test_late}>
          {tested(board, lang)}
        </p>
        {board.practice > 0 && (
          <p class="quiet" data-test="board-practice">
            {count(texts.practice, board.practice, lang)}
          </p>
        )}
      </div>
      <dl class="numbers">
        {numbers.map(([name, word, value, tone]) => (
          <div key={name} class={tone} data-test={`board-${name}`}>
            <dt>{word}</dt>
            <dd class={typeof value === "string" ? "words" : ""}>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>{texts.list}</h2>
      {board.conversations.length === 0 ? (
        <p class="quiet">{texts.none}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={texts.list}>
          <table>
            <thead>
              <tr>
                <th scope="col">{texts.alias}</th>
                <th scope="col">{texts.phase}</th>
                <th scope="col">{texts.severity}</th>
                <th scope="col">{texts.minutes}</th>
                {onEnter && <th scope="col">{texts.enter}</th>}
              </tr>
            </thead>
            <tbody>
              {board.conversations.map((row) => (
                <tr key={row.conversation} data-test="board-row">
                  <th scope="row">{row.alias}</th>
                  <td>{phases[row.phase] ?? row.phase}</td>
                  <td>
                    {row.severity ? (
                      <span class={row.severity === "crisis" ? "pill hot" : "pill warm"}>
                        {severities[row.severity] ?? row.severity}
                      </span>
                    ) : (
                      <span class="quiet">{texts.nothing}</span>
                    )}
                  </td>
                  <td>{fill(texts.minute, { count: row.minutes })}</td>
                  {onEnter && (
                    <td>
                      <button
                        type="button"
                        class="button plain"
                        onClick={() => onEnter(row.conversation)}
                        data-test="board-enter"
                      >
                        {texts.enter} <span class="unseen">{row.alias}</span>
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** When the whole way of an alert was last proven, in a sentence. */
function tested(board: Board, lang: string): string {
  const texts = desk.board;
  if (board.tested_at === null) return board.test_late ? texts.testNever : texts.testSoon;
  return fill(board.test_late ? texts.testLate : texts.tested, { time: clock(board.tested_at, lang) });
}

/** What somebody has to put right, each in a sentence. */
function Alarms({ alarms, lang, onDebriefed }: Pick<Props, "lang" | "onDebriefed"> & { alarms: NonNullable<Board["alarms"]> }) {
  const texts = desk.board.alarms;
  return (
    <div class="board-alarms" aria-live="polite" data-test="board-alarms">
      {alarms.length > 0 && (
        <>
          <h2>{texts.title}</h2>
          <ul class="alarms">
            {alarms.map((alarm) => (
              <li key={`${alarm.kind}${alarm.place}${alarm.at}${alarm.person}`} class="banner" data-test={`alarm-${alarm.kind}`}>
                {sentence(alarm, lang)}
                {alarm.kind === "debrief" && onDebriefed && alarm.person && (
                  <button
                    type="button"
                    class="button plain"
                    onClick={() => alarm.person && onDebriefed(alarm.person)}
                    data-test="debriefed"
                  >
                    <Icon name="check" /> {texts.debriefed}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function sentence(alarm: NonNullable<Board["alarms"]>[number], lang: string): string {
  const texts = desk.board.alarms;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const until = alarm.until == null ? "" : moment(alarm.until, here, lang);
  if (alarm.kind === "override") {
    const reasons: Record<string, string> = desk.ladder.reasons;
    return fill(texts.override, { until, reason: reasons[alarm.reason ?? ""] ?? "" });
  }
  if (alarm.kind === "debrief") return fill(texts.debrief, { name: alarm.name ?? "" });
  if (alarm.kind !== "gap") return texts[alarm.kind];
  const from = alarm.at == null ? "" : moment(alarm.at, here, lang);
  return fill(texts.gap[alarm.why ?? "nobody"], { place: desk.roster.as[alarm.place ?? "first"], from, until });
}
