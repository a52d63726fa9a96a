import { desk } from "@texts";
import { useState } from "preact/hooks";
import { Icon } from "../parts/icons";
import { Sheet } from "../parts/sheet";
import type { Debrief } from "../types";

interface Props {
  onChoose: (choice: Debrief["choice"]) => void;
  onClose: () => void;
}

/** Care for the supporter after a hard conversation: offered, never asked for, and only counted. */
export function DebriefSheet({ onChoose, onClose }: Props) {
  const texts = desk.debrief;
  const [chosen, setChosen] = useState<"break" | "talk" | null>(null);
  const choose = (choice: "break" | "talk") => {
    setChosen(choice);
    onChoose(choice);
  };
  const refuse = () => {
    if (chosen === null) onChoose("no");
    onClose();
  };
  return (
    <Sheet title={texts.title} test="debrief-sheet" onClose={refuse}>
      <p>{texts.lead}</p>
      {chosen === null ? (
        <div class="menu">
          {(["break", "talk"] as const).map((choice) => (
            <button
              type="button"
              class="button plain"
              key={choice}
              onClick={() => choose(choice)}
              data-test={`debrief-${choice}`}
            >
              <Icon name={choice === "break" ? "pause" : "people"} />
              <span>
                {texts[choice]}
                <small>{texts[`${choice}Why`]}</small>
              </span>
            </button>
          ))}
        </div>
      ) : (
        <p class="banner" role="status" data-test="debrief-done">
          {texts[`${chosen}Done`]}
        </p>
      )}
      <h3>{texts.helps}</h3>
      <ul class="tips">
        {texts.tips.map((tip) => (
          <li key={tip}>{tip}</li>
        ))}
      </ul>
      <button type="button" class="button wide" onClick={refuse} data-test="debrief-no">
        {chosen === null ? texts.no : texts.close}
      </button>
    </Sheet>
  );
}
