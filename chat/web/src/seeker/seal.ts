/** Seals to the campus' staff key, with what the browser brings: ECDH on P-256, HKDF, AES-GCM. */
import type { EnvelopeKey } from "../types";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const INFO = "warmline envelope 1";
/** The length of what is written shows only in steps of so many bytes. */
const STEP = 512;

export function canSeal(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/** A point made for this box, then the box, in base64url. It opens only in this conversation. */
export async function seal(to: EnvelopeKey, conversation: string, where: string, reach: string): Promise<string> {
  const { subtle } = crypto;
  const text = new TextEncoder();
  const theirs = await subtle.importKey("raw", unwritten(to.public), CURVE, false, []);
  const mine = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const point = new Uint8Array(await subtle.exportKey("raw", mine.publicKey));
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256);
  const base = await subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  const info = joined(text.encode(INFO), point);
  const secret = await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, base, 352);
  const key = await subtle.importKey("raw", secret.slice(0, 32), "AES-GCM", false, ["encrypt"]);
  const plain = text.encode(JSON.stringify({ where, reach }));
  const padded = new Uint8Array(Math.ceil(plain.length / STEP) * STEP).fill(32);
  padded.set(plain);
  const how = { name: "AES-GCM", iv: secret.slice(32), additionalData: text.encode(conversation) };
  return written(joined(point, new Uint8Array(await subtle.encrypt(how, key, padded))));
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function written(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

function unwritten(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
}
