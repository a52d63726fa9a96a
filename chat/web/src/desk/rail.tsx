import { desk, shared } from "@texts";
import { useState } from "preact/hooks";
import type { Duty } from "../duty";
import { Icon, type IconName } from "../parts/icons";
import { languageName } from "../seeker/about";
import { fill } from "../texts";
import { TOPICS, type Desk } from "../types";

export type View = "talks" | "alerts" | "board" | "roster" | "ladder" | "drills" | "reach" | "terms";
export type Settings = Required<Pick<Desk, "capacity" | "languages" | "topics">>;

interface NavProps {
  views: View[];
  view: View;
  counts: Partial<Record<View, number>>;
  onView: (view: View) => void;
}

const SIGNS: Record<View, IconName> = {
  talks: "chat",
  alerts: "bell",
  board: "list",
  roster: "people",
  ladder: "count",
  drills: "flag",
  reach: "phone",
  terms: "write",
};

export function Nav({ views, view, counts, onView }: NavProps) {
  return (
    <nav aria-label={desk.nav.label}>
      <ul class="nav">
        {views.map((one) => (
          <li key={one}>
            <button
              type="button"
              aria-current={one === view ? "page" : undefined}
              onClick={() => onView(one)}
              data-test={`view-${one}`}
            >
              <Icon name={SIGNS[one]} />
              <span>{desk.nav[one]}</span>
              {counts[one] ? <b class="badge">{counts[one]}</b> : null}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export type Choice = "ready" | "paused" | "off";

interface StatusProps {
  duty: Duty;
  chosen: Duty["standing"];
  load: number;
  onChoose: (choice: Choice) => void;
}

/** The own status as one large switch. While talking, the first place says so. */
export function Status({ duty, chosen, load, onChoose }: StatusProps) {
  const texts = desk.status;
  const capacity = duty.desk?.capacity ?? 1;
  const talking = load > 0;
  const values = { load, capacity };
  const first = talking
    ? ([texts.talking, fill(load < capacity ? texts.talkingMore : texts.talkingWhy, values)] as const)
    : ([texts.ready, texts.readyWhy] as const);
  const rows: [Choice, string, string][] = [
    ["ready", ...first],
    ["paused", texts.paused, texts.pausedWhy],
    ["off", texts.off, texts.offWhy],
  ];
  return (
    <fieldset class="status-switch" data-standing={duty.standing} aria-busy={chosen !== duty.standing} data-test="status">
      <legend>{texts.label}</legend>
      {rows.map(([choice, word, why]) => (
        <label key={choice}>
          <input
            type="radio"
            name="status"
            checked={chosen === choice}
            onChange={() => onChoose(choice)}
            data-test={`status-${choice}`}
          />
          <span>
            <strong>{word}</strong>
            <small>{why}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface SettingsProps {
  settings: Settings;
  languages: string[];
  onSave: (settings: Settings) => void;
}

export function DeskSettings({ settings, languages, onSave }: SettingsProps) {
  const texts = desk.settings;
  const [draft, setDraft] = useState(settings);
  const toggle = <T,>(list: T[], one: T) => (list.includes(one) ? list.filter((x) => x !== one) : [...list, one]);
  const change = (next: Settings) => {
    setDraft(next);
    onSave(next);
  };
  return (
    <details class="settings" data-test="settings">
      <summary>
        <Icon name="gear" /> {texts.title}
      </summary>
      <div class="stack">
        <fieldset>
          <legend>{texts.capacity}</legend>
          <div class="choices">
            {[1, 2].map((capacity) => (
              <label class="choice" key={capacity}>
                <input
                  type="radio"
                  name="capacity"
                  checked={draft.capacity === capacity}
                  onChange={() => change({ ...draft, capacity })}
                  data-test={`capacity-${capacity}`}
                />
                <span>{capacity}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{texts.languages}</legend>
          <div class="choices">
            {languages.map((language) => (
              <label class="choice" key={language}>
                <input
                  type="checkbox"
                  checked={draft.languages.includes(language)}
                  onChange={() => {
                    const next = toggle(draft.languages, language);
                    if (next.length > 0) change({ ...draft, languages: next });
                    else setDraft({ ...draft });
                  }}
                  data-test={`listens-${language}`}
                />
                <span lang={language}>{languageName(language)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{texts.topics}</legend>
          <p class="small quiet">{texts.topicsAll}</p>
          <div class="choices">
            {TOPICS.map((topic) => (
              <label class="choice" key={topic}>
                <input
                  type="checkbox"
                  checked={draft.topics.includes(topic)}
                  onChange={() => change({ ...draft, topics: toggle(draft.topics, topic) })}
                  data-test={`takes-${topic}`}
                />
                <span>{shared.topics[topic]}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </div>
    </details>
  );
}
