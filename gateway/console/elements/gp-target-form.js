/** What one target is told, and when. */
/** @import { Target, Unit, Wishes } from "../administration.js" */
import { css, html } from "lit";
import { OCCASION_CHOICES, occasionWord } from "../administration-words.js";
import { sendJson } from "../api.js";
import { t } from "../language.js";
import { below, mistakesOf } from "../mistakes.js";
import { base, controls, forms } from "../styles.js";
import { KNOWN_KINDS, kindWord, severityWord } from "../vocabulary.js";
import { calendarFields, fault, saidCalendar, tickFields, ticks, words, wordsField } from "./calendar-fields.js";
import { text } from "./camera-fields.js";
import { ConsoleElement } from "./console-element.js";
import { refusal } from "./refusal.js";

/** As the server has it for a new one. @type {Wishes} */
const USUAL = {
  enabled: true, unit: "", on: ["opened", "worsened", "escalated"], kinds: [], least: "yellow", weekdays: [], hours: [], seasons: [],
  holidays: [], on_holidays: "as_usual", quiet: [], red_breaks_quiet: true, digest_s: 0, cool_down_s: 600, language: null,
};

/** Tells by a "kept" event with all targets, or by "cancel". */
export class GpTargetForm extends ConsoleElement {
  static styles = [base, controls, forms, ticks, css`
    form { display: grid; gap: var(--s4); padding: var(--s4); }
    details > div { max-height: 18rem; overflow: auto; padding-block: var(--s2); }
    summary { cursor: pointer; min-height: max(2rem, var(--touch)); }
  `];
  static properties = { target: { attribute: false }, units: { attribute: false }, refused: { state: true }, busy: { state: true } };

  constructor() {
    super();
    /** Null for a new one. @type {Target | null} */
    this.target = null;
    /** @type {Unit[]} */
    this.units = [];
    /** @type {unknown} */
    this.refused = null;
    this.busy = false;
  }

  render() {
    const wishes = this.target?.wishes ?? USUAL;
    const mistakes = mistakesOf(this.refused);
    const ofWishes = below(mistakes, "wishes");
    return html`<form class="panel" @submit=${this.#submit} aria-label=${this.target?.name ?? t("Tell somebody")}>
      <div class="fields">
        ${this.target ? null : html`<label>${t("Name")}<input name="name" required maxlength="32" pattern="[a-z0-9][a-z0-9\\-]*" autocapitalize="none" spellcheck="false" placeholder="dongshan-duty" title=${t("small letters, digits and dashes")}></label>`}
        <label>${t("Address, as Apprise has it")}<input name="url" type="password" autocomplete="off" maxlength="4000" ?required=${!this.target} class="mono"
          placeholder=${this.target ? t("kept; type to change") : "wecombot://KEY"}>${fault(mistakes, "url")}</label>
        <label>${t("Unit")}<select name="unit"><option value="">${t("Whole site")}</option>${this.units.map(({ id, name }) => html`<option value=${id} ?selected=${id === wishes.unit}>${name}</option>`)}</select></label>
        <label>${t("From this severity on")}<select name="least">${/** @type {const} */ (["red", "yellow", "green"]).map((one) => html`<option value=${one} ?selected=${one === wishes.least}>${severityWord(one)}</option>`)}</select></label>
      </div>
      ${tickFields("on", t("Told of"), OCCASION_CHOICES, wishes.on, occasionWord)}
      <details ?open=${wishes.kinds.length > 0}><summary>${t("Only some kinds; none: all")}</summary><div>${tickFields("kinds", t("Kinds"), [...new Set([...KNOWN_KINDS, ...wishes.kinds])], wishes.kinds, kindWord)}</div></details>
      <fieldset><legend>${t("On duty")}</legend>${calendarFields(wishes, ofWishes)}</fieldset>
      <fieldset><legend>${t("Quiet, collected, cooled down")}</legend><div class="fields">
        ${wordsField("quiet", t("Quiet hours, told of in one message at their end"), wishes.quiet, "22:00-06:30", ofWishes)}
        <label>${t("Collected for (s); 0: at once")}<input name="digest_s" type="number" min="0" max="86400" required .value=${String(wishes.digest_s)}></label>
        <label>${t("No more of one kind at one camera for (s)")}<input name="cool_down_s" type="number" min="0" max="86400" required .value=${String(wishes.cool_down_s)}></label>
        <label>${t("Language")}<select name="language"><option value="">${t("of the site")}</option>
          <option value="zh-CN" lang="zh-CN" ?selected=${wishes.language === "zh-CN"}>简体中文</option><option value="en" lang="en" ?selected=${wishes.language === "en"}>English</option></select></label>
        <label class="tick"><input type="checkbox" name="red_breaks_quiet" .checked=${wishes.red_breaks_quiet}><span>${t("Red is told at once all the same")}</span></label>
        <label class="tick"><input type="checkbox" name="enabled" .checked=${wishes.enabled}><span>${t("In use")}</span></label></div></fieldset>
      ${fault(ofWishes.filter(({ location }) => !location), "")}${refusal(this.refused)}
      <div class="buttons end"><button type="button" @click=${() => this.dispatchEvent(new Event("cancel"))}>${t("Cancel")}</button><button class="primary" ?disabled=${this.busy}>${t("Save")}</button></div>
    </form>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const name = this.target?.name ?? text(fields, "name");
    const url = text(fields, "url");
    this.busy = true;
    this.refused = null;
    try {
      const { targets } = await sendJson("PUT", `notify/targets/${encodeURIComponent(name)}`, { wishes: wishesOf(fields), ...(url ? { url } : {}) });
      this.dispatchEvent(new CustomEvent("kept", { detail: targets }));
    } catch (error) {
      this.refused = error;
    } finally {
      this.busy = false;
    }
  }
}

/** @param {FormData} fields @returns {Wishes} */
function wishesOf(fields) {
  return {
    ...saidCalendar(fields),
    enabled: fields.has("enabled"), red_breaks_quiet: fields.has("red_breaks_quiet"),
    unit: text(fields, "unit"), least: /** @type {Wishes["least"]} */ (text(fields, "least")),
    on: /** @type {Wishes["on"]} */ (fields.getAll("on")), kinds: fields.getAll("kinds").map(String), quiet: words(fields, "quiet"),
    digest_s: Number(text(fields, "digest_s")), cool_down_s: Number(text(fields, "cool_down_s")),
    language: /** @type {Wishes["language"]} */ (text(fields, "language") || null),
  };
}

customElements.define("gp-target-form", GpTargetForm);
