/** What the audit log says of a deed, in words: who, to what, and what more is told. Exact ids stay in the titles. */
/** @import { AuditRecord, Role } from "./administration.js" */
/** @import { CaseAction, CaseChange, CaseStep, EvidenceType, Party } from "./contract.js" */
/** @import { Site } from "./site.js" */
import { roleWord } from "./administration-words.js";
import { actionWord, actorWord, stepWord } from "./case-words.js";
import { dayAndTime, fileSize } from "./format.js";
import { msg, t } from "./language.js";
import { evidenceWord } from "./vocabulary.js";

/** Of an id or a hash, so much is shown. */
const SHORT = 8;
/** Deeds of cases that no person did. @type {readonly unknown[]} */
const MACHINES = ["camera", "policy", "relay"];
/** Whoever runs without a person. */
const SYSTEM = "gridpatrol";
const NOBODY = "-";
const SHELL = "cli:";

/** Of the parts of an object's path. @type {Record<string, string>} */
const THINGS = {
  address: msg("Network address"),
  camera: msg("Camera"),
  case: msg("Case"),
  evidence: msg("Evidence"),
  inventory: msg("All cameras"),
  rain: msg("Rain"),
  recordings: msg("Recordings"),
  sink: msg("Receiver"),
  target: msg("Somebody told"),
  units: msg("Units"),
  user: msg("Person"),
};
/** A camera's settings, as "changed" names them. @type {Record<string, string>} */
const SETTINGS = {
  address: msg("Address"),
  channel_code: msg("Channel code"),
  enabled: msg("In use or not"),
  grid: msg("Grid"),
  latitude: msg("Latitude"),
  longitude: msg("Longitude"),
  main_uri: msg("Main stream"),
  name: msg("Name"),
  password: msg("Password of the camera"),
  record: msg("Recording"),
  rules: msg("Rules"),
  sub_uri: msg("Sub stream"),
  transport: msg("Transport"),
  unit: msg("Unit"),
  username: msg("User of the camera"),
  water: msg("Water areas"),
  zones: msg("Zones"),
};
/** Why something was deleted. @type {Record<string, string>} */
const WHYS = {
  age: msg("its time was up"),
  "age or size": msg("time up or too large"),
  size: msg("too large"),
  space: msg("the disk was full"),
};

/** What is said of rain. @type {Record<string, string>} */
const RAINS = { rain: msg("It rains"), dry: msg("It is dry") };

const yesNo = (/** @type {string} */ value) => (value === "true" ? t("Yes") : t("No"));
const short = (/** @type {string} */ value) => (value.length > SHORT ? `${value.slice(0, SHORT)}…` : value);
const word = (/** @type {Record<string, string>} */ words) => (/** @type {string} */ value) => t(words[value] ?? value);
const asIs = (/** @type {string} */ value) => value;
const role = (/** @type {string} */ value) => roleWord(/** @type {Role} */ (value));

/** What is told besides: what it is called, "" where it speaks for itself, and its value in words. @type {Record<string, { name: string, say: (value: string) => string }>} */
const DETAILS = {
  address: { name: msg("Address given"), say: yesNo },
  after: { name: msg("After it"), say: asIs },
  before: { name: msg("Before it"), say: (value) => (ROLES.includes(value) ? role(value) : value) },
  bytes: { name: "", say: (value) => fileSize(Number(value)) },
  cameras: { name: msg("Cameras"), say: asIs },
  changed: { name: "", say: (value) => value.split(" ").map(word(SETTINGS)).join(t(", ")) },
  did: { name: "", say: (value) => actionWord(/** @type {CaseAction} */ (value)) },
  end: { name: msg("To"), say: dayAndTime },
  event: { name: msg("Message"), say: short },
  files: { name: msg("Files"), say: asIs },
  manifest: { name: msg("Seal"), say: short },
  name: { name: "", say: asIs },
  number: { name: msg("No."), say: asIs },
  passwords: { name: msg("With passwords"), say: yesNo },
  persons_veiled: { name: msg("Persons made unrecognisable"), say: yesNo },
  rain: { name: "", say: word(RAINS) },
  reason: { name: "", say: asIs },
  reference: { name: msg("State"), say: asIs },
  revision: { name: msg("Revision"), say: asIs },
  role: { name: "", say: role },
  sha256: { name: "sha256", say: short },
  start: { name: msg("From"), say: dayAndTime },
  step: { name: msg("Now"), say: (value) => stepWord(/** @type {CaseStep} */ (value)) },
  type: { name: "", say: (value) => evidenceWord(/** @type {EvidenceType} */ (value)) },
  unit: { name: msg("Unit"), say: asIs },
  units: { name: msg("Units"), say: asIs },
  why: { name: "", say: word(WHYS) },
};
const ROLES = ["admin", "operator", "reporter"];

/** @param {AuditRecord} record */
export function auditActor({ actor, detail: { party } }) {
  if (MACHINES.includes(party)) return actorWord(/** @type {CaseChange} */ ({ party: /** @type {Party} */ (party), actor }));
  if (actor === SYSTEM) return t("By itself");
  if (actor === NOBODY) return t("Nobody signed in");
  return actor.startsWith(SHELL) ? t("{name}, at this machine", { name: actor.slice(SHELL.length) }) : actor;
}

/** What it was done to: "案件 a2e4ac92… 证据 ac3294bb…". @param {string} object its path @param {Site | null} site */
export function auditObject(object, site) {
  const parts = object.split("/");
  const said = parts.map((part, place) => {
    if (place % 2 === 0) return t(THINGS[part] ?? part);
    if (parts[place - 1] === "camera") return site?.cameras.get(part)?.name ?? part;
    return parts[0] === "case" ? short(part) : part;
  });
  return said.join(" ");
}

/** What is told besides. @param {AuditRecord} record */
export function auditDetail({ detail }) {
  const told = Object.entries(detail).filter(([name, value]) => name !== "party" && value !== null && value !== "");
  return told.map(([name, value]) => {
    const known = DETAILS[name];
    if (!known) return `${name}: ${value}`;
    return [known.name && t(known.name), known.say(String(value))].filter(Boolean).join(" ");
  }).join(" · ");
}
