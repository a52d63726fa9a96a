// Generated from chat/protocol.py and chat/codes.py by chat/web/generate.py. Change it there.

export interface Accept {
  type: "accept";
  offer: string;
  ref?: string | null;
}

export interface Ack {
  type: "ack";
  n: number;
  conversation?: string | null;
  ref?: string | null;
}

export interface Acknowledge {
  type: "acknowledge";
  alert: string;
  ref?: string | null;
}

/** An alert as it stands, pushed on every change. */
export interface Alert {
  type: "alert";
  alert: string;
  conversation: string | null;
  category: string;
  severity: "concern" | "crisis" | "notice";
  source: string;
  state: "acknowledged" | "open" | "resolved" | "stood_down";
  rung: number;
  since: number;
  next_at: number | null;
  held_by: string | null;
  mine: boolean;
  next: string | null;
  findings: (AlertFinding)[];
  ticks: (AlertTick)[];
  handed_by: string | null;
  waits: boolean;
  decision: "following" | "in_care" | "on_the_way" | "services_called" | null;
  decided_at: number | null;
  ref: string | null;
}

/** What was found of one category: how often, and at its worst. */
export interface AlertFinding {
  category: string;
  severity: "concern" | "crisis" | "notice";
  count: number;
}

/** A step of the protocol that is done: by whom and when. */
export interface AlertTick {
  item: string;
  by: string;
  at: number;
}

/** What a shift lead sees at a glance. */
export interface Board {
  type: "board";
  open: boolean;
  waiting: number;
  longest_wait: number;
  ready: number;
  paused: number;
  talking: number;
  alerts: number;
  practice: number;
  tested_at: number | null;
  test_late: boolean;
  conversations: (BoardRow)[];
  alarms: (BoardAlarm)[];
}

/** Something about the shift or the roster that nobody should find out too late. */
export interface BoardAlarm {
  kind: "debrief" | "gap" | "lone_supporter" | "nobody_ready" | "override" | "untested_ladder";
  place: "first" | "second" | null;
  why: "nobody" | "unreachable" | null;
  rung: number | null;
  reason: string | null;
  at: number | null;
  until: number | null;
  name: string | null;
  person: string | null;
}

export interface BoardRow {
  conversation: string;
  alias: string;
  phase: string;
  severity: string | null;
  minutes: number;
}

/** The seeker agrees that what they shared is opened, or takes that back while it is unopened. */
export interface Consent {
  type: "consent";
  on: boolean;
  ref?: string | null;
}

/** What the seeker shared, to the one staff member who opened it. */
export interface Contents {
  type: "contents";
  conversation: string;
  where: string;
  reach: string;
  ref: string | null;
}

export interface Crisis {
  type: "crisis";
  lines: (Line)[];
  ref: string | null;
}

/** What a supporter makes of the offered debrief. Only a count is kept. */
export interface Debrief {
  type: "debrief";
  choice: "break" | "no" | "talk";
  ref?: string | null;
}

/** After a hard conversation, to its supporter; at a sign-in later on, without its name. */
export interface DebriefOffer {
  type: "debrief";
  conversation: string | null;
}

/** A lead has taken up the call of a supporter who would like to talk: the boards let it go. */
export interface Debriefed {
  type: "debriefed";
  person: string;
  ref?: string | null;
}

/** Keeps an alert open that one has: nobody is paged until what was decided has had its time. */
export interface Decide {
  type: "decide";
  alert: string;
  decision: "following" | "in_care" | "on_the_way" | "services_called";
  ref?: string | null;
}

export interface Decline {
  type: "decline";
  offer: string;
  ref?: string | null;
}

/** Opens, changes or closes the supporter's own desk. */
export interface Desk {
  type: "desk";
  open: boolean;
  capacity?: number;
  languages?: (string)[];
  topics?: ("body" | "harm" | "home" | "identity" | "loneliness" | "loss" | "money" | "mood" | "other" | "relationships" | "studies")[];
  ref?: string | null;
}

/** The desk as it stands: the answer to `desk` and `pause`, and pushed when it changes otherwise. */
export interface DeskIs {
  type: "desk";
  open: boolean;
  paused: boolean;
  capacity: number;
  load: number;
  languages: (string)[];
  topics: (string)[];
  ref: string | null;
}

