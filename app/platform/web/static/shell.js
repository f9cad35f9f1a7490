// @ts-check
/** What every page does with a script: `/` leads to the search, dialogs, links, menus, the session. */

import { mindDialogs } from "./dialogs.js";
import { mindLinks } from "./links.js";
import { mindSession } from "./session.js";
import { say } from "./toasts.js";

/**
 * Return whether somebody is writing there.
 * @param {EventTarget | null} target
 */
function isWriting(target) {
  return target instanceof HTMLElement && target.matches("input, select, textarea");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.getElementById("everything");
  if (!field || isWriting(event.target) || document.querySelector("dialog:modal")) return;
  event.preventDefault();
  field.focus();
});

/**
 * Close every menu but the one around an element; the focus goes back to the menu's own line.
 * @param {Element | null} inside
 */
function closeMenus(inside) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!(menu instanceof HTMLDetailsElement) || menu.contains(inside)) continue;
    if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
    menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  closeMenus(target);
  const words = target?.closest("[data-say]")?.getAttribute("data-say");
  if (words) say(words);
});

mindDialogs();
mindLinks();
mindSession();
