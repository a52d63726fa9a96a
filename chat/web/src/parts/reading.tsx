import { shared } from "@texts";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { reading, stateOf, type Conversation, type Message } from "../conversation";
import { clock } from "../texts";

interface Props {
  talk: Conversation;
  lang: string;
  label: string;
  /** What stands before the first message, and what after the last. */
  before?: ComponentChildren;
  after?: ComponentChildren;
}

/** Seconds after which a new group begins. */
const GROUP = 300;
/** Pixels from the end that still count as being there. */
const NEAR = 80;

/** The messages as bubbles, grouped by author, with the time of each group and small words for the state. */
export function Reading({ talk, lang, label, before, after }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const follow = useRef(true);
  const top = useRef(0);
  const messages = reading(talk);
  const observing = talk.role === "lead" || talk.role === "on_call";
  const named = observing || (talk.role === "supporter" && new Set(messages.map((one) => one.author)).size > 2);

  useLayoutEffect(() => {
    const shown = box.current;
    if (shown && follow.current) shown.scrollTop = shown.scrollHeight;
  });

  useEffect(() => {
    const shown = box.current;
    if (!shown) return;
    const watch = new ResizeObserver(() => {
      if (follow.current) shown.scrollTop = shown.scrollHeight;
    });
    watch.observe(shown);
    return () => watch.disconnect();
  }, []);

  return (
    <div
      class="reading"
      ref={box}
      role="log"
      aria-live="polite"
      aria-label={label}
      tabIndex={0}
      data-test="messages"
      onScroll={() => {
        const shown = box.current;
        if (!shown) return;
        // Only a move upwards is the reader's own: what was added since the last move is not one.
        if (shown.scrollTop < top.current) follow.current = false;
        if (shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR) follow.current = true;
        top.current = shown.scrollTop;
      }}
    >
      <ol>
        {before}
        {messages.map((message, index) => (
          <Bubble
            key={`${message.author}:${message.n}`}
            message={message}
            last={messages[index - 1]}
            next={messages[index + 1]}
            state={told(talk, messages, index)}
            lang={lang}
            named={named}
          />
        ))}
        {after}
      </ol>
    </div>
  );
}

interface BubbleProps {
  message: Message;
  last: Message | undefined;
  next: Message | undefined;
  state: string;
  lang: string;
  /** Whether more than two may speak here, so that each is named. */
  named: boolean;
}

function Bubble({ message, last, next, state, lang, named }: BubbleProps) {
  const later = message.at > 0 && (!last || message.at - last.at > GROUP);
  const first = later || last?.author !== message.author;
  const final = next?.author !== message.author || (next.at > 0 && next.at - message.at > GROUP);
  const staff = !message.mine && ["lead", "on_call", "system"].includes(message.from);
  const classes = ["bubble", message.mine && "mine", staff && "staff", named && !staff && message.from === "supporter" && "peer", first && "first", final && "last"];
  return (
    <>
      {later && <li class="time">{clock(message.at, lang)}</li>}
      <li class={classes.filter(Boolean).join(" ")} data-test="message" data-from={message.from} data-n={message.n}>
        {first && !message.mine && (staff || named) ? (
          <span class="who">{shared.roles[message.from]}</span>
        ) : (
          first && !message.mine && <span class="unseen">{shared.roles[message.from]}</span>
        )}
        <p dir="auto">{message.text}</p>
        {message.mine && (
          <span class="state" data-test="state">
            {state}
          </span>
        )}
      </li>
    </>
  );
}

/** The state is told under the last message that has it, and nowhere twice. */
function told(talk: Conversation, messages: Message[], index: number): string {
  const message = messages[index];
  if (!message?.mine) return "";
  const state = stateOf(talk, message);
  const next = messages.slice(index + 1).find((one) => one.mine);
  return next && stateOf(talk, next) === state ? "" : shared.states[state];
}
