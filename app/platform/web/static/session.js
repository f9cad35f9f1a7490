// @ts-check
/** Minds the end of a session: offers to prolong it in time, and empties the page once it is over. */

const OFFERED_MS = 120_000;
const LOOKED_MS = 1000;
const SECOND_MS = 1000;

/** Tells the other pages of the same browser; nothing is kept anywhere. */
const others = "BroadcastChannel" in window ? new BroadcastChannel("deeptier-session") : null;

let endsAt = Infinity;

/** Leave nothing of the bank in the window but the way back. */
function empty() {
  const left = document.getElementById("session-over");
  endsAt = Infinity;
  if (!(left instanceof HTMLTemplateElement)) return;
  document.title = left.dataset["title"] ?? "";
  document.body.className = "alone";
  document.body.replaceChildren(left.content.cloneNode(true));
}

/** Show or hide the offer, or end. */
function look() {
  const left = endsAt - Date.now();
  if (left <= 0) return empty();
  const offer = document.getElementById("session-ending");
  if (offer) offer.hidden = left > OFFERED_MS;
}

/**
 * Count from now.
 * @param {number} seconds
 */
function begin(seconds) {
  endsAt = Date.now() + seconds * SECOND_MS;
  look();
}

/**
 * Ask for more time; where there is none left to get, the page empties itself.
 * @param {HTMLFormElement} form
 */
async function prolong(form) {
  const csrf = form.querySelector("input[name=csrf]");
  const body = new URLSearchParams({ csrf: csrf instanceof HTMLInputElement ? csrf.value : "" });
  const button = form.querySelector("button");
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (answer.status === 401) return empty();
    if (!answer.ok) return;
    const { seconds } = await answer.json();
    begin(seconds);
    others?.postMessage(seconds);
  } catch {
    return; // The offer stays; the end comes as it was told.
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** Mind the session of this page; a page of nobody tells the others that theirs is over. */
export function mindSession() {
  const seconds = Number(document.body.dataset["ends"] ?? "");
  if (!seconds) {
    if (document.body.hasAttribute("data-nobody")) others?.postMessage(0);
    return;
  }
  begin(seconds);
  setInterval(look, LOOKED_MS);
  others?.addEventListener("message", (event) => {
    if (event.data === 0) empty();
    else if (typeof event.data === "number") begin(event.data);
  });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
  const form = document.querySelector("#session-ending form");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form instanceof HTMLFormElement) void prolong(form);
  });
}
