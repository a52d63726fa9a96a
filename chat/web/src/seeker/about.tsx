import { seeker, shared } from "@texts";
import { useState } from "preact/hooks";
import { Face } from "../parts/icons";
import { TOPICS, type Join } from "../types";

export type Triage = Pick<Join, "topic" | "language" | "mood">;

interface Props {
  languages: string[];
  lang: string;
  onNext: (triage: Triage) => void;
  onSkip: () => void;
}

/** Three questions, each of which may be left out, and all of them with one tap as large as the next. */
export function About({ languages, lang, onNext, onSkip }: Props) {
  const { about } = seeker;
  const [triage, setTriage] = useState<Triage>({});
  return (
    <>
      <div class="screen calm">
        <div class="stack">
          <h1 tabIndex={-1}>{about.title}</h1>
          <p class="lead">{about.lead}</p>
        </div>
        <fieldset>
          <legend>{about.mood}</legend>
          <Faces
            name="mood"
            words={shared.moods}
            value={triage.mood ?? null}
            onChange={(mood) => setTriage({ ...triage, mood })}
          />
        </fieldset>
        <fieldset>
          <legend>{about.topic}</legend>
          <div class="choices">
            {TOPICS.map((topic) => (
              <label class="choice" key={topic}>
                <input
                  type="radio"
                  name="topic"
                  value={topic}
                  checked={triage.topic === topic}
                  onChange={() => setTriage({ ...triage, topic })}
                  data-test={`topic-${topic}`}
                />
                <span>{shared.topics[topic]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {languages.length > 1 && (
          <fieldset>
            <legend>{about.language}</legend>
            <div class="choices">
              {languages.map((language) => (
                <label class="choice" key={language}>
                  <input
                    type="radio"
                    name="language"
                    value={language}
                    checked={(triage.language ?? lang) === language}
                    onChange={() => setTriage({ ...triage, language })}
                    data-test={`language-${language}`}
                  />
                  <span lang={language}>{languageName(language)}</span>
                </label>
              ))}
            </div>
          </fieldset>
        )}
      </div>
      <div class="foot two">
        <button type="button" class="button plain wide" onClick={onSkip} data-test="skip">
          {about.skip}
        </button>
        <button type="button" class="button main wide" onClick={() => onNext(triage)} data-test="next">
          {about.next}
        </button>
      </div>
    </>
  );
}

interface FacesProps {
  name: string;
  words: string[];
  value: number | null;
  onChange: (value: number) => void;
}

export function Faces({ name, words, value, onChange }: FacesProps) {
  return (
    <div class="faces">
      {words.map((word, index) => (
        <label class="choice face" key={word}>
          <input
            type="radio"
            name={name}
            value={index + 1}
            checked={value === index + 1}
            onChange={() => onChange(index + 1)}
            data-test={`${name}-${index + 1}`}
          />
          <span>
            <Face value={index + 1} />
            {word}
          </span>
        </label>
      ))}
    </div>
  );
}

export function languageName(language: string): string {
  const names: Record<string, string> = shared.languages;
  return names[language] ?? language;
}
