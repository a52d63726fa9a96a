/** The wire's types under the names that the sources use. */
export * from "./types.gen";
import type { Resume, Said, TeamWelcome } from "./types.gen";

export type From = Said["from"];
export type Position = Required<Resume>;
export type Role = TeamWelcome["roles"][number];

import type { SeekerFrame, Wait } from "./types.gen";

/** The frames of a seeker by their types. */
export type ClientFrameOf<Name extends SeekerFrame["type"]> = Extract<SeekerFrame, { type: Name }>;

/** The answer of `/api/service`. */
export interface ServiceIs {
  open: boolean;
  wait: Wait | null;
  languages: string[];
}
