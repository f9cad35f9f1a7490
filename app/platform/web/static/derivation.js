// @ts-check
/** Opens the derivation of a limit in place; without this script the link leads to its page. */

/**
 * @typedef {{code: string, label: string, op: string, operation: string, value: string,
 *   exact: string, source: string, smallest: string | null, children: Told[]}} Told
 */

const OPEN_LEVELS = 3;

/**
 * Return an element with a class and text.
 * @param {string} tag
 * @param {string} name
 * @param {string} text
 * @returns {HTMLElement}
 */
function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/**
 * Fill a line with what a node says.
 * @param {HTMLElement} line
 * @param {Told} node
 */
function fill(line, node) {
  const value = element("span", "value", node.value);
  value.title = node.exact;
  line.append(
    element("span", "what", node.label),
    element("span", "op", node.operation),
    element("span", "from", node.source),
    value,
  );
}

/**
 * Return a node and all below it as a list item.
 * @param {Told} node
 * @param {number} levels how many levels stand open
 * @param {boolean} decides whether this is the child that a minimum takes
 * @returns {HTMLElement}
 */
function item(node, levels, decides = false) {
  const made = element("li", decides ? "decides" : "");
  if (node.children.length === 0) {
    const line = element("div", "line");
    fill(line, node);
    made.append(line);
    return made;
  }
  const details = document.createElement("details");
  details.open = levels > 0;
  const summary = document.createElement("summary");
  fill(summary, node);
  const list = document.createElement("ul");
  for (const child of node.children) {
    list.append(item(child, levels - 1, child.code === node.smallest));
  }
  details.append(summary, list);
  made.append(details);
  return made;
}

/**
 * Return what the server tells of a limit: its derivations, or why there is none.
 * @param {string} address
 * @returns {Promise<{trees: Told[], said: string[]}>}
 */
async function read(address) {
  const place = new URL(address);
  place.pathname += "/tree";
  const answer = await fetch(place, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/**
 * Open the row below a link's own, or close it.
 * @param {HTMLAnchorElement} link
 * @param {string} failed what to say where the server does not answer
 */
async function toggle(link, failed) {
  const row = link.closest("tr");
  if (!row) return;
  if (row.nextElementSibling?.classList.contains("opened")) {
    row.nextElementSibling.remove();
    link.setAttribute("aria-expanded", "false");
    return;
  }
  if (link.getAttribute("aria-busy") === "true") return;
  const opened = element("tr", "opened");
  const cell = document.createElement("td");
  cell.colSpan = row.cells.length;
  link.setAttribute("aria-busy", "true");
  try {
    const { trees, said } = await read(link.href);
    const list = element("ul", "tree");
    for (const tree of trees) list.append(item(tree, OPEN_LEVELS));
    cell.append(...said.map((text) => element("p", "said", text)));
    if (trees.length > 0) cell.append(list);
  } catch {
    cell.textContent = failed;
  } finally {
    link.removeAttribute("aria-busy");
  }
  opened.append(cell);
  row.after(opened);
  link.setAttribute("aria-expanded", "true");
}

const table = document.getElementById("limits-table");
for (const link of table?.querySelectorAll("a[data-tree]") ?? []) {
  link.setAttribute("role", "button");
  link.setAttribute("aria-expanded", "false");
  link.addEventListener("click", (event) => {
    const mouse = /** @type {MouseEvent} */ (event);
    if (mouse.ctrlKey || mouse.metaKey || mouse.shiftKey) return;
    event.preventDefault();
    void toggle(/** @type {HTMLAnchorElement} */ (link), table?.dataset.failed ?? "");
  });
  link.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key !== " ") return;
    event.preventDefault();
    /** @type {HTMLElement} */ (link).click();
  });
}
