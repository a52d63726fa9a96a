import { desk, shared } from "@texts";
import { unread, type Conversation } from "../conversation";
import type { Duty } from "../duty";
import { count, clock, fill } from "../texts";
import { topicWord } from "./words";

interface Props {
  talks: Record<string, Conversation>;
  duty: Duty;
  selected: string | null;
  lang: string;
  onSelect: (key: string) => void;
}

/** Every conversation of this person, with what is new in it and a quiet mark for findings. */
export function TalkList({ talks, duty, selected, lang, onSelect }: Props) {
  const texts = desk.list;
  const keys = Object.keys(talks);
  if (keys.length === 0) {
    return (
      <div class="empty">
        <p>
          <strong>{texts.empty}</strong>
        </p>
        <p class="quiet">{duty.standing === "ready" ? texts.emptyLead : texts.emptyOff}</p>
      </div>
    );
  }
  return (
    <ul class="talks">
      {keys.map((key) => {
        const talk = talks[key];
        if (!talk) return null;
        const news = unread(talk);
        const found = duty.findings[key] ?? [];
        const worst = found.some((one) => one.severity === "crisis") ? texts.finding : texts.concern;
        return (
          <li key={key}>
            <button
              type="button"
              aria-current={key === selected ? "true" : undefined}
              onClick={() => onSelect(key)}
              data-test="talk"
              data-conversation={key}
            >
              <span class="mark" aria-hidden="true">
                {(talk.alias ?? "?").slice(0, 1)}
              </span>
              <span class="what">
                <strong>{talk.alias ?? shared.roles.seeker}</strong>
                <small>{line(talk, lang)}</small>
                {found.length > 0 && !talk.ended && <small class="found">{worst}</small>}
              </span>
              {news > 0 && key !== selected && <b class="badge">{count(texts.unread, news, lang)}</b>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function line(talk: Conversation, lang: string): string {
  const texts = desk.list;
  if (talk.ended) {
    const goesOn = talk.ended.reason in desk.wrapup.returned;
    return talk.role === "supporter" && !goesOn ? texts.ended : texts.over;
  }
  if (talk.role !== "supporter") return fill(texts.observing, { role: shared.roles[talk.role] });
  const last = talk.messages[talk.messages.length - 1];
  const topic = talk.topic ? topicWord(talk.topic) : "";
  return [topic, last ? clock(last.at, lang) : ""].filter(Boolean).join(" · ");
}
