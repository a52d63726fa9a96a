/**
 * The service worker of staff phones. It shows pages and carries a tap on one to the server. It handles no
 * request of any page and keeps nothing: there is no cache, and no listener for `fetch`.
 */
import { tap } from "@texts";
import { acknowledge } from "./reach/api";

interface Shown {
  title: string;
  text: string;
  key: string;
  link: string;
  practice: boolean;
}

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Pushed extends Waiting {
  data: { json(): unknown } | null;
}

interface Clicked extends Waiting {
  action: string;
  notification: { close(): void; tag: string; data: { link?: string } | null };
}

interface Scope {
  registration: { showNotification(title: string, options: object): Promise<void> };
  clients: { openWindow(address: string): Promise<unknown> };
  addEventListener(name: "push", listener: (event: Pushed) => void): void;
  addEventListener(name: "notificationclick", listener: (event: Clicked) => void): void;
}

const HAVE = "acknowledge";
const scope = self as unknown as Scope;

scope.addEventListener("push", (event) => event.waitUntil(show(read(event))));

scope.addEventListener("notificationclick", (event) => {
  const { tag, data } = event.notification;
  event.notification.close();
  const link = data?.link ?? "/staff";
  event.waitUntil(event.action === HAVE ? have(link, tag) : scope.clients.openWindow(link));
});

/** A push that cannot be read is one all the same: somebody is wanted. */
function read(event: Pushed): Shown {
  const none = { title: tap.needed, text: "", key: "", link: "/staff", practice: false };
  try {
    return { ...none, ...(event.data?.json() as Partial<Shown>) };
  } catch {
    return none;
  }
}

function show({ title, text, key, link, practice }: Shown): Promise<void> {
  const body = text !== "" ? text : practice ? tap.push.practice : tap.push.body;
  const actions = link.includes("#") ? [{ action: HAVE, title: practice ? tap.practice.have : tap.have }] : [];
  return scope.registration.showNotification(title, {
    body,
    tag: key,
    renotify: key !== "",
    requireInteraction: true,
    actions,
    data: { link },
  });
}

/** What could not be said from here is said on the page of the link. */
async function have(link: string, tag: string): Promise<void> {
  const told = await acknowledge(link.slice(link.indexOf("#") + 1));
  if ("good" in told) {
    await scope.registration.showNotification(tap.done[told.good.outcome].title, {
      body: tap.push.next[told.good.outcome],
      tag,
      data: { link: "/staff" },
    });
  } else {
    await scope.clients.openWindow(link);
  }
}
