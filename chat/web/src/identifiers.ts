/**
 * Recognises what could tell who somebody is, so that the page can ask before it is sent. It never blocks: a
 * wrong guess costs one tap.
 */
export type Identifier = "phone" | "email" | "handle" | "link";

const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/;
const LINK = /\b(?:https?:\/\/|www\.)\S{3,}|\b[\w-]{2,63}\.(?:com|org|net|edu|io|me|gg|app|ac\.uk|co\.uk|de|fr|es|eu)\b(?:\/\S*)?/i;
const HANDLE = /(?:^|[\s(:])@[A-Za-z][\w.]{2,29}\b|\b(?:insta(?:gram)?|snap(?:chat)?|tiktok|discord|telegram|whatsapp)\b(?:\s+(?:is|name|handle|id|user))?\s*[:=]\s*\S{3,30}/i;
const DIGITS = /(?:\+|\b|\()\d[\d\s().\/-]{6,20}\d\b/g;
const FEWEST_DIGITS = 8;
const MOST_DIGITS = 15;
const DATE = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$/;

/** The first identifier found in the text, if there is one. */
export function identifier(text: string): Identifier | null {
  if (EMAIL.test(text)) return "email";
  if (HANDLE.test(text)) return "handle";
  if (LINK.test(text)) return "link";
  return [...text.matchAll(DIGITS)].some(([found]) => isPhone(found)) ? "phone" : null;
}

function isPhone(found: string): boolean {
  const digits = found.replace(/\D/g, "").length;
  if (digits < FEWEST_DIGITS || digits > MOST_DIGITS) return false;
  return !DATE.test(found.trim());
}
