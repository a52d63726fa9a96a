import { seeker, shared } from "@texts";
import { useEffect, useState } from "preact/hooks";
import { reading, type Conversation } from "../conversation";
import { Composer } from "../parts/composer";
import { Icon } from "../parts/icons";
import { Reading } from "../parts/reading";
import { Sheet } from "../parts/sheet";
import type { Session } from "../session";
import { count, fill, range } from "../texts";
import { Openings } from "./share";
import type { Report } from "../types";

interface Props {
  session: Session;
  talk: Conversation;
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (text: string) => void;
  onSwitch: () => void;
  onReport: (reason: Report["reason"]) => void;
  onEnd: () => void;
  onLeave: () => void;
  /** Null where this device cannot seal. */
  onShare: (() => void) | null;
  onUrgent: () => void;
}

/** Waiting and talking are one place, so that what is being written stays where it is. */
export function Talk(props: Props) {
  const { session, talk } = props;
  const waiting = talk.phase === "waiting";
  const lost = session.link !== "open" && session.closed !== null;
  return (
    <div class="talk" data-waiting={waiting}>
      {waiting ? <Waiting key="waiting" {...props} /> : <Live key="live" {...props} />}
      {session.envelope && <Openings key="openings" envelope={session.envelope} />}
      {session.crisis && session.calmed && (
        <p key="crisis" class="banner held" role="status" data-test="crisis-again">
          {seeker.lines.again}
          <button type="button" class="button plain" onClick={props.onUrgent} data-test="crisis-lines">
            {seeker.lines.title}
          </button>
        </p>
      )}
      {lost && (
        <p key="lost" class="banner held" role="status" data-test="reconnecting">
          {shared.reconnecting}
        </p>
      )}
      <Composer key="composer" draft={props.draft} onDraft={props.onDraft} onSend={props.onSend} nudge />
    </div>
  );
}

function Waiting({ session, talk, onLeave, onShare }: Props) {
  const { waiting } = seeker;
  const { place, wait } = session;
  const again = talk.me === "seeker" && Object.keys(talk.heard).length > 0;
  const title = place === null ? waiting.joining : again ? waiting.again : waiting.title;
  const [breathing, setBreathing] = useState(false);
  return (
    <>
      <div class="screen">
        <div class="waiting-card" role="status">
          <h1 tabIndex={-1}>{title}</h1>
          {again && <p>{waiting.againLead}</p>}
          {place !== null && (
            <p data-test="place">
              <strong>{place <= 1 ? waiting.next : count(waiting.before, place - 1, session.lang)}</strong>{" "}
              {wait ? fill(waiting.wait, { range: range(seeker.range, wait.low, wait.high) }) : waiting.waitUnknown}
            </p>
          )}
        </div>
        {breathing && <Breath />}
        <div class="actions">
          <button
            type="button"
            class="button plain"
            aria-pressed={breathing}
            onClick={() => setBreathing(!breathing)}
            data-test="breathe"
          >
            <Icon name="lamp" /> {breathing ? waiting.breatheStop : waiting.breathe}
          </button>
          {onShare && (
            <button type="button" class="button plain" onClick={onShare} data-test="share">
              <Icon name="place" /> {seeker.share.open}
            </button>
          )}
          <button type="button" class="button plain" onClick={onLeave} data-test="stop-waiting">
            {waiting.leave}
          </button>
        </div>
        <p class="fine">
          <Icon name="place" /> <span>{waiting.keep}</span>
        </p>
        <p class="fine">
          <Icon name="write" /> <span>{waiting.write}</span>
        </p>
      </div>
      {reading(talk).length > 0 && (
        <Reading talk={talk} lang={session.lang} label={seeker.talk.title} />
      )}
    </>
  );
}

const BREATHS = [
  ["in", 4000],
  ["hold", 2000],
  ["out", 6000],
] as const;

/** The lamp in the window grows and fades with the breath; the words alone do for who wants no motion. */
function Breath() {
  const [at, setAt] = useState(0);
  const [phase, length] = BREATHS[at % BREATHS.length] ?? BREATHS[0];
  useEffect(() => {
    const timer = window.setTimeout(() => setAt(at + 1), length);
    return () => window.clearTimeout(timer);
  }, [at, length]);
  return (
    <p class="breath" data-breath={phase} data-test="breath">
      {seeker.waiting[phase]}
    </p>
  );
}

