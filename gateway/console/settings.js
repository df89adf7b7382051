/** What this browser remembers for its user: theme and language. A browser that refuses storage forgets. */

/** @param {string} name @returns {string | null} */
export function remembered(name) {
  try {
    return localStorage.getItem(`gridpatrol.${name}`);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`gridpatrol.${name}`, value);
  } catch {
    document.documentElement.dataset["storage"] = "refused";
  }
}

/** @typedef {"auto" | "dark" | "light"} Theme */

/** @type {readonly Theme[]} */
export const THEMES = ["auto", "dark", "light"];

/** @returns {Theme} */
export function currentTheme() {
  const theme = document.documentElement.dataset["theme"];
  return theme === "dark" || theme === "light" ? theme : "auto";
}

/** @param {Theme} theme */
export function useTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  remember("theme", theme);
}