/** The answer to a frame that has no other. */
export interface Done {
  type: "done";
  re: string;
  ref: string | null;
}

export interface End {
  type: "end";
  ref?: string | null;
}

export interface Ended {
  type: "ended";
  conversation: string;
  by: "lead" | "on_call" | "seeker" | "supporter" | "system";
  reason: string;
  receipt: string;
  ref: string | null;
}

/** How it stands with what the seeker shares: to the seeker, and to staff who entered. */
export interface EnvelopeIs {
  type: "envelope";
  conversation: string;
  agreed: boolean;
  unread: boolean;
  policy: "consent" | "two_staff";
  opened: (Unsealing)[];
  asked: (string)[];
  ref: string | null;
}

/** What a seeker's browser seals to, and the rule by which it is opened. */
export interface EnvelopeKey {
  key: string;
  public: string;
  policy: "consent" | "two_staff";
}

/** Pushed to the supporter, and to leads and on-call staff who have entered the conversation on record. */
export interface Finding {
  type: "finding";
  conversation: string;
  author: string;
  n: number;
  category: string;
  severity: "concern" | "crisis" | "notice";
  why: string;
  prompts: (string)[];
  phrase: string;
  term: string;
}

/** Shown on this device: the author's messages up to `n`. */
export interface Got {
  type: "got";
  author: string;
  n: number;
}

/** The counterpart's device has shown this author's messages up to `n`. */
export interface GotBy {
  type: "got";
  author: string;
  n: number;
  conversation: string;
}

/** Gives an alert that one has to another person, who is paged and must acknowledge it. */
export interface Hand {
  type: "hand";
  alert: string;
  to: string;
  ref?: string | null;
}

/** To another supporter; `to` is a person's id, or null for whoever is free. */
export interface Handover {
  type: "handover";
  conversation: string;
  to?: string | null;
  warm?: boolean;
  ref?: string | null;
}

/** I need urgent help. */
export interface Help {
  type: "help";
  ref?: string | null;
}

/** A seeker enters the waiting room; everything about them is optional. */
export interface Join {
  type: "join";
  topic?: "body" | "harm" | "home" | "identity" | "loneliness" | "loss" | "money" | "mood" | "other" | "relationships" | "studies" | null;
  language?: string | null;
  mood?: number | null;
  wants?: ("no_mood_questions" | "someone_else")[] | null;
  ref?: string | null;
}

/** An offer that was not accepted in time, or that went away with its seeker. */
export interface Lapsed {
  type: "lapsed";
  offer: string;
}

export interface Leave {
  type: "leave";
  ref?: string | null;
}

export interface Left {
  type: "left";
  ref: string | null;
}

export interface Limits {
  text: number;
  frame: number;
  per_minute: number;
  burst: number;
}

/** One emergency line: whom to reach, how, and when it answers. */
export interface Line {
  name: string;
  number: string;
  href: string;
  note: string;
}

/** What a supporter makes of the screen: a finding was a false alarm, or something was missed.

    Only the term's name and a count are kept of it. */
export interface Mark {
  type: "mark";
  conversation: string;
  n: number;
  verdict: "false_alarm" | "missed";
  term?: string | null;
  ref?: string | null;
}

export interface Observe {
  type: "observe";
  conversation: string;
  ref?: string | null;
}

/** An observer is in: what is said follows as ordinary frames. */
export interface Observing {
  type: "observing";
  conversation: string;
  alias: string;
  author: string;
  role: "lead" | "on_call" | "seeker" | "supporter" | "system";
  epoch: string;
  offset: number;
  on: boolean;
  ref: string | null;
}

export interface Offer {
  type: "offer";
  offer: string;
  topic: "body" | "harm" | "home" | "identity" | "loneliness" | "loss" | "money" | "mood" | "other" | "relationships" | "studies" | null;
  language: string | null;
  mood: number | null;
  waited: number;
  urgent: boolean;
  lapses_at: number;
}

/** To both: they may talk. A team member sees the conversation from `offset` on. */
export interface Paired {
  type: "paired";
  conversation: string;
  alias: string;
  trained: boolean;
  author: string;
  epoch: string;
  offset: number;
  ref: string | null;
  topic: "body" | "harm" | "home" | "identity" | "loneliness" | "loss" | "money" | "mood" | "other" | "relationships" | "studies" | null;
  language: string | null;
  mood: number | null;
}