type Open = "menu" | "report" | "end" | null;

function Live({ session, talk, onSwitch, onReport, onEnd, onShare }: Props) {
  const texts = seeker.talk;
  const [open, setOpen] = useState<Open>(null);
  const others = Object.entries(talk.others);
  const supporter = others.find(([, other]) => other.who === "supporter")?.[1];
  const observers = others.filter(([, other]) => other.who === "lead" || other.who === "on_call");
  const quiet = supporter && supporter.is !== "here" ? texts[supporter.is] : null;
  const close = () => setOpen(null);
  return (
    <>
      <div class="top">
        <span class="mark" aria-hidden="true">
          <Icon name="ear" />
        </span>
        <div>
          <h1 tabIndex={-1}>{texts.with}</h1>
          <p data-test="presence">{quiet ? texts.trained : texts.here}</p>
        </div>
        <button type="button" class="button" onClick={() => setOpen("menu")} data-test="menu">
          <Icon name="more" /> {texts.menu}
        </button>
      </div>
      {observers.map(([author, other]) => (
        <p class="banner held" key={author} role="status" data-test="observer">
          <Icon name="eye" /> {fill(texts.observer, { role: shared.roles[other.who] })}
        </p>
      ))}
      <Reading
        talk={talk}
        lang={session.lang}
        label={texts.title}
        before={<li class="told soft">{texts.joined}</li>}
        after={
          quiet && (
            <li class="told" data-test="quiet">
              {quiet}
            </li>
          )
        }
      />
      <p class="writing" aria-hidden={talk.typing.length === 0} data-test="typing">
        {talk.typing.length > 0 && (
          <>
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {texts.typing}
          </>
        )}
      </p>
      {open === "menu" && (
        <Sheet title={texts.menu} test="menu-sheet" onClose={close}>
          <div class="menu">
            <button
              type="button"
              class="button plain"
              onClick={() => {
                close();
                onSwitch();
              }}
              data-test="switch"
            >
              <Icon name="swap" />
              <span>
                {texts.switch}
                <small>{texts.switchWhy}</small>
              </span>
            </button>
            {onShare && (
              <button
                type="button"
                class="button plain"
                onClick={() => {
                  close();
                  onShare();
                }}
                data-test="share"
              >
                <Icon name="place" /> {seeker.share.open}
              </button>
            )}
            <button type="button" class="button plain" onClick={() => setOpen("report")} data-test="report">
              <Icon name="flag" /> {texts.report}
            </button>
            <button type="button" class="button plain" onClick={() => setOpen("end")} data-test="end">
              <Icon name="end" /> {texts.end}
            </button>
          </div>
        </Sheet>
      )}
      {open === "report" && <ReportSheet onClose={close} onReport={onReport} />}
      {open === "end" && (
        <Sheet title={seeker.end.title} test="end-sheet" onClose={close}>
          <p>{seeker.end.lead}</p>
          <button type="button" class="button main wide" onClick={onEnd} data-test="end-yes">
            {seeker.end.yes}
          </button>
          <button type="button" class="button wide" onClick={close} data-test="end-no">
            {seeker.end.no}
          </button>
        </Sheet>
      )}
    </>
  );
}

const REASONS = ["abuse", "unsafe", "not_listening", "something_else"] as const;

function ReportSheet({ onClose, onReport }: { onClose: () => void; onReport: (reason: Report["reason"]) => void }) {
  const [done, setDone] = useState(false);
  return (
    <Sheet title={seeker.report.title} test="report-sheet" onClose={onClose}>
      {done ? (
        <p role="status" data-test="reported">
          {seeker.report.done}
        </p>
      ) : (
        <>
          <p class="quiet">{seeker.report.lead}</p>
          <div class="menu">
            {REASONS.map((reason) => (
              <button
                type="button"
                class="button plain"
                key={reason}
                data-test={`report-${reason}`}
                onClick={() => {
                  onReport(reason);
                  setDone(true);
                }}
              >
                {seeker.report[reason]}
              </button>
            ))}
          </div>
        </>
      )}
    </Sheet>
  );
}
