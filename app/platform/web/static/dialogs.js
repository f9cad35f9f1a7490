// @ts-check
/** Opens and closes dialogs by `command` and `commandfor` in browsers that cannot yet do so. */

/**
 * Do what a button says to its dialog.
 * @param {HTMLButtonElement} button
 */
function act(button) {
  const dialog = document.getElementById(button.getAttribute("commandfor") ?? "");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const command = button.getAttribute("command");
  if (command === "show-modal" && !dialog.open) dialog.showModal();
  if (command === "close" && dialog.open) dialog.close();
}

/** Take over the buttons of the page, where the browser does not. */
export function mindDialogs() {
  if ("command" in HTMLButtonElement.prototype) return;
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest("button[commandfor]");
    if (button instanceof HTMLButtonElement) act(button);
  });
}
