// @ts-check
/** Follows an import until it has ended and its limits are there; what changes is shown in place. */

import { pageAt, takeOver } from "./pages.js";

const PERIOD_MS = 2000;

/** Look again, as long as something is to come. */
function follow() {
  if (!document.querySelector("#import[data-waits]")) return;
  setTimeout(async () => {
    const part = document.getElementById("import");
    if (!part) return; // The session is over: the page is empty.
    try {
      takeOver(await pageAt(window.location.href), [part]);
    } catch {
      // The next look may find the server again.
    }
    follow();
  }, PERIOD_MS);
}

follow();
