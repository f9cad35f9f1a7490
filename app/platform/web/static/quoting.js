// @ts-check
/** Asks what would be lent as a form is filled in; the slider moves the amount with it. */

import { pageAt, takeOver } from "./pages.js";

const TYPING_MS = 350;
const SHAPING = ["product", "core"]; // What else can be chosen hangs on these.
const OWN = ["csrf", "key", "act"];

/** A form whose offers follow what is typed, one question at a time. */
class QuotedForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.asking = false;
    this.again = false;
    this.timer = 0;
    form.addEventListener("input", (event) => this.mind(event));
    for (const slider of form.querySelectorAll("input[data-slides]")) {
      if (slider instanceof HTMLInputElement) this.slide(slider);
    }
  }

  /**
   * Show a slider that goes with the field of its amount.
   * @param {HTMLInputElement} slider
   */
  slide(slider) {
    const field = document.getElementById(slider.dataset["slides"] ?? "");
    const row = slider.closest("[hidden]");
    if (!(field instanceof HTMLInputElement) || !(row instanceof HTMLElement)) return;
    row.hidden = false;
    const follow = () => {
      slider.value = field.value.replaceAll(",", "");
    };
    follow();
    field.addEventListener("input", follow);
    slider.addEventListener("input", () => {
      field.value = Number(slider.value).toLocaleString("en");
    });
  }

  /** @param {Event} event */
  mind(event) {
    const field = event.target;
    const name = field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.name : "";
    clearTimeout(this.timer);
    if (SHAPING.includes(name)) return window.location.assign(this.address(["documents"]));
    this.timer = setTimeout(() => void this.ask(), TYPING_MS);
  }

  /**
   * Return the address of the form as it is filled in.
   * @param {string[]} without
   */
  address(without = []) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && value && ![...OWN, ...without].includes(name)) query.append(name, value);
    }
    return `${window.location.pathname}?${query}`;
  }

  /** Ask what would be lent now; what changes meanwhile is asked after it. */
  async ask() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    const address = this.address();
    const parts = ["offers", "quote"].flatMap((id) => document.getElementById(id) ?? []);
    for (const part of parts) part.setAttribute("aria-busy", "true");
    try {
      takeOver(await pageAt(address), parts);
      window.history.replaceState(null, "", address);
    } catch {
      for (const part of parts) part.removeAttribute("aria-busy");
    }
    this.asking = false;
    if (this.again) {
      this.again = false;
      void this.ask();
    }
  }
}

for (const form of document.querySelectorAll("form[data-quoting]")) {
  if (form instanceof HTMLFormElement) new QuotedForm(form);
}
