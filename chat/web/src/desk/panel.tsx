import { desk } from "@texts";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../parts/icons";
import { Lines } from "../parts/lines";
import type { Finding, Line, Mark } from "../types";
import { categoryWord } from "./words";

/** Only the words that were noticed, the newest first: for staff who have entered. */
export function Phrases({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <div class="stack" aria-live="polite" data-test="phrases">
      <h4>{desk.alerts.phrases}</h4>
      {pressing(findings).map((finding) => (
        <FindingCard key={`${finding.n}:${finding.category}`} finding={finding} onMark={null} />
      ))}
    </div>
  );
}

const RANK = { notice: 0, concern: 1, crisis: 2 } as const;

/** The newest message first, and of one message the gravest finding first. */
function pressing(findings: Finding[]): Finding[] {
  return [...findings].sort((a, b) => b.n - a.n || RANK[b.severity] - RANK[a.severity]);
}

interface Props {
  /** Shown first: what the student shares, for staff. */
  first?: ComponentChildren;
  findings: Finding[];
  lines: Line[];
  /** Says what the screen got wrong; null for those who are not the supporter here. */
  onMark: ((verdict: Mark["verdict"], finding: Finding | null) => void) | null;
  onUse: (text: string) => void;
  onClose: () => void;
}

/** Beside the conversation: what was noticed and what one could ask, approved phrases, where to point. */
export function Panel({ first, findings, lines, onMark, onUse, onClose }: Props) {
  const texts = desk.panel;
  const [words, setWords] = useState("");
  const wanted = words.trim().toLowerCase();
  const phrases = desk.phrases.filter((phrase) => phrase.toLowerCase().includes(wanted));
  return (
    <aside class="panel" aria-label={texts.title} data-test="panel">
      <div class="head">
        <h2>{texts.title}</h2>
        <button type="button" class="button bare" onClick={onClose} data-test="panel-close">
          <Icon name="close" /> {texts.close}
        </button>
      </div>
      {first}
      {findings.length > 0 && (
        <section aria-live="polite">
          <h3>{texts.findings}</h3>
          {pressing(findings).map((finding) => (
            <FindingCard
              key={`${finding.n}:${finding.category}`}
              finding={finding}
              onMark={onMark && finding.term !== "" ? () => onMark("false_alarm", finding) : null}
            />
          ))}
        </section>
      )}
      {onMark && <MarkButton verdict="missed" onMark={() => onMark("missed", null)} />}
      <section>
        <h3>{texts.phrases}</h3>
        <input
          type="search"
          value={words}
          aria-label={texts.search}
          placeholder={texts.search}
          onInput={(event) => setWords(event.currentTarget.value)}
          data-test="phrase-search"
        />
        <ul class="phrases">
          {phrases.map((phrase) => (
            <li key={phrase}>
              <button type="button" onClick={() => onUse(phrase)} data-test="phrase">
                {phrase}
              </button>
            </li>
          ))}
        </ul>
        {phrases.length === 0 && <p class="quiet small">{texts.noPhrase}</p>}
      </section>
      <section>
        <h3>{texts.lines}</h3>
        <Lines lines={lines} />
      </section>
    </aside>
  );
}

/** Tapped once, it says thanks; only a count is kept. */
function MarkButton({ verdict, onMark }: { verdict: Mark["verdict"]; onMark: () => void }) {
  const texts = desk.marks;
  const [marked, setMarked] = useState(false);
  return (
    <p class="mark-it" aria-live="polite">
      {marked ? (
        <span class="small quiet" data-test={`marked-${verdict}`}>
          {texts.thanks}
        </span>
      ) : (
        <button
          type="button"
          class="button plain"
          title={texts.why}
          onClick={() => {
            setMarked(true);
            onMark();
          }}
          data-test={`mark-${verdict}`}
        >
          {texts[verdict]}
        </button>
      )}
    </p>
  );
}

function FindingCard({ finding, onMark }: { finding: Finding; onMark: (() => void) | null }) {
  const texts = desk.panel;
  const hot = finding.severity === "crisis";
  return (
    <article class={hot ? "finding hot" : "finding"} data-test="finding" data-severity={finding.severity}>
      <p>
        <span class={hot ? "pill hot" : "pill warm"}>
          {desk.severity[finding.severity]}: {categoryWord(finding.category)}
        </span>
      </p>
      <blockquote data-test="finding-phrase">{finding.phrase}</blockquote>
      <p class="small quiet">{finding.why}</p>
      {finding.prompts.length > 0 && (
        <>
          <h4>{texts.asks}</h4>
          <ul class="prompts">
            {finding.prompts.map((prompt) => (
              <li key={prompt} data-test="prompt">
                {prompt}
              </li>
            ))}
          </ul>
        </>
      )}
      {onMark && <MarkButton verdict="false_alarm" onMark={onMark} />}
    </article>
  );
}
