// What the server's API sends: the one place where the console states it. Times are ISO 8601, UTC.

export type Severity = "red" | "yellow" | "green";
export type CameraState =
  | "connecting" | "online" | "stalled" | "unauthorized" | "unreachable" | "not_video"
  | "quarantined" | "disabled";
/** What of a stream is decoded; "" while nobody watches. */
export type Rung = "keys" | "full" | "";
export type Interest = "quiet" | "settled" | "restless" | "known" | "stirred" | "";
export type EvidenceType = "raw" | "marked" | "before" | "curve" | "clip" | "photo" | "file";
export type WaterState = "normal" | "watch" | "yellow" | "red";
export type Passability = "open" | "slow" | "closed";
export type Unseen = "away" | "shifted" | "dark" | "drops" | "haze" | "covered" | "learning" | "stale" | "fault";
export type Loss = "behind" | "damaged" | "missing" | "reshaped" | "unreadable";
export type RainState = "unknown" | "dry" | "rain";
export type RecordMode = "incidents" | "continuous" | "off";
export type Transport = "auto" | "tcp" | "udp";
export type Language = "zh-CN" | "en";
export type Point = [x: number, y: number];

export interface User { username: string; role: "admin" | "operator" | "reporter"; must_change_password: boolean; unit: string | null }
export interface Zone { id: string; name: string; polygon: Point[] }

/** From the first point, looking to the second, side A is on the left and side B on the right. */
export interface Line { id: string; name: string; line: [Point, Point] }

/** Shares from 0 to 1, null while there are too few: of `occasions` motions those told, of alarms those true. */
export interface Alarms { told_ratio: number | null; occasions: number; true_ratio: number | null; wakes: boolean }

export interface StreamFacts {
  codec: string; width: number; height: number;
  fps: number | null; gop_s: number | null; clock: string;
  /** How it is read, and why not in the usual way: "" when it is. */
  reader: string; transport: string; note: string;
}

/** How the water stands; while `unseen`, what follows is of the last look that saw. */
export interface Water {
  updated_at: string; state: WaterState;
  /** Null while nobody knows. */
  passability: Passability | null;
  since: string; unseen: Unseen | null; blind_since: string | null; reason: string;
  /** Share of the zones under water, 0-1. */
  area_ratio: number; ratio_per_h: number | null;
  /** Only by marks of known height. */
  depth_cm: number | null; error_cm: number | null; cm_per_h: number | null; level_by: string;
  rain: RainState; reference_count: number; reference: string; basis: string;
  /** What of the learnt states was lost within the last day. */
  lost: { how: Loss; at: string } | null;
}

/** One look of the past. */
export interface WaterMoment { at: string; state: WaterState; unseen: Unseen | null; area_ratio: number; depth_cm: number | null }

/** What of a camera changes all the time. */
export interface Pulse {
  id: string; last_picture_at: string | null;
  /** Pictures given to the detector; seconds between pictures looked at at all. */
  analysed_fps: number | null; seen_every_s: number | null;
  rung: Rung; interest: Interest;
  /** What stirred it last. */
  why: string;
  /** Null where it is not watched, or not looked at yet. */
  water: Water | null;
}

export interface Camera extends Pulse {
  name: string; channel_code: string; unit: string; grid: string;
  enabled: boolean; record: RecordMode; has_controls: boolean; can_talk: boolean; watches_water: boolean; state: CameraState;
  /** Why the camera is not well; "" when it is. */
  code: string; detail: string;
  since: string | null;
  stream: StreamFacts | null; live: "whep" | "transcoded" | "refresh";
  open_incidents: number; zones: Zone[]; lines: Line[];
  /** How far its own motion alarms agree with what is seen; null while it told of none. */
  alarms: Alarms | null;
}

export interface Evidence {
  id: string; type: EvidenceType; url: string; content_type: string; bytes: number; sha256: string;
  /** When its time was up; null while it is kept. */
  deleted_at: string | null;
}

export interface Incident {
  id: string; kind: string; severity: Severity; camera: { id: string; name: string };
  grid: string; zone: string | null; rule: string;
  opened_at: string; last_seen_at: string; closed_at: string | null;
  readings: Record<string, number | string>; evidence: Evidence[];
  posted_at: string | null; queue_id: string | null;
  /** How far people are with it; `Case` is the whole. */
  step: CaseStep; case_revision: number;
  /** Null where a camera found it. */
  finding: Finding | null;
}

/** What a person tells of what they found. */
export interface Finding {
  source: "eye" | "round" | "photo"; by: string; text: string; place: string;
  latitude: number | null; longitude: number | null; round: string | null;
}

// What is done about an incident.

export type CaseStep = "discovered" | "screened" | "reported" | "assigned" | "handling" | "verified" | "closed";
export type CaseAction =
  | "discover" | "confirm" | "report" | "assign" | "start" | "verify" | "close" | "dismiss" | "record" | "return"
  | "reopen" | "merge" | "absorb" | "split" | "release" | "differ" | "may_match" | "comment" | "escalate";
