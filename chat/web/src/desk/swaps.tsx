import { desk } from "@texts";
import { Icon } from "../parts/icons";
import { fill } from "../texts";
import { moment, span } from "./moments";
import { settleSwap, withdraw, type Change, type Roster, type Shift } from "./roster-api";
import type { Told } from "./ask";

interface Props {
  roster: Roster;
  lang: string;
  busy: boolean;
  onAct: (done: string, work: Promise<Told<unknown>>) => void;
  onSwap: (shift: Shift) => void;
}

/** What waits for an answer, first; then own shifts that are ahead. */
export function Swaps({ roster, lang, busy, onAct, onSwap }: Props) {
  const texts = desk.roster;
  const mine = roster.shifts.filter((shift) => shift.person === roster.me && shift.until > roster.now);
  const open = roster.swaps.filter((one) => one.state === "proposed");
  const over = roster.swaps.filter((one) => one.state !== "proposed");
  return (
    <section class="stack" data-test="my-shifts">
      {open.length > 0 && <h2>{texts.asked}</h2>}
      <ul class="shifts">
        {open.map((one) => (
          <li key={one.id} class="shift" data-test="swap">
            <p>{fill(sentence(one, roster), { ...names(one), ...times(one, roster, lang), place: texts.as[one.place] })}</p>
            <div class="tools">
              {one.person === roster.me && (
                <>
                  <button type="button" class="button main" disabled={busy} onClick={() => onAct(texts.done.accepted, settleSwap("accept", one.id))} data-test="swap-accept">
                    <Icon name="check" /> {texts.accept}
                  </button>
                  <button type="button" class="button plain" disabled={busy} onClick={() => onAct(texts.done.declined, settleSwap("decline", one.id))} data-test="swap-decline">
                    {texts.decline}
                  </button>
                </>
              )}
              {one.asked_by === roster.me && (
                <button type="button" class="button plain" disabled={busy} onClick={() => onAct(texts.done.withdrawn, settleSwap("withdraw", one.id))} data-test="swap-withdraw">
                  {texts.withdraw}
                </button>
              )}
            </div>
          </li>
        ))}
      </ul>
      <h2>{texts.mine}</h2>
      {mine.length === 0 && <p class="quiet">{texts.mineNone}</p>}
      <ul class="shifts">
        {mine.map((shift) => (
          <li key={`${shift.place}${shift.start}`} class="shift">
            <p>
              <strong>{texts.places[shift.place]}</strong>
            </p>
            <p class="small quiet">{span(shift, roster.zone, lang)}</p>
            <button type="button" class="button plain" disabled={busy} onClick={() => onSwap(shift)} data-test="ask-swap">
              <Icon name="swap" /> {texts.swap}
            </button>
          </li>
        ))}
      </ul>
      {over.length > 0 && (
        <ul class="shifts small quiet">
          {over.map((one) => (
            <li key={one.id}>
              {fill(texts.swaps.over[one.state as Exclude<Change["state"], "proposed">], {
                ...names(one),
                ...times(one, roster, lang),
                place: texts.as[one.place],
              })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** For coordinators: every change that is ahead, to be taken back. */
export function Changes({ roster, lang, busy, onAct }: Omit<Props, "onSwap">) {
  const texts = desk.roster;
  return (
    <section class="stack">
      <h2>{texts.changes}</h2>
      {roster.changes.length === 0 && <p class="quiet">{texts.changesNone}</p>}
      <ul class="shifts">
        {roster.changes.map((one) => (
          <li key={one.id} class="shift" data-test="change">
            <p>
              <strong>{one.name ?? texts.gone}</strong> <span class="pill calm">{texts.how[one.kind]}</span>
            </p>
            <p class="small quiet">
              {texts.places[one.place]} · {span(one, roster.zone, lang)}
            </p>
            <button type="button" class="button plain" disabled={busy} onClick={() => onAct(texts.done.withdrawn, withdraw(one.id))} data-test="change-withdraw">
              {texts.withdraw}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function sentence(one: Change, roster: Roster): string {
  const { swaps } = desk.roster;
  if (one.person === roster.me) return swaps.toMe;
  return one.asked_by === roster.me ? swaps.byMe : swaps.others;
}

function names(one: Change): { name: string; asker: string } {
  return { name: one.name ?? desk.roster.gone, asker: one.asker ?? desk.roster.gone };
}

function times(one: { start: number; until: number }, roster: Roster, lang: string): { from: string; until: string } {
  return { from: moment(one.start, roster.zone, lang), until: moment(one.until, roster.zone, lang) };
}
