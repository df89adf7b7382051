// What the API sends and takes on the page where a camera's water is set up.

import type { Passability, Point, Unseen, WaterState } from "./contract.js";

export type PlaceType = "road" | "underpass" | "yard" | "bridge" | "slope";
export type MarkKind = "gauge" | "post" | "kerb";
export type AlarmState = "watch" | "yellow" | "red";
export type LineName = `${AlarmState}_${"cm" | "ratio" | "s"}` | "red_within_s" | "clear_part" | "clear_s";

export interface WaterZone { id: string; name: string; polygon: Point[] }
/** `normal`: ends of the line at its usual edge; null: all of it is ignored. */
export interface PermanentWater { id: string; name: string; polygon: Point[]; normal: [Point, Point] | null }
/** `height_cm`: from its foot to its top, null until it was typed; `zero_cm`: of its foot, above the lowest dry ground. */
export interface WaterMark { id: string; name: string; kind: MarkKind; foot: Point; top: Point; height_cm: number | null; zero_cm: number }
/** What is null is as usual at such a place. */
export type OwnLines = Partial<Record<LineName, number | null>>;

/** Where water is watched at a camera. `place`: cameras that name the same watch it together. */
export interface WaterSetup {
  type: PlaceType; place: string;
  zones: WaterZone[]; permanent: PermanentWater[]; marks: WaterMark[];
  text_masks: "auto" | Point[][];
  lines: OwnLines;
}

export interface PlaceUsual { lines: Record<LineName, number>; passability: Record<WaterState, Passability> }
/** What holds where a site sets nothing. `marks`: the shortest first; a shorter one is not read. */
export interface WaterUsual {
  places: Record<PlaceType, PlaceUsual>;
  marks: Record<MarkKind, { from_px: number; error_part: number }[]>;
}

/** The last look; `votes`: share of the zones that each witness calls water. */
export interface WaterLook {
  at: string; unseen: Unseen | null; area_ratio: number; depth_cm: number | null; error_cm: number | null;
  reference: string; votes: Record<string, number>; text_masks: Point[][];
}

/** All 0-1; `real_false_alarms`: null when there was nothing to try it on. */
export interface EyeFigures { iou: number; found: number; false_alarms: number; real_false_alarms: number | null }
export interface WaterTraining { at: string; kept: boolean; before: EyeFigures; after: EyeFigures }
/** One that goes on, or failed; `share` 0-1, `error` "" while it goes on. */
export interface TrainingRun { started_at: string; share: number; error: string }
export interface WaterTaught { training: WaterTraining | null; run: TrainingRun | null }

export interface WaterReference { id: string; kind: "dry" | "wet"; infrared: boolean; made_at: string; seen_at: string; looks: number; taught: boolean }
