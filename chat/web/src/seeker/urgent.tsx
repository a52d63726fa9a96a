import { seeker } from "@texts";
import { Icon } from "../parts/icons";
import { Lines } from "../parts/lines";
import { Sheet } from "../parts/sheet";
import type { Line } from "../types";

interface Props {
  lines: Line[];
  /** Whether the server raised this because of what was written. */
  crisis: boolean;
  help: "asked" | "failed" | null;
  onHelp: () => void;
  /** Null where there is nobody to share it with yet. */
  onShare: (() => void) | null;
  onClose: () => void;
}

/** Whom to reach right now; on every screen, and by itself when words sound like danger. */
export function Urgent({ lines, crisis, help, onHelp, onShare, onClose }: Props) {
  const texts = seeker.lines;
  return (
    <Sheet title={texts.title} test="urgent-sheet" onClose={onClose}>
      <p data-test={crisis ? "crisis" : undefined}>{crisis ? texts.crisis : texts.lead}</p>
      <Lines lines={lines} />
      {help === "asked" && (
        <p class="banner" role="status" data-test="help-sent">
          {texts.helpSent}
        </p>
      )}
      {help === "failed" && (
        <p class="banner" role="alert" data-test="help-failed">
          {texts.helpLater}
        </p>
      )}
      {help === null && !crisis && (
        <>
          <button type="button" class="button urgent wide" onClick={onHelp} data-test="help">
            <Icon name="bell" /> {texts.help}
          </button>
          <p class="small quiet">{texts.helpWhy}</p>
        </>
      )}
      {onShare && (
        <button type="button" class="button plain wide" onClick={onShare} data-test="urgent-share">
          <Icon name="place" /> {seeker.share.open}
        </button>
      )}
      <button type="button" class="button wide" onClick={onClose} data-test="stay">
        {texts.stay}
      </button>
    </Sheet>
  );
}
