/**
 * Quick exit: the page is blank before anything else happens, then the conversation is ended, what the tab kept
 * is wiped, and a neutral page takes this one's place in the history.
 */
const NEUTRAL = "/leave";
const TAPS = 3;
const TAPS_WITHIN = 2000;

export class Exit {
  gone = false;
  private taps: number[] = [];

  constructor(private readonly end: () => void) {
    document.getElementById("leave")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.leave();
    });
    addEventListener("keydown", (event) => this.key(event));
    // A page that the browser kept whole must not come back with what was on it.
    addEventListener("pagehide", () => this.gone && this.blank());
    addEventListener("pageshow", () => this.gone && location.replace(NEUTRAL));
  }

  leave(): void {
    this.gone = true;
    this.blank();
    try {
      this.end();
      sessionStorage.clear();
    } finally {
      location.replace(NEUTRAL);
    }
  }

  private blank(): void {
    document.body.replaceChildren();
    document.title = "";
  }

  /** Shift alone, three times: a shifted letter does not count. */
  private key(event: KeyboardEvent): void {
    if (event.repeat) return;
    if (event.key !== "Shift") {
      this.taps = [];
      return;
    }
    this.taps = [...this.taps, event.timeStamp].filter((at) => event.timeStamp - at <= TAPS_WITHIN);
    if (this.taps.length >= TAPS) this.leave();
  }
}
