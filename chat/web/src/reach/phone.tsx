import { phone } from "@texts";
import { useEffect, useState } from "preact/hooks";
import { readPage } from "../page";
import { Icon } from "../parts/icons";
import { add, own, remove, test, type Reach } from "./api";
import { trusted, WORKER } from "./worker-address";

type Stage = "looking" | "off" | "on" | "unable" | "home" | "signed-out";

const SCOPE = "/staff/";

/** Turns pushes on for the phone that shows this page, tests them, and turns them off. */
export function PhonePage() {
  const { campus } = readPage();
  const [stage, setStage] = useState<Stage>("looking");
  const [key, setKey] = useState("");
  const [label, setLabel] = useState<string>(phone.thisPhone);
  const [id, setId] = useState<string | null>(null);
  const [told, setTold] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => void look().catch(() => setStage("unable")), []);

  async function look(): Promise<void> {
    const answer = await own();
    if ("refused" in answer) {
      setStage(answer.refused.status === 401 ? "signed-out" : "unable");
      if (answer.refused.status !== 401) setTold(answer.refused.detail || phone.down);
      return;
    }
    setKey(answer.good.push_key);
    if (!able()) return setStage(needsHome() ? "home" : "unable");
    const subscription = await standing();
    if (!subscription || !known(answer.good)) return setStage("off");
    // A browser that is subscribed gives the same again, and so does the server.
    await keep(subscription);
  }

  async function keep(subscription: PushSubscription): Promise<void> {
    const added = await add("push", JSON.stringify(subscription), label);
    if ("refused" in added) return say(added.refused.detail || phone.down);
    setId(added.good.id);
    setStage("on");
  }

  async function turnOn(): Promise<void> {
    const allowed = await Notification.requestPermission();
    if (allowed !== "granted") return say(allowed === "denied" ? phone.denied : phone.undecided);
    // Whoever turned pushes on here before, under another sign-in, is not told here any more.
    await (await standing())?.unsubscribe();
    const registration = await navigator.serviceWorker.register(trusted(), { scope: SCOPE });
    const subscription = await registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: key,
    });
    await keep(subscription);
  }

  async function turnOff(): Promise<void> {
    await (await standing())?.unsubscribe();
    await (await navigator.serviceWorker.getRegistration(SCOPE))?.unregister();
    if (id !== null) await remove(id);
    setId(null);
    setStage("off");
    setTold(phone.offNow);
  }

  async function tryIt(): Promise<void> {
    const answer = id === null ? null : await test(id);
    setTold(answer === null || "refused" in answer ? (answer?.refused.detail || phone.down) : phone.sent);
  }

  const say = (text: string) => setTold(text);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setTold(null);
    try {
      await work();
    } catch {
      setTold(phone.failed);
    }
    setBusy(false);
  };

  return (
    <main id="main" class="tap" data-test="phone" data-stage={stage} aria-busy={busy || stage === "looking"}>
      <p class="quiet">{campus}</p>
      <h1 tabIndex={-1}>{phone.title}</h1>
      <p>{stage === "looking" ? phone.lead : phone[stage === "signed-out" ? "signedOut" : stage]}</p>
      <p class={told ? "banner" : undefined} aria-live="polite" data-test="phone-told">
        {told}
      </p>
      <div class="tap-foot">
        {stage === "off" && (
          <>
            <label class="field">
              {phone.label}
              <input type="text" maxLength={40} value={label} onInput={(event) => setLabel(event.currentTarget.value)} data-test="phone-label" />
            </label>
            <button type="button" class="button main large" disabled={busy} onClick={() => void run(turnOn)} data-test="phone-on">
              <Icon name="bell" /> {phone.turnOn}
            </button>
          </>
        )}
        {stage === "on" && (
          <>
            <button type="button" class="button main large" disabled={busy} onClick={() => void run(tryIt)} data-test="phone-test">
              <Icon name="bell" /> {phone.test}
            </button>
            <button type="button" class="button" disabled={busy} onClick={() => void run(turnOff)} data-test="phone-off">
              {phone.turnOff}
            </button>
          </>
        )}
        <a class="button" href={location.hash === "#console" ? "/console" : "/staff"} data-test="phone-back">
          <Icon name="back" /> {phone.back}
        </a>
      </div>
    </main>
  );
}

function able(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** There browsers take pushes only for what was added to the home screen. An iPad says that it is a Mac. */
function needsHome(): boolean {
  const { userAgent, maxTouchPoints } = navigator;
  return /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes("Macintosh") && maxTouchPoints > 1);
}

async function standing(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  if (!registration?.active?.scriptURL.endsWith(WORKER)) return null;
  return registration.pushManager.getSubscription();
}

/** Whether any push of this person is kept: one that was removed from another screen is not brought back. */
function known(reach: Reach): boolean {
  return reach.addresses.some((address) => address.channel === "push");
}