export interface Pause {
  type: "pause";
  on: boolean;
  ref?: string | null;
}

/** Asks whether the client is there, and tells the top of its conversation: who is behind resumes. */
export interface Ping {
  type: "ping";
  epoch: string | null;
  top: number | null;
  conversation: string | null;
}

/** The answer to a ping. */
export interface Pong {
  type: "pong";
}

export interface Presence {
  type: "presence";
  conversation: string;
  who: "lead" | "on_call" | "seeker" | "supporter" | "system";
  is: "away" | "gone" | "here";
  author: string;
}

/** A supporter calls for help. */
export interface Raise {
  type: "raise";
  conversation: string;
  reason: "abuse" | "advice" | "break" | "crisis";
  ref?: string | null;
}

export interface Rate {
  type: "rate";
  helped: number;
  mood: number;
  ref?: string | null;
}

export interface Refused {
  type: "refused";
  code: string;
  detail: string;
  re: string | null;
  ref: string | null;
  n: number | null;
  conversation: string | null;
  retry_after: number | null;
}

export interface Report {
  type: "report";
  reason: "abuse" | "not_listening" | "something_else" | "unsafe";
  ref?: string | null;
}

export interface Resolve {
  type: "resolve";
  alert: string;
  outcome: "confirmed" | "false_alarm" | "in_contact" | "no_contact" | "passed_on";
  ref?: string | null;
}

/** Where a client stands in one conversation. */
export interface Resume {
  epoch: string;
  offset: number;
  confirmed?: number;
  shown?: Record<string, number>;
}

/** What the server could do with a client's position. */
export interface Resumed {
  epoch: string;
  top: number;
  accepted: number;
  recovered: boolean;
}

export interface Said {
  type: "said";
  conversation: string;
  epoch: string;
  offset: number;
  from: "lead" | "on_call" | "seeker" | "supporter" | "system";
  author: string;
  n: number;
  text: string;
  at: number;
}

/** A seeker's message: the author's own count, and the text. */
export interface Say {
  type: "say";
  n: number;
  text: string;
  ref?: string | null;
}

/** Something for on-call staff, sealed in the browser; what lay there before is replaced. */
export interface Seal {
  type: "seal";
  key: string;
  box: string;
  agreed?: boolean;
  ref?: string | null;
}

/** The first frame of a seeker. */
export interface SeekerHello {
  type: "hello";
  v: number;
  lang?: string;
  ticket?: string | null;
  resume?: Resume | null;
}

export interface StandDown {
  type: "stand_down";
  alert: string;
  ref?: string | null;
}

/** The seeker asks for another supporter. */
export interface Switch {
  type: "switch";
  ref?: string | null;
}

/** One conversation in a team member's welcome. */
export interface Talk {
  alias: string;
  author: string;
  role: "lead" | "on_call" | "seeker" | "supporter" | "system";
  topic: "body" | "harm" | "home" | "identity" | "loneliness" | "loss" | "money" | "mood" | "other" | "relationships" | "studies" | null;
  language: string | null;
  phase: "ended" | "live" | "waiting";
}

export interface TeamEnd {
  type: "end";
  conversation: string;
  ref?: string | null;
}

export interface TeamGot {
  type: "got";
  conversation: string;
  author: string;
  n: number;
}

/** The first frame of a signed-in person. */
export interface TeamHello {
  type: "hello";
  v: number;
  lang?: string;
  ticket?: string | null;
  resume?: Record<string, Resume> | null;
}

export interface TeamSay {
  type: "say";
  conversation: string;
  n: number;
  text: string;
  ref?: string | null;
}

export interface TeamTyping {
  type: "typing";
  conversation: string;
  on: boolean;
}

/** The answer to a team member's hello. */
export interface TeamWelcome {
  type: "welcome";
  v: number;
  ticket: string;
  state: "ended" | "idle" | "live" | "off" | "paused" | "ready" | "waiting";
  open: boolean;
  limits: Limits;
  lines: (Line)[];
  conversations: Record<string, Talk>;
  resumed: Record<string, Resumed> | null;
  name: string;
  roles: ("coordinator" | "lead" | "on_call" | "supporter")[];
}

