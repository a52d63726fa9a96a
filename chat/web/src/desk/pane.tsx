import { desk, shared } from "@texts";
import { useState } from "preact/hooks";
import type { Conversation } from "../conversation";
import { Composer } from "../parts/composer";
import { Icon } from "../parts/icons";
import { Reading } from "../parts/reading";
import { Sheet } from "../parts/sheet";
import { fill } from "../texts";
import type { Raise } from "../types";
import { languageWord, moodWord, topicWord } from "./words";

interface Props {
  talk: Conversation;
  lang: string;
  draft: string;
  onDraft: (draft: string) => void;
  onSend: (text: string) => void;
  onRaise: (reason: Raise["reason"]) => void;
  onHandover: () => void;
  onEnd: () => void;
  onLeave: () => void;
  onBack: () => void;
  /** Null where this conversation has no alert. */
  onAlert: (() => void) | null;
  /** Null while the panel is open. */
  onPanel: (() => void) | null;
}

type Open = "raise" | "handover" | "end" | null;

/** One conversation, as its supporter or an observer sees it. */
export function Pane(props: Props) {
  const { talk, lang, draft } = props;
  const texts = desk.talk;
  const [open, setOpen] = useState<Open>(null);
  const alias = talk.alias ?? shared.roles.seeker;
  const observing = talk.role !== "supporter";
  const facts = [
    talk.topic && topicWord(talk.topic),
    talk.mood && moodWord(talk.mood),
    talk.language && languageWord(talk.language),
  ].filter(Boolean);
  const others = Object.entries(talk.others);
  const student = others.find(([, other]) => other.who === "seeker")?.[1];
  const staff = others.filter(([, other]) => other.who !== "seeker");
  const close = () => setOpen(null);
  return (
    <section class="pane talk" aria-label={fill(texts.label, { alias })} data-test="pane">
      <header class="pane-head">
        <button type="button" class="button bare back" aria-label={texts.back} onClick={props.onBack} data-test="back">
          <Icon name="back" />
        </button>
        <div class="who">
          <h1 tabIndex={-1}>{alias}</h1>
          <p class="small quiet">
            <span data-test="presence">{texts[student?.is ?? "here"]}</span>
            {facts.length > 0 && ` · ${facts.join(" · ")}`}
          </p>
        </div>
        <div class="tools">
          <button type="button" class="button danger" onClick={() => setOpen("raise")} data-test="raise">
            <Icon name="bell" /> {texts.raise}
          </button>
          {!observing && (
            <button type="button" class="button plain" onClick={() => setOpen("handover")} data-test="handover">
              <Icon name="swap" /> {texts.handover}
            </button>
          )}
          {observing ? (
            <button type="button" class="button plain" onClick={props.onLeave} data-test="unobserve">
              <Icon name="out" /> {texts.leave}
            </button>
          ) : (
            <button type="button" class="button plain" onClick={() => setOpen("end")} data-test="end">
              <Icon name="end" /> {texts.end}
            </button>
          )}
          {props.onPanel && (
            <button type="button" class="button plain" onClick={props.onPanel} data-test="panel-open">
              <Icon name="lamp" /> {texts.panel}
            </button>
          )}
        </div>
      </header>
      {observing && (
        <p class="banner strip" data-test="observing">
          <Icon name="eye" /> {fill(texts.observing, { role: shared.roles[talk.role] })}
          {props.onAlert && (
            <button type="button" class="button plain" onClick={props.onAlert} data-test="to-alert">
              {desk.alerts.back}
            </button>
          )}
        </p>
      )}
      {staff.map(([author, other]) => (
        <p class="banner strip" key={author} role="status" data-test="observer">
          <Icon name="eye" /> {fill(texts.others, { role: shared.roles[other.who] })}
        </p>
      ))}
      {talk.phase === "waiting" && <p class="banner strip">{texts.waiting}</p>}
      <Reading key={talk.id} talk={talk} lang={lang} label={fill(texts.label, { alias })} />
      <p class="writing" data-test="typing">
        {talk.typing.length > 0 && (
          <>
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {fill(texts.typing, { alias })}
          </>
        )}
      </p>
      <Composer draft={draft} onDraft={props.onDraft} onSend={props.onSend} nudge={false} />
      {open === "raise" && <RaiseSheet onClose={close} onRaise={props.onRaise} />}
      {open === "handover" && (
        <Sheet title={desk.handover.title} test="handover-sheet" onClose={close}>
          <p>{desk.handover.lead}</p>
          <button
            type="button"
            class="button main wide"
            onClick={() => {
              close();
              props.onHandover();
            }}
            data-test="handover-yes"
          >
            {desk.handover.yes}
          </button>
          <button type="button" class="button wide" onClick={close}>
            {shared.cancel}
          </button>
        </Sheet>
      )}
      {open === "end" && (
        <Sheet title={desk.end.title} test="end-sheet" onClose={close}>
          <p>{desk.end.lead}</p>
          <button
            type="button"
            class="button main wide"
            onClick={() => {
              close();
              props.onEnd();
            }}
            data-test="end-yes"
          >
            {desk.end.yes}
          </button>
          <button type="button" class="button wide" onClick={close} data-test="end-no">
            {desk.end.no}
          </button>
        </Sheet>
      )}
    </section>
  );
}

const REASONS = ["crisis", "abuse", "advice", "break"] as const;

function RaiseSheet({ onClose, onRaise }: { onClose: () => void; onRaise: (reason: Raise["reason"]) => void }) {
  const [done, setDone] = useState(false);
  return (
    <Sheet title={desk.raise.title} test="raise-sheet" onClose={onClose}>
      {done ? (
        <p class="banner" role="status" data-test="raised">
          {desk.raise.done}
        </p>
      ) : (
        <>
          <p class="quiet">{desk.raise.lead}</p>
          <div class="menu">
            {REASONS.map((reason) => (
              <button
                type="button"
                class={reason === "crisis" ? "button urgent" : "button plain"}
                key={reason}
                data-test={`raise-${reason}`}
                onClick={() => {
                  onRaise(reason);
                  setDone(true);
                }}
              >
                {desk.raise[reason]}
              </button>
            ))}
          </div>
        </>
      )}
    </Sheet>
  );
}
