// What the API sends and takes on the pages of administration, and on those of rules and patrol plans.

import type { EvidenceType, Level, Point, Severity } from "./contract.js";

export type Role = "admin" | "operator" | "reporter";
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
export type OnHolidays = "as_usual" | "all_day" | "never";

// Units and people.

/** `cameras`: how many name it, not those below it. */
export interface Unit { id: string; name: string; level: Level; parent: string | null; cameras: number }
/** `placeless`: ids of cameras that name no unit clearly. */
export interface Units { units: Unit[]; placeless: string[] }
export interface Person {
  username: string; role: Role; unit: string | null; must_change_password: boolean; is_disabled: boolean; created_at: string;
}
/** Told this once. */
export interface MadeUp { username: string; password: string }

// People told.

export type Occasion = "opened" | "worsened" | "escalated" | "closed";
export type NoticeState = "waiting" | "told" | "failed" | "cooled";

/** When something holds; what is left empty does not restrict. */
export interface Calendar {
  weekdays: Weekday[]; hours: string[]; seasons: string[]; holidays: string[]; on_holidays: OnHolidays;
}
export interface Wishes extends Calendar {
  enabled: boolean; unit: string; on: Occasion[]; kinds: string[]; least: Severity;
  quiet: string[]; red_breaks_quiet: boolean; digest_s: number; cool_down_s: number; language: "zh-CN" | "en" | null;
}
export interface Target { name: string; wishes: Wishes; updated_at: string }
/** `detail`: why it is told when it is, or why it was not. */
export interface Notice {
  id: number; target: string; case_id: string; occasion: Occasion; severity: Severity; line: string;
  made_at: string; state: NoticeState; due_at: string; attempts: number; settled_at: string | null; detail: string;
}

// Audit and custody.

export interface AuditHead { seq: number; hash: string }
export interface AuditRecord {
  seq: number; at: string; actor: string; action: string; object: string;
  detail: Record<string, string | number | boolean | null>; hash: string;
}
export interface AuditPage { records: AuditRecord[]; next: number | null; head: AuditHead }
export type ChainFault = "missing" | "altered" | "detached" | "cut" | "forked";
export interface AuditCheck { head: AuditHead; breaks: { seq: number; fault: ChainFault }[] }
export interface Hold { case: string; at: string; by: string; reason: string }
export interface SealCheck {
  number: number; sealed_at: string; is_sound: boolean; faults: string[];
  files: { path: string; sha256: string; state: string; type?: EvidenceType }[];
}

// The patrol's plan. Times of day are the site's, "HH:MM" or "HH:MM:SS".

/** `unit`: whose people see it, "" everybody. */
export interface Shift { shift: string; unit: string; starts: string; ends: string; crews: string[][]; since: string; weekdays: Weekday[] }
export interface PlanStop { camera: string; id: string | null; name: string; preset: string | null; dwell_s: number; colour: Severity }
/** Either `at` or `every_h`, that from `first` on. `visits`: of a colour, every how many-th round of a day. */
export interface PatrolRoute {
  id: string; name: string; unit: string; at: string[]; every_h: number | null; first: string; weekdays: Weekday[];
  only: string[]; never: string[]; late_after_min: number; missed_after_min: number;
  visits: Partial<Record<Severity, number>>; stops: PlanStop[];
}
export interface PatrolPlan { rota: Shift[]; routes: PatrolRoute[] }
export interface KeptPlan { plan: PatrolPlan | null; at: string | null; by: string }

// Rules.

export type RuleType = "presence" | "loitering" | "stop" | "crossing" | "wrong_way" | "crowd" | "checkpoint" | "count";
/** A zone with its corners, or a line with its two ends. */
export interface Place { id: string; name: string; polygon?: Point[] | null; line?: [Point, Point] | null }
/** With all other settings of its type. */
export interface Rule {
  type: RuleType; id: string; zone: string | null; line?: string | null; severity: Severity; kinds: string[]; arming: Calendar;
  [setting: string]: unknown;
}
export interface CameraRules {
  zones: Place[]; rules: Rule[]; default_rules: Rule[]; changed_at: string | null; changed_by: string | null;
}

// Deliveries.

export interface Sink {
  name: string; waiting: number; oldest_at: string | null; oldest_s: number | null; parked: number; shed: number;
  failures: number; down_since: string | null; retry_at: string | null; delivered_at: string | null; detail: string;
}
export interface Parked { sink: string; event_id: string; incident_id: string; parked_at: string; refusals: number; detail: string }
