import { desk, seeker } from "@texts";
import { Icon } from "../parts/icons";
import { about, countdown, fill } from "../texts";
import type { Offer } from "../types";
import { languageWord, moodWord, topicWord } from "./words";

interface Props {
  offers: Offer[];
  /** Seconds since 1970, as told by this machine. */
  now: number;
  onAccept: (offer: string) => void;
  onDecline: (offer: string) => void;
}

const LONGEST = 30;

/** Offers stand above the list, never over what is being written, and take no focus. */
export function Offers({ offers, now, onAccept, onDecline }: Props) {
  return (
    <div aria-live="assertive" class="offers">
      {offers.map((offer) => (
        <Card key={offer.offer} offer={offer} now={now} onAccept={onAccept} onDecline={onDecline} />
      ))}
    </div>
  );
}

interface CardProps extends Pick<Props, "now" | "onAccept" | "onDecline"> {
  offer: Offer;
}

function Card({ offer, now, onAccept, onDecline }: CardProps) {
  const texts = desk.offer;
  const left = Math.max(0, offer.lapses_at - now);
  const part = Math.min(1, left / LONGEST);
  return (
    <section class={offer.urgent ? "offer urgent-offer" : "offer"} data-test="offer">
      <h2>
        <Icon name={offer.urgent ? "bell" : "lamp"} /> {offer.urgent ? texts.urgent : texts.title}
      </h2>
      <p class="small">{fill(texts.waited, { range: about(seeker.range, offer.waited) })}</p>
      <dl>
        <dt>{texts.about}</dt>
        <dd>{topicWord(offer.topic)}</dd>
        <dt>{texts.mood}</dt>
        <dd>{moodWord(offer.mood)}</dd>
        <dt>{texts.language}</dt>
        <dd>{languageWord(offer.language)}</dd>
      </dl>
      <p class="left" aria-hidden="true">
        <span class="track">
          <i style={{ transform: `scaleX(${part})` }} />
        </span>
        {fill(texts.left, { time: countdown(left) })}
      </p>
      <div class="pair">
        <button type="button" class="button" onClick={() => onDecline(offer.offer)} data-test="decline">
          {texts.decline}
        </button>
        <button type="button" class="button main" onClick={() => onAccept(offer.offer)} data-test="accept">
          {texts.accept}
        </button>
      </div>
    </section>
  );
}
