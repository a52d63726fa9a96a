/** The one address that the page for phones may register as a service worker. */
export const WORKER = "/staff/worker.js";

interface Policy {
  createScriptURL(given: string): unknown;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL: (given: string) => string }): Policy;
}

/** The address in the form that the content policy asks for: a policy that knows nothing else makes it. */
export function trusted(): string {
  const factory = (window as unknown as { trustedTypes?: Factory }).trustedTypes;
  if (factory === undefined) return WORKER;
  const policy = factory.createPolicy("warmline-worker", {
    createScriptURL: (given) => {
      if (given !== WORKER) throw new TypeError("not the worker of this page");
      return given;
    },
  });
  return policy.createScriptURL(WORKER) as string;
}
