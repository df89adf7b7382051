/** 外发状态: how each receiver of messages fares, and what it refused. */
/** @import { Parked, Sink } from "../administration.js" */
/** @import { User } from "../contract.js" */
import { css, html } from "lit";
import { getJson, sendJson } from "../api.js";
import { dayAndTime, duration } from "../format.js";
import { t } from "../language.js";
import { incidentHref } from "../router.js";
import { base, controls, forms, marks, tables } from "../styles.js";
import { ticker } from "../ticker.js";
import { ConsoleElement } from "./console-element.js";
import { facts, page } from "./page-styles.js";
import { refusal } from "./refusal.js";
import { wayBack } from "./way-back.js";
import "./gp-confirm.js";

/** How often it is read again. */
const AGAIN_S = 10;
const QUEUE = "queue";

export class GpDeliveriesPage extends ConsoleElement {
  static styles = [base, controls, forms, marks, page, facts, tables, css`
    .sinks { display: grid; gap: var(--s3); grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); padding-block-end: var(--s4); }
    .name { display: flex; align-items: center; gap: var(--s2); } .name b { flex: 1; font-size: var(--large); }
    td { overflow-wrap: anywhere; }
    h2 { padding-block-end: var(--s2); }
    .none { padding: var(--s4); color: var(--ink-2); }
  `];
  static properties = { user: { attribute: false }, sinks: { state: true }, parked: { state: true }, refused: { state: true } };

  #left = 0;

  constructor() {
    super();
    /** @type {User | null} */
    this.user = null;
    /** @type {Sink[] | null} */
    this.sinks = null;
    /** @type {Parked[]} */
    this.parked = [];
    /** @type {unknown} */
    this.refused = null;
    this.follow(ticker, "second");
  }

  willUpdate() {
    if (--this.#left > 0) return;
    this.#left = AGAIN_S;
    this.#read();
  }

  async #read() {
    try {
      this.sinks = (await getJson("sinks")).sinks;
      if (this.user?.role === "admin") this.parked = (await getJson("sinks/parked")).parked;
      this.refused = null;
    } catch (error) {
      this.refused = error;
    }
  }

  render() {
    const { sinks } = this;
    return html`<div class="page">${wayBack()}<header><h1 tabindex="-1">${t("Deliveries")}</h1></header>
      ${refusal(this.refused)}
      ${sinks?.length ? html`<div class="sinks">${sinks.map(card)}</div>` : html`<p class="panel none" role="status" ?hidden=${!sinks && Boolean(this.refused)}>${sinks ? t("Nothing has been sent yet.") : t("Reading…")}</p>`}
      ${this.parked.length ? this.#set() : null}<gp-confirm></gp-confirm></div>`;
  }

  #set() {
    return html`<section aria-label=${t("Set aside")}><h2>${t("Set aside: refused again and again")}</h2><div class="panel"><table>
      <thead><tr><th>${t("Time")}</th><th>${t("Receiver")}</th><th>${t("Incident")}</th><th>${t("Reason")}</th><th><span class="unseen">${t("Actions")}</span></th></tr></thead>
      <tbody>${this.parked.map((one) => html`<tr><td data-label=${t("Time")}>${dayAndTime(one.parked_at)}</td><td data-label=${t("Receiver")}>${sinkWord(one.sink)}</td>
        <td data-label=${t("Incident")}><a class="link mono tiny" href=${incidentHref(one.incident_id)}>${one.incident_id}</a></td>
        <td data-label=${t("Reason")}><div>${one.detail}<div class="tiny quiet">${t("refused {count} times", { count: one.refusals })}</div></div></td>
        <td><div class="buttons"><button @click=${() => this.#do(one, "offer")}>${t("Offer again")}</button><button @click=${() => this.#drop(one)}>${t("Forget")}</button></div></td></tr>`)}</tbody></table></div></section>`;
  }

  /** @param {Parked} one */
  async #drop(one) {
    const dialog = /** @type {import("./gp-confirm.js").GpConfirm | null} */ (this.renderRoot.querySelector("gp-confirm"));
    const agreed = await dialog?.ask({ title: t("Forget this message?"), text: t("{receiver} never gets it. The incident and its case stay.", { receiver: sinkWord(one.sink) }), action: t("Forget") });
    if (agreed) await this.#do(one, "drop");
  }

  /** @param {Parked} one @param {"offer" | "drop"} what */
  async #do({ sink, event_id: id }, what) {
    try {
      await sendJson("POST", `sinks/${encodeURIComponent(sink)}/parked/${what}`, { event_id: id });
    } catch (error) {
      this.refused = error;
      return;
    }
    await this.#read();
  }
}

/** @param {Sink} sink */
function card({ name, waiting, oldest_s: oldest, parked, shed, failures, down_since: down, retry_at: retry, delivered_at: delivered, detail }) {
  const tone = down ? "bad" : waiting || parked ? "busy" : "good";
  const word = down ? t("Does not take anything") : waiting ? t("Being sent") : parked ? t("Refused some") : t("In order");
  return html`<section class="panel" aria-label=${sinkWord(name)}><p class="name"><b>${sinkWord(name)}</b><span class="mark ${tone}">${word}</span></p><dl>
    <dt>${t("Waiting")}</dt><dd>${waiting}${oldest === null ? null : html` · ${t("the oldest for {time}", { time: duration(oldest) })}`}</dd>
    <dt>${t("Last delivered")}</dt><dd>${delivered ? dayAndTime(delivered) : "–"}</dd>
    ${down ? html`<dt>${t("Down since")}</dt><dd>${dayAndTime(down)} · ${t("tried {count} times", { count: failures })}</dd>` : null}
    ${retry ? html`<dt>${t("Tried again")}</dt><dd>${dayAndTime(retry)}</dd>` : null}
    ${detail ? html`<dt>${t("Reason")}</dt><dd lang="en">${detail}</dd>` : null}
    <dt>${t("Set aside")}</dt><dd>${parked}</dd>
    ${shed ? html`<dt>${t("Given up")}</dt><dd>${t("{count}, as too many waited", { count: shed })}</dd>` : null}</dl></section>`;
}

/** @param {string} name */
function sinkWord(name) {
  return name === QUEUE ? t("Dispatch queue") : name;
}

customElements.define("gp-deliveries-page", GpDeliveriesPage);