export type FalseAlarm =
  | "nothing" | "animal" | "plant" | "insect" | "weather" | "light" | "allowed" | "camera" | "test" | "other";
export type Party = "camera" | "policy" | "relay" | "platform" | "reporter" | "operator" | "admin";
export type Outcome = "resolved" | "false_alarm" | "no_action" | "merged";
export type Level = "grid" | "village" | "town" | "county";

/** A file that somebody put to what they did. */
export interface Attachment extends Evidence { name: string }

export interface CaseChange {
  revision: number; at: string; action: CaseAction; party: Party; actor: string; step: CaseStep;
  note: string; handler: string; deadline: string | null; reason: FalseAlarm | null; other: string | null;
  attachments: Attachment[];
}

export interface Case {
  id: string; kind: string; severity: Severity; step: CaseStep; revision: number; since: string;
  /** By when the next step must be taken. */
  due_at: string | null; is_late: boolean; level: Level; handler: string; deadline: string | null;
  outcome: Outcome | null; reason: FalseAlarm | null; merged_into: string | null;
  /** What whoever is signed in may do now. */
  offered: CaseAction[];
  merged: string[]; trail: CaseChange[];
}

/** An open case of another camera that looks like the same happening; `merge` would end in `into`. */
export interface Match {
  case: string; kind: string; severity: Severity; camera: { id: string; name: string }; opened_at: string;
  by: "place" | "distance" | "grid"; distance_m: number | null; gap_s: number; is_auto: boolean;
  merge: string; into: string; revision: number;
}

/** Earlier cases of the same camera, rule and kind. */
export interface Repeats {
  count: number; false_alarms: number;
  cases: { case: string; opened_at: string; severity: Severity; step: CaseStep; outcome: Outcome | null; reason: FalseAlarm | null }[];
}

/** An open case that people said is another happening. */
export interface Apart {
  case: string; kind: string; severity: Severity; camera: { id: string; name: string }; opened_at: string;
  at: string; by: string;
}

export interface Related { matches: Match[]; apart: Apart[]; members: Incident[]; repeats: Repeats }

export type Remedy = "patience" | "larger" | "hours" | "zone" | "tend" | "only_wet";

/** What may keep a rule from being wrong again; `setting` is null where a person has to do it. */
export interface Proposal {
  id: string; camera: string; camera_name: string; rule: string; kind: string;
  reason: FalseAlarm; count: number; false: number; judged: number; remedy: Remedy;
  setting: string | null; before: string | null; after: string | null;
}

export interface IncidentPage { incidents: Incident[]; next: string | null }

/** Work in processors; `overloaded_since` is null while there is enough. */
export interface Load {
  overloaded_since: string | null;
  budget: number; decode: number; detect: number; other: number;
  cameras: number; full: number; keys: number; stirred: number;
}

export interface System {
  site: string; version: string; time_zone: string; now: string;
  queue: { state: "connecting" | "connected" | "down"; waiting: number };
  storage: { free_bytes: number; total_bytes: number };
  load: Load | null;
  default_language: Language;
}

export type EventMessage =
  | { type: "snapshot"; seq: number; cameras: Camera[]; incidents: Incident[]; system: System }
  | ({ type: "camera"; seq: number } & Camera)
  | { type: "pulse"; seq: number; cameras: Pulse[] }
  | ({ type: "incident"; seq: number } & Incident)
  | ({ type: "system"; seq: number } & System);

/** What the incident list is narrowed to; an empty word means "all". */
export interface IncidentFilter { state: "" | "open" | "closed"; kind: string; severity: "" | Severity; camera: string; step: "" | CaseStep }

// Patrol.

export type RoundStanding = "coming" | "due" | "overdue" | "done" | "late" | "skipped" | "missed";
export type Verdict = "normal" | "finding" | "unseen";

/** A stop of a round; `at` and `verdict` are null until somebody has said what they see there. */
export interface RoundStop {
  id: string; name: string; camera: string; camera_name: string; preset: string | null;
  dwell_s: number; colour: Severity; arrived_at: string | null; at: string | null; by: string;
  verdict: Verdict | null; note: string; has_picture: boolean; sha256: string | null;
  captured_at: string | null; incident: string | null;
}

/** In time until `late_at`; not to be done any more from `missed_at`. */
export interface PatrolRound {
  id: string; route: string; name: string; unit: string;
  due_at: string; late_at: string; missed_at: string; standing: RoundStanding;
  settled_at: string | null; by: string; note: string; stops: RoundStop[];
}

export interface Duty { shift: string; starts_at: string; ends_at: string; people: string[]; is_now: boolean }
export interface PatrolDay { day: string; duties: Duty[]; rounds: PatrolRound[] }

/** A note from one shift to the next; `taken_at` is null until somebody has it. */
export interface Handover {
  id: number; at: string; by: string; shift: string; unit: string; text: string; taken_at: string | null; taken_by: string;
}

// Taking cameras in: for administrators.

/** A stream as measured; null is not known. */
export interface StreamReport {
  codec: string; profile: string | null; width: number; height: number;
  fps: number | null; gop_s: number | null; bit_rate_kbps: number | null;
  has_b_frames: boolean; audio_codec: string | null; clock: string; clock_offset_s: number | null;
  transport: string | null; reader: string; note: string;
  browser_playable: boolean; browser_reason: string;
}

