/** The STUN and TURN servers of this site, told in `Link` headers (RFC 9725 §4.6); mostly there are none. */
import { request } from "./api.js";

/** Credentials are good for a day; asking once in a while is enough. */
const FRESH_MS = 3_600_000;
const SERVER = /<([^>]+)>([^<]*)/g;
const PARAMETER = /(\w[\w-]*)="([^"]*)"/g;

/** @type {{ servers: Promise<RTCIceServer[]>, askedMs: number } | null} */
let known = null;

/** @param {string} path of a WHEP endpoint @returns {Promise<RTCIceServer[]>} */
export function iceServers(path) {
  if (!known || performance.now() - known.askedMs > FRESH_MS) {
    const servers = request(path, { method: "OPTIONS" }).then((answer) => parseLinks(answer.headers.get("Link") ?? ""));
    known = { servers, askedMs: performance.now() };
    servers.catch(() => (known = null));
  }
  return known.servers;
}

/** @param {string} links @returns {RTCIceServer[]} */
export function parseLinks(links) {
  return [...links.matchAll(SERVER)].flatMap(([, urls = "", rest = ""]) => {
    const { rel, username, credential } = Object.fromEntries([...rest.matchAll(PARAMETER)].map(([, name, value]) => [name, value]));
    if (rel !== "ice-server") return [];
    return [username ? { urls, username, credential: credential ?? "" } : { urls }];
  });
}
