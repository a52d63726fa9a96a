import { seeker } from "@texts";
import type { Page } from "../page";
import { fill, range } from "../texts";
import { Lines } from "../parts/lines";
import { Icon, type IconName } from "../parts/icons";

export function Hello({ page, onStart }: { page: Page; onStart: () => void }) {
  const { hello } = seeker;
  const wait = page.wait
    ? fill(hello.wait, { range: range(seeker.range, page.wait.low, page.wait.high) })
    : hello.waitUnknown;
  return (
    <>
      <div class="screen">
        <h1 tabIndex={-1}>{hello.title}</h1>
        <p class="lead">{fill(hello.lead, { campus: page.campus })}</p>
        <p class="status">
          <span class="pill" data-test="open">
            {hello.open}
          </span>
          <span class="quiet" data-test="wait">
            {wait}
          </span>
        </p>
        <p class="small">
          <a href="/privacy">{hello.more}</a>
        </p>
        <p class="small quiet">{seeker.leaveHint}</p>
      </div>
      <div class="foot">
        <button type="button" class="button main wide" onClick={onStart} data-test="start">
          {hello.start}
        </button>
      </div>
    </>
  );
}

const SIGNS: IconName[] = ["ear", "eye", "shield", "count", "key", "net", "place"];

interface BeforeProps {
  page: Page;
  onNext: () => void;
  onNow: () => void;
}

export function Before({ page, onNext, onNow }: BeforeProps) {
  const { before } = seeker;
  return (
    <>
      <div class="screen calm">
        <h1 tabIndex={-1}>{before.title}</h1>
        <ul class="points">
          {[...before.points, before.envelope[page.envelope]].map((point, index) => (
            <li key={point}>
              <Icon name={SIGNS[index] ?? "eye"} />
              <span>{point}</span>
            </li>
          ))}
        </ul>
      </div>
      <div class="foot">
        <button type="button" class="button main wide" onClick={onNext} data-test="understood">
          {before.next}
        </button>
        <button type="button" class="button bare wide" onClick={onNow} data-test="start-now">
          {before.now}
        </button>
      </div>
    </>
  );
}

interface ClosedProps {
  page: Page;
  full: boolean;
  onBack: (() => void) | null;
}

export function Closed({ page, full, onBack }: ClosedProps) {
  const { closed } = seeker;
  return (
    <>
      <div class="screen">
        <h1 tabIndex={-1}>{full ? closed.full : closed.title}</h1>
        <p class="lead">{full ? closed.fullLead : closed.lead}</p>
        <Lines lines={page.lines} />
        {!full && page.hours.length > 0 && (
          <section class="hours">
            <h2>{closed.hours}</h2>
            <ul>
              {page.hours.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </section>
        )}
        <p class="small">
          <a href="/privacy">{seeker.hello.more}</a>
        </p>
      </div>
      {onBack && (
        <div class="foot">
          <button type="button" class="button wide" onClick={onBack} data-test="back">
            {closed.back}
          </button>
        </div>
      )}
    </>
  );
}

export function Offline({ page }: { page: Page }) {
  return (
    <div class="screen">
      <h1 tabIndex={-1}>{seeker.offline.title}</h1>
      <p class="lead">{seeker.offline.lead}</p>
      <Lines lines={page.lines} />
    </div>
  );
}

export function Broke({ page, onAgain }: { page: Page; onAgain: () => void }) {
  return (
    <>
      <div class="screen">
        <h1 tabIndex={-1}>{seeker.broke.title}</h1>
        <p class="lead">{seeker.broke.lead}</p>
        <Lines lines={page.lines} />
      </div>
      <div class="foot">
        <button type="button" class="button wide" onClick={onAgain} data-test="again">
          {seeker.broke.again}
        </button>
      </div>
    </>
  );
}