export interface Survey {
  measured_at: string; main: StreamReport | null; sub: StreamReport | null;
  sessions_allowed: number | null; clock_skew_s: number | null; device: string; failed: string[];
  /** What the loudspeaker takes; "" without one, null when not tried. */
  talk: string | null;
}

export interface Choices {
  interfaces: string[]; ports: number[]; max_hosts: number;
  brands: { id: string; name: string }[]; schemes: string[];
}

export interface Profile {
  token: string; name: string; codec: string; width: number; height: number;
  fps: number | null; bit_rate_kbps: number | null;
}

/** Somebody who answered; `camera` is the id of the camera known there, "" if none. */
export interface Device {
  type: "device"; address: string; protocol: "onvif" | "rtsp"; name: string; hardware: string; camera: string;
}

/** What an address turned out to be. */
export interface Draft {
  type: "draft"; name: string; address: string; username: string;
  main_uri: string | null; sub_uri: string | null; profiles: Profile[];
  device: string; failed: string[]; clock_skew_s: number | null;
}

export interface Tested { type: "test"; main_uri: string; sub_uri: string | null; survey: Survey }

export type PlanAction = "add" | "change" | "keep";

/** A row of an import that is done; `code` says why it was not stored, "" when it was. */
export interface RowOutcome {
  type: "row"; row: number; camera: string; name: string; action: PlanAction;
  code: string; text: string; survey: Survey | null;
  /** What became of its stream, null where that was not wished for. */
  tuning: Tuning | null;
}

export interface BadCell { row: number; column: string; value: string; code: string; advice: string }
export interface PlannedRow { row: number; action: PlanAction; camera: string; name: string; changed: string[] }
export interface Plan { added: number; changed: number; kept: number; rows: PlannedRow[]; bad: BadCell[] }

export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";

/** Long work; `total` is 0 while nobody knows. */
export interface Job<Found> {
  id: string; kind: string; state: JobState; done: number; total: number;
  found: Found[]; error: { code: string; message: string } | null;
}

/** All that is kept of a camera; of its password only whether there is one. */
export interface CameraSettings {
  id: string; name: string; channel_code: string; unit: string; grid: string;
  latitude: number | null; longitude: number | null;
  address: string; username: string; has_password: boolean;
  main_uri: string | null; sub_uri: string | null;
  record: RecordMode; transport: Transport; enabled: boolean; survey: Survey | null;
}

/** A camera just taken in; `tuning` is the job that tunes its stream, "" without consent. */
export interface AddedCamera extends CameraSettings { tuning: string }

// Streams made cheaper.

/** How a stream is encoded; null where the camera does not tell. gop: pictures between key frames. */
export interface Encoding {
  codec: string; width: number | null; height: number | null; fps: number; gop: number | null;
  bit_rate_kbps: number; mode: "vbr" | "cbr" | null; quality: number | null;
}

/** saved_ratio: share of the pixels that need not be decoded, 0-1. */
export interface TuningChange { before: Encoding; after: Encoding; saved_kbps: number; saved_ratio: number }

/** What became of one camera; `code` says why nothing did, "" otherwise. */
export interface Tuning { type: "tuning"; camera: string; name: string; change: TuningChange | null; code: string; text: string }

/** before: null where it was not tuned. obstacle: why it is done only when accepted, "" for none. */
export interface EncoderState { now: Encoding; before: Encoding | null; suggested: TuningChange; obstacle: string }

// Controlling a camera.

/** Speeds, -1 to 1: right, up and closer are above zero. */
export interface Motion { pan?: number; tilt?: number; zoom?: number }
export interface Axes { pan_tilt: boolean; zoom: boolean }
export interface Preset { token: string; name: string }
export interface Tour { stops: { preset: string; dwell_s: number }[]; resume_s: number; enabled: boolean }
export interface PtzState {
  abilities: { continuous: Axes; relative: Axes; absolute: Axes; home: boolean; presets: number };
  presets: Preset[]; tour: Tour; moving: boolean;
}
export interface Knob { name: string; value: number | null; least: number; most: number }
export interface ImagingState { knobs: Knob[]; ir_cut: string; ir_cut_modes: string[] }
export interface ClockState { mode: string; skew_s: number | null; time_zone: string }

// Traffic counts.

/** What one rule counted in an hour; `watched_s` of it were watched. */
export interface Count {
  camera: string; rule: string;
  /** Of a zone or line; null for the whole picture. */
  place: string | null;
  start: string; end: string; watched_s: number;
  rows: { kind: string; label: string; direction: string | null; count: number }[];
}

// Recordings.

/** `hours` are 24, the seconds recorded in each, of the site's time zone. */
export interface RecordedDay { day: string; hours: number[] }
export interface Segment {
  id: number; started_at: string; ended_at: string; bytes: number; pictures: number;
  codec: string; width: number; height: number; url: string;
}
export interface Span { gaps: { start: string; end: string }[]; bytes: number; url: string }
