// @ts-check
/** Files that are dropped, and the preview of a draft that follows each correction. */

import { pageAt, takeOver } from "./pages.js";

const SECOND_MS = 1000;
const TYPING_MS = 900;

/**
 * Let files be dropped upon a field, and list what was chosen.
 * @param {HTMLElement} zone
 */
function mindDrop(zone) {
  const input = zone.querySelector("input[type=file]");
  const here = zone.querySelector(".drop-here");
  const names = zone.querySelector(".drop-names");
  if (!(input instanceof HTMLInputElement)) return;
  if (here instanceof HTMLElement) here.hidden = false;
  const told = () => {
    const chosen = [...(input.files ?? [])].map((file) => file.name);
    const words = names instanceof HTMLElement ? names.dataset["chosen"] : "";
    if (names) names.textContent = chosen.length ? `${words}: ${chosen.join(" · ")}` : "";
  };
  input.addEventListener("change", told);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    told();
  });
}

/**
 * Show that what was sent is worked on; it is not sent twice meanwhile.
 * @param {HTMLFormElement} form
 */
function mindWaiting(form) {
  const button = form.querySelector("button:not([name])");
  form.addEventListener("submit", (event) => {
    if (button?.getAttribute("aria-busy") === "true") event.preventDefault();
    button?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => button?.removeAttribute("aria-busy"));
}

/** Sends a form whenever something in it changed, one at a time, and shows what became of it. */
class LiveForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.sending = false;
    this.changed = false;
    this.timer = 0;
    this.asking = 0;
    this.sent = this.body().toString();
    form.addEventListener("change", (event) => this.mind(event, 0));
    form.addEventListener("input", (event) => {
      if (event.target instanceof HTMLTextAreaElement) this.mind(event, TYPING_MS);
    });
    this.waitWhileBusy();
  }

  /**
   * @param {Event} event
   * @param {number} delay
   */
  mind(event, delay) {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.name === "name") return;
    this.changed = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), delay);
  }

  /** Return what stands in the form now. */
  body() {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && name !== "name") body.append(name, value);
    }
    body.set("act", "correct");
    return body;
  }

  /** Send what stands in the form now; what changes meanwhile is sent after it. */
  async send() {
    const body = this.body();
    if (this.sending || !this.changed || body.toString() === this.sent) return;
    this.sending = true;
    this.changed = false;
    await this.show(() => pageAt(this.form.action, body));
    this.sent = this.body().toString();
    this.sending = false;
    if (this.changed) void this.send();
  }

  /**
   * Show what a page says of the draft now.
   * @param {() => Promise<Document>} ask
   */
  async show(ask) {
    const preview = document.getElementById("preview");
    preview?.setAttribute("aria-busy", "true");
    try {
      const page = await ask();
      const fresh = page.getElementById("work");
      if (!(fresh instanceof HTMLFormElement)) return window.location.reload();
      if (page.querySelector("[data-code=draft_changed]")) return this.begin(page);
      if (!page.getElementById("columns") !== !document.getElementById("columns")) return this.begin(page);
      this.stamp(fresh);
      takeOver(page, [...document.querySelectorAll("[data-live]")].filter((part) => differs(part, page)));
    } catch {
      preview?.classList.add("stale");
    } finally {
      document.getElementById("preview")?.removeAttribute("aria-busy");
    }
    this.waitWhileBusy();
  }

  /**
   * Begin anew with what another page has made of the draft.
   * @param {Document} page
   */
  begin(page) {
    takeOver(page, document.querySelectorAll("#refusal, #work"));
    const fresh = document.getElementById("work");
    if (fresh instanceof HTMLFormElement) new LiveForm(fresh);
  }

  /**
   * From now on the form is one of the draft as it stands.
   * @param {HTMLFormElement} fresh
   */
  stamp(fresh) {
    for (const name of ["stamp", "csrf"]) {
      const old = this.form.querySelector(`input[name=${name}]`);
      const now = fresh.querySelector(`input[name=${name}]`);
      if (old instanceof HTMLInputElement && now instanceof HTMLInputElement) old.value = now.value;
    }
  }

  /** Ask again after a while where another import kept the trial from running. */
  waitWhileBusy() {
    const seconds = Number(document.getElementById("preview")?.dataset["busy"] ?? "");
    clearTimeout(this.asking);
    if (!seconds) return;
    this.asking = setTimeout(() => {
      if (!this.sending) void this.show(() => pageAt(window.location.href));
    }, seconds * SECOND_MS);
  }
}

/**
 * Return whether a part is to be shown anew: fields that are the same stay, with what is typed.
 * @param {Element} part
 * @param {Document} page
 */
function differs(part, page) {
  const shape = part.getAttribute("data-shape");
  return shape === null || shape !== page.getElementById(part.id)?.getAttribute("data-shape");
}

for (const zone of document.querySelectorAll("[data-drop]")) {
  if (zone instanceof HTMLElement) mindDrop(zone);
}
for (const form of document.querySelectorAll("form[data-waits]")) {
  if (form instanceof HTMLFormElement) mindWaiting(form);
}
const work = document.querySelector("form[data-live-form]");
if (work instanceof HTMLFormElement) {
  document.body.classList.add("with-script");
  new LiveForm(work);
}
