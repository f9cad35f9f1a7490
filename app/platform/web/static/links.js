// @ts-check
/** Copies the address of the page, which holds all that is chosen on it. */

import { say } from "./toasts.js";

/**
 * Return whether a text was copied; where there is no clipboard (plain HTTP) the old way is tried.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOfField(text);
  }
}

/**
 * Return whether a text was copied out of a field made for it.
 * @param {string} text
 */
function copyOfField(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

/** Show the buttons that copy the address, and mind them. */
export function mindLinks() {
  for (const button of document.querySelectorAll("button[data-copy-link]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(window.location.href);
      button.focus();
      say((done ? button.dataset["done"] : button.dataset["failed"]) ?? "");
    });
  }
}
