import { desk } from "@texts";
import { useState } from "preact/hooks";
import { fill } from "../texts";
import { endFeed, makeFeed, type Feed, type Roster } from "./roster-api";

interface Props {
  roster: Roster;
  onChanged: () => void;
}

/** Own shifts for a calendar on the phone. The password is shown once and is good for nothing else. */
export function FeedBox({ roster, onChanged }: Props) {
  const texts = desk.feed;
  const [made, setMade] = useState<Feed | null>(null);
  const [fault, setFault] = useState<string | null>(null);

  const make = async () => {
    const told = await makeFeed();
    setFault(typeof told === "string" ? told : null);
    setMade(typeof told === "string" ? null : told);
    onChanged();
  };
  const end = async () => {
    const told = await endFeed();
    setFault(typeof told === "string" ? told : null);
    setMade(null);
    onChanged();
  };

  return (
    <section class="stack" data-test="feed">
      <h2>{texts.title}</h2>
      <p class="quiet">{texts.lead}</p>
      {fault && (
        <p class="banner" role="alert">
          {fault}
        </p>
      )}
      <div aria-live="polite">
        {made && (
          <dl class="facts" data-test="feed-made">
            <dt>{texts.address}</dt>
            <dd>{location.origin + made.path}</dd>
            <dt>{texts.user}</dt>
            <dd>{made.user}</dd>
            <dt>{texts.password}</dt>
            <dd data-test="feed-password">{made.password}</dd>
          </dl>
        )}
        {made && <p class="small quiet">{texts.once}</p>}
      </div>
      {roster.feed && !made && <p>{fill(texts.since, { day: roster.feed.made_on })}</p>}
      <div class="tools">
        <button type="button" class="button plain" onClick={() => void make()} data-test="feed-make">
          {roster.feed ? texts.again : texts.make}
        </button>
        {roster.feed && (
          <button type="button" class="button plain" onClick={() => void end()} data-test="feed-end">
            {texts.end}
          </button>
        )}
      </div>
    </section>
  );
}
