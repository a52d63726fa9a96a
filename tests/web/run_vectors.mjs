// Runs the vectors of one file against a bundled session: `node run_vectors.mjs SESSION.mjs VECTORS.json`.
// Prints one JSON list of {story, fault}; a fault of null is a vector that holds.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, file] = process.argv.slice(2);
const { kept, session, step } = await import(pathToFileURL(module).href);

/** Where `got` differs from `want`; objects may have more than is wanted, lists and empty objects may not. */
function difference(want, got, path) {
  if (Array.isArray(want)) {
    if (!Array.isArray(got) || got.length !== want.length) return `${path}: ${JSON.stringify(got)}`;
    return want.map((one, i) => difference(one, got[i], `${path}[${i}]`)).find(Boolean) ?? null;
  }
  if (want !== null && typeof want === "object") {
    if (got === null || typeof got !== "object") return `${path}: ${JSON.stringify(got)}`;
    const names = Object.keys(want);
    if (names.length === 0 && Object.keys(got).length > 0) return `${path}: ${JSON.stringify(got)}`;
    return names.map((name) => difference(want[name], got[name], `${path}.${name}`)).find(Boolean) ?? null;
  }
  return want === got ? null : `${path}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`;
}

/** Timers that only bound silence are no part of a story. */
const told = (effect) => effect.do !== "cancel" && effect.do !== "send" && !unimportant(effect);
const unimportant = (effect) => effect.do === "timer" && /^(greeting|silence|still|quiet)/.test(effect.name);

function run(vector) {
  let state = session(vector.side, { kept: vector.kept ?? null });
  for (const input of vector.given) [state] = step(state, input);
  for (const [i, { when, then }] of vector.steps.entries()) {
    const [next, effects] = step(state, when);
    state = next;
    const sends = effects.filter((effect) => effect.do === "send").map((effect) => effect.frame);
    const seen = { sends, effects: effects.filter(told), state, kept: kept(state) };
    const fault = Object.keys(then)
      .map((name) => difference(then[name], seen[name], `step ${i + 1}: ${name}`))
      .find(Boolean);
    if (fault) return fault;
  }
  return null;
}

const vectors = JSON.parse(readFileSync(file, "utf8"));
console.log(JSON.stringify(vectors.map((vector) => ({ story: vector.story, fault: run(vector) }))));
