/** The wire's types under the names that the sources use. */
export * from "./types.gen";
import type { Resume, Said, TeamWelcome } from "./types.gen";

export type From = Said["from"];
export type Position = Required<Resume>;
export type Role = TeamWelcome["roles"][number];
