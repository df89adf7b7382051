/** Hand something to the browser to be kept as a file. */

/** How long the browser is given to take it. */
const TAKEN_MS = 60_000;

/** @param {Blob} content @param {string} name */
export function saveFile(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_MS);
}