/** A step of the campus' protocol is done, or not after all. */
export interface Tick {
  type: "tick";
  alert: string;
  item: string;
  on: boolean;
  ref?: string | null;
}

export interface Typing {
  type: "typing";
  on: boolean;
}

export interface TypingBy {
  type: "typing";
  conversation: string;
  author: string;
  on: boolean;
}

export interface Unobserve {
  type: "unobserve";
  conversation: string;
  ref?: string | null;
}

/** Opens what the seeker shared; on record, and shown to the seeker at once. */
export interface Unseal {
  type: "unseal";
  conversation: string;
  ref?: string | null;
}

/** Who opened what the seeker shared. */
export interface Unsealing {
  who: "lead" | "on_call" | "seeker" | "supporter" | "system";
  name: string;
  at: number;
  together: boolean;
}

/** An honest range, in seconds. */
export interface Wait {
  low: number;
  high: number;
}

export interface Waiting {
  type: "waiting";
  place: number;
  wait: Wait;
  staffed: boolean;
  conversation: string;
  ref: string | null;
}

/** The answer to a seeker's hello. */
export interface Welcome {
  type: "welcome";
  v: number;
  ticket: string;
  state: "ended" | "idle" | "live" | "off" | "paused" | "ready" | "waiting";
  open: boolean;
  limits: Limits;
  lines: (Line)[];
  conversation: string | null;
  resumed: Resumed | null;
  author: string;
  alias: string | null;
  envelope: EnvelopeKey | null;
}

export interface Wrapup {
  type: "wrapup";
  conversation: string;
  outcome: "abusive" | "handed_on" | "left_early" | "none" | "practice" | "signposted" | "talked";
  topic: "body" | "harm" | "home" | "identity" | "loneliness" | "loss" | "money" | "mood" | "other" | "relationships" | "studies";
  ref?: string | null;
}

export type SeekerFrame =
  | SeekerHello
  | Pong
  | Say
  | Got
  | Typing
  | End
  | Join
  | Leave
  | Help
  | Rate
  | Report
  | Switch
  | Seal
  | Consent;

export type TeamFrame =
  | TeamHello
  | Pong
  | TeamSay
  | TeamGot
  | TeamTyping
  | TeamEnd
  | Desk
  | Pause
  | Accept
  | Decline
  | Raise
  | Handover
  | Wrapup
  | Mark
  | Acknowledge
  | Resolve
  | StandDown
  | Decide
  | Hand
  | Tick
  | Observe
  | Unobserve
  | Unseal
  | Debrief
  | Debriefed;

export type ServerFrame =
  | Welcome
  | Ping
  | Refused
  | Ack
  | Said
  | GotBy
  | TypingBy
  | Ended
  | Presence
  | Waiting
  | Left
  | Paired
  | Crisis
  | Done
  | DeskIs
  | Offer
  | Lapsed
  | Finding
  | Board
  | Alert
  | Observing
  | EnvelopeIs
  | Contents
  | DebriefOffer
  | TeamWelcome;

export const TOPICS = ["studies", "money", "home", "relationships", "loneliness", "mood", "body", "identity", "loss", "harm", "other"] as const;

export const OUTCOMES = ["talked", "signposted", "handed_on", "left_early", "abusive", "practice", "none"] as const;

export const REFUSALS = ["bad_frame", "too_long", "too_fast", "not_now", "not_allowed", "out_of_order", "unknown", "gone", "closed", "full", "busy"] as const;

/** Why a connection ended, by the number of its close code. */
export const CLOSE = {
  DRAINING: 4000,
  BROKE: 4001,
  TOO_SLOW: 4002,
  TAKEN_OVER: 4003,
  RESYNC: 4004,
  SILENT: 4005,
  FULL: 4006,
  BAD_PROTOCOL: 4500,
  NOT_ALLOWED: 4501,
  ENDED: 4502,
  SIGNED_OUT: 4503,
} as const;

/** From this close code on, a client stays away. */
export const FINAL_FROM = 4500;

export const SUBPROTOCOL = "warmline.1";

export const VERSION = 1;
export const MAX_TEXT = 4000;
