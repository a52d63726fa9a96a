import { tap } from "@texts";
import { useEffect, useRef, useState } from "preact/hooks";
import { readPage } from "../page";
import { Icon } from "../parts/icons";
import { acknowledge, type Outcome } from "./api";

const PRACTICE = "practice.";

type Stage =
  | { at: "asked" | "busy" }
  | { at: "done"; outcome: Outcome }
  | { at: "refused"; code: keyof typeof tap.refused };

/** What the link of a page opens: one button, and nothing about why. The secret never leaves the fragment but
 *  as the body of one request. */
export function TapPage() {
  const { campus } = readPage();
  const [link] = useState(() => location.hash.slice(1));
  const [stage, setStage] = useState<Stage>(link === "" ? { at: "refused", code: "unknown" } : { at: "asked" });
  const heading = useRef<HTMLHeadingElement>(null);
  const practice = link.startsWith(PRACTICE);
  useEffect(() => {
    if (stage.at === "done" || stage.at === "refused") heading.current?.focus();
  }, [stage]);

  const have = async () => {
    setStage({ at: "busy" });
    const told = await acknowledge(link);
    if ("good" in told) {
      // What was used is of no use in the history.
      history.replaceState(null, "", location.pathname);
      setStage({ at: "done", outcome: told.good.outcome });
    } else {
      const { code } = told.refused;
      setStage({ at: "refused", code: code in tap.refused ? (code as keyof typeof tap.refused) : "down" });
    }
  };

  const again = stage.at === "refused" && (stage.code === "busy" || stage.code === "down");
  const words = practice ? tap.practice : tap;
  const title =
    stage.at === "done" ? tap.done[stage.outcome].title : stage.at === "refused" ? tap.refused[stage.code].title : words.title;
  const lead =
    stage.at === "done" ? tap.done[stage.outcome].lead : stage.at === "refused" ? tap.refused[stage.code].lead : words.lead;
  return (
    <main id="main" class="tap" data-test="tap" data-stage={stage.at} data-code={stage.at === "refused" ? stage.code : undefined}>
      <p class="quiet">{campus}</p>
      {practice && <p class="pill warm" data-test="tap-practice">{tap.practice.word}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p aria-live="polite" data-test="tap-lead">
        {lead}
      </p>
      <div class="tap-foot">
        {(stage.at === "asked" || stage.at === "busy" || again) && (
          <button type="button" class="button main large" disabled={stage.at === "busy"} onClick={() => void have()} data-test="tap-have">
            <Icon name="check" /> {again ? tap.again : words.have}
          </button>
        )}
        <a class="button" href="/staff" data-test="tap-staff">
          {tap.open}
        </a>
      </div>
    </main>
  );
}
