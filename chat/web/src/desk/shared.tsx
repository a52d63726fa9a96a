import { desk } from "@texts";
import { Icon } from "../parts/icons";
import { fill } from "../texts";
import type { Contents, EnvelopeIs } from "../types";

interface Props {
  envelope: EnvelopeIs | null;
  contents: Contents | null;
  entered: boolean;
  /** The name of this person. */
  me: string;
  onUnseal: () => void;
}

/** What the student agreed to share: sealed until they agree, or until two open it where the campus says so. */
export function Shared({ envelope, contents, entered, me, onUnseal }: Props) {
  const texts = desk.alerts;
  const asked = (envelope?.asked ?? []).filter((name) => name !== me);
  const two = envelope !== null && !envelope.agreed && envelope.policy === "two_staff";
  const waits = two && (envelope.asked ?? []).includes(me);
  return (
    <section class="stack" aria-live="polite" data-test="shared" data-agreed={envelope?.agreed ?? false}>
      <h3>{texts.shared}</h3>
      {!entered ? (
        <p class="small quiet">{texts.sharedEnter}</p>
      ) : envelope === null ? (
        <p class="small quiet">{texts.sharedNothing}</p>
      ) : contents !== null ? (
        <dl class="shared" data-test="contents">
          <dt>{texts.where}</dt>
          <dd data-test="contents-where">{contents.where || texts.nothingWritten}</dd>
          <dt>{texts.reach}</dt>
          <dd data-test="contents-reach">{contents.reach || texts.nothingWritten}</dd>
        </dl>
      ) : (
        <>
          <p>{envelope.agreed ? texts.sharedAgreed : two ? texts.sharedTwo : texts.sharedSealed}</p>
          {waits && <p class="banner">{fill(texts.sharedAsked, { names: me })}</p>}
          {(envelope.agreed || two) && !waits && (
            <div class="tools">
              <button type="button" class="button main large" onClick={onUnseal} data-test="unseal">
                <Icon name="seal" />{" "}
                {envelope.agreed
                  ? texts.sharedOpen
                  : asked.length > 0
                    ? fill(texts.sharedSecond, { names: asked.join(", ") })
                    : texts.sharedFirst}
              </button>
            </div>
          )}
        </>
      )}
    </section>
  );
}
