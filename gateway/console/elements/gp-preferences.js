/** Language and theme, remembered by this browser. */
import { css, html } from "lit";
import { icon } from "../icons.js";
import { LANGUAGES, chooseLanguage, language, msg, t } from "../language.js";
import { THEMES, currentTheme, useTheme } from "../settings.js";
import { base, controls } from "../styles.js";
import { ConsoleElement } from "./console-element.js";

/** Each language under its own name, so that it is found by those who read no other. */
const LANGUAGE_NAMES = { "zh-CN": "中文", en: "English" };
const THEME_WORDS = { auto: msg("Theme as the system"), dark: msg("Dark theme"), light: msg("Light theme") };

export class GpPreferences extends ConsoleElement {
  static styles = [base, controls, css`
    :host { display: flex; flex-wrap: wrap; gap: var(--s2); }
    .segments button { padding: 0 var(--s2); font-size: var(--small); }
  `];

  render() {
    return html`
      <div class="segments" role="group" aria-label=${t("Language")}>
        ${LANGUAGES.map((one) => html`<button type="button" lang=${one} aria-pressed=${one === language()}
          @click=${() => chooseLanguage(one)}>${LANGUAGE_NAMES[one]}</button>`)}
      </div>
      <div class="segments" role="group" aria-label=${t("Theme")}>
        ${THEMES.map((one) => html`<button type="button" aria-pressed=${one === currentTheme()} aria-label=${t(THEME_WORDS[one])} title=${t(THEME_WORDS[one])}
          @click=${() => { useTheme(one); this.requestUpdate(); }}>${icon(one)}</button>`)}
      </div>`;
  }
}

customElements.define("gp-preferences", GpPreferences);
