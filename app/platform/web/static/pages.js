// @ts-check
/** Pages asked for and taken over in parts: what the server renders is rendered once, by it alone. */

/**
 * Ask for a page; scripts in it never run.
 * @param {string} address
 * @param {URLSearchParams | null} body what is posted; null to read
 * @returns {Promise<Document>}
 */
export function pageAt(address, body = null) {
  return new Promise((done, failed) => {
    const asked = new XMLHttpRequest();
    asked.open(body ? "POST" : "GET", address);
    asked.responseType = "document";
    asked.setRequestHeader("Accept", "text/html");
    asked.addEventListener("load", () => {
      const found = asked.responseXML;
      if (found) done(found);
      else failed(new Error(String(asked.status)));
    });
    asked.addEventListener("error", () => failed(new Error("no answer")));
    asked.send(body);
  });
}

/**
 * Put parts of another page into the place of those of this one; the focus stays where it was.
 * @param {Document} page
 * @param {Iterable<Element>} parts
 */
export function takeOver(page, parts) {
  const focused = document.activeElement?.id;
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
}
