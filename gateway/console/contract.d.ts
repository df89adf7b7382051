// What the server's API sends: the one place where the console states it. Times are ISO 8601, UTC.

export type Severity = "red" | "yellow" | "green";
export type CameraState =
  | "connecting" | "online" | "stalled" | "unauthorized" | "unreachable" | "not_video"
  | "quarantined" | "disabled";
export type EvidenceType = "raw" | "marked" | "clip";
export type Language = "zh-CN" | "en";
export type Point = [x: number, y: number];

export interface User { username: string; role: string; must_change_password: boolean }
export interface Zone { id: string; name: string; polygon: Point[] }

export interface StreamFacts {
  codec: string; width: number; height: number;
  fps: number | null; gop_s: number | null; clock: string;
  /** How it is read, and why not in the usual way: "" when it is. */
  reader: string; transport: string; note: string;
}

export interface Camera {
  id: string; name: string; channel_code: string; unit: string; grid: string;
  enabled: boolean; state: CameraState;
  /** Why the camera is not well; "" when it is. */
  code: string; detail: string;
  since: string | null; last_picture_at: string | null;
  stream: StreamFacts | null; live: "whep" | "transcoded" | "refresh"; analysed_fps: number | null;
  open_incidents: number; zones: Zone[];
}

export interface Evidence {
  id: string; type: EvidenceType; url: string; content_type: string; bytes: number; sha256: string;
}

export interface Incident {
  id: string; kind: string; severity: Severity; camera: { id: string; name: string };
  grid: string; zone: string | null; rule: string;
  opened_at: string; last_seen_at: string; closed_at: string | null;
  readings: Record<string, number | string>; evidence: Evidence[];
  posted_at: string | null; queue_id: string | null;
}

export interface IncidentPage { incidents: Incident[]; next: string | null }

export interface System {
  site: string; version: string; time_zone: string; now: string;
  queue: { state: "connecting" | "connected" | "down"; waiting: number };
  storage: { free_bytes: number; total_bytes: number };
  default_language: Language;
}

export type EventMessage =
  | { type: "snapshot"; seq: number; cameras: Camera[]; incidents: Incident[]; system: System }
  | ({ type: "camera"; seq: number } & Camera)
  | ({ type: "incident"; seq: number } & Incident)
  | ({ type: "system"; seq: number } & System);

/** What the incident list is narrowed to; an empty word means "all". */
export interface IncidentFilter { state: "" | "open" | "closed"; kind: string; severity: "" | Severity; camera: string }
