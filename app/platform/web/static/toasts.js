// @ts-check
/** Says a sentence at the foot of the window for a while; it takes no focus. */

const SHOWN_MS = 4000;

/** @type {HTMLOutputElement | null} */
let toast = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let ending;

/**
 * Show a sentence in place of the one before it.
 * @param {string} text
 */
export function say(text) {
  if (!toast) {
    toast = document.createElement("output");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    document.body.append(toast);
    if ("popover" in toast) toast.popover = "manual"; // Above an open dialog too.
  }
  clearTimeout(ending);
  const shown = toast;
  shown.hidden = false;
  if ("showPopover" in shown && !shown.matches(":popover-open")) shown.showPopover();
  shown.textContent = text;
  ending = setTimeout(() => {
    if ("hidePopover" in shown && shown.matches(":popover-open")) shown.hidePopover();
    shown.hidden = true;
  }, SHOWN_MS);
}
