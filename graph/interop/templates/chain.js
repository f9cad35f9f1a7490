// @ts-check
"use strict";

// Draws what the block of JSON holds, and finds, filters and highlights in it. Places come with
// the firms, nothing moves by itself, and names are only ever set as text.
(function () {
  const { nodes, edges, said } = JSON.parse(document.getElementById("chain").textContent);
  const { firms, trades, words } = said;
  const PARTNERS_SHOWN = 12;
  const DIM = 0.12;
  const WEIGHT_MAX = 8;

  const count = firms.id.length;
  const at = new Map(firms.id.map((id, place) => [id, place]));
  const titles = nodes.filter((node) => node.shape === "text");
  const first = new Set(nodes.filter((node) => node.shape !== "text").map((node) => at.get(node.id)));
  const paths = new Set(edges.map((edge) => at.get(edge.from) * count + at.get(edge.to)));
  const largest = Math.max(1, ...trades.slice(0, 1).map((trade) => trade[2]));
  const sold = new Map();
  const bought = new Map();
  trades.forEach((trade, number) => {
    put(sold, trade[0], number);
    put(bought, trade[1], number);
  });

  const picture = document.getElementById("picture");
  const panel = document.getElementById("panel");
  const find = /** @type {HTMLInputElement} */ (document.getElementById("find"));
  const tier = /** @type {HTMLSelectElement} */ (document.getElementById("tier"));
  const allTrades = /** @type {HTMLInputElement} */ (document.getElementById("all-trades"));
  const body = document.querySelector("tbody");
  const rows = [...body.rows];
  const texts = firms.id.map((id, place) => fold(`${id}\n${firms.name[place]}`));
  const state = { chosen: -1, passing: new Set(), searched: false };

  /** Put one more value under a key. */
  function put(map, key, value) {
    if (map.has(key)) map.get(key).push(value);
    else map.set(key, [value]);
  }

  /** Return text as search compares it: width and case do not count. */
  function fold(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  /** Return a colour of the page, which follows the light or dark of the reader. */
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  /** Return an amount as people of the page's language write it. */
  function money(fen) {
    const yuan = fen / 100;
    const found = said.steps.find((step) => Math.abs(yuan) >= step[0]) || said.steps[said.steps.length - 1];
    const [size, places, before, after] = found;
    const figure = (yuan / size).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
    return before + figure + after;
  }

  /** Return an element with text. */
  function element(tag, text = "", name = "") {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  /** Return a button with the name of a firm that chooses it. */
  function chooser(place) {
    const made = element("button", firms.name[place]);
    made.type = "button";
    made.addEventListener("click", () => choose(place));
    return made;
  }

  /** Return the places of a firm's partners in the chain. */
  function partners(place) {
    const own = [...(sold.get(place) || []), ...(bought.get(place) || [])];
    return new Set(own.map((number) => (trades[number][0] === place ? trades[number][1] : trades[number][0])));
  }

  /** Return a node as it is drawn now. */
  function node(place, near) {
    const letter = firms.grade[place];
    const key = letter === "core" ? "core" : (letter || "none").toLowerCase();
    const seen = near ? near.has(place) : !state.searched || state.passing.has(place) || place === 0;
    return {
      id: place,
      label: letter && letter !== "core" ? `${letter} · ${firms.name[place]}` : firms.name[place],
      x: firms.x[place],
      y: firms.y[place],
      size: firms.size[place],
      opacity: seen ? 1 : DIM,
      borderWidth: place === state.chosen ? 5 : 1.5,
      color: {
        background: colour(key),
        border: place === state.chosen ? colour("mine") : colour(key === "core" ? "core" : `${key}-line`),
      },
      font: { color: seen ? colour("ink") : "rgba(0,0,0,0)", size: near && seen ? 18 : 12 },
      hidden: place !== 0 && !(near && seen) && !passes(place),
    };
  }

  /** Return a trade as it is drawn now. */
  function line(number, mine) {
    const [from, to, fen] = trades[number];
    return {
      id: number,
      from,
      to,
      width: Math.max(0.6, WEIGHT_MAX * Math.sqrt(Math.max(0, fen) / largest)),
      color: { color: colour(mine ? "mine" : "tie"), opacity: mine ? 0.9 : state.chosen >= 0 ? 0.08 : 0.35 },
    };
  }

  /** Return whether a firm passes the filters of tier and grade. */
  function passes(place) {
    const graded = [...document.getElementsByName("grade")].some((box) => box.checked && box.value === firms.grade[place]);
    return graded && (tier.value === "" || tier.value === String(firms.tier[place]));
  }

  const shapes = new vis.DataSet();
  const lines = new vis.DataSet();
  const network = new vis.Network(picture, { nodes: shapes, edges: lines }, {
    physics: { enabled: false },
    layout: { improvedLayout: false },
    interaction: { hover: true, dragNodes: false, hideEdgesOnDrag: first.size > 300, selectConnectedEdges: false },
    nodes: { shape: "dot", chosen: false, font: { face: "sans-serif" } },
    edges: { chosen: false, smooth: { enabled: true, type: "horizontal", roundness: 0.5 }, arrows: { to: { enabled: true, scaleFactor: 0.35 } } },
  });

  /** Draw the firms and trades that belong to what is chosen and filtered. */
  function draw() {
    const near = state.chosen < 0 ? null : partners(state.chosen).add(state.chosen);
    const shown = new Set([...first, ...(near || [])]);
    if (state.searched && state.passing.size <= PARTNERS_SHOWN) state.passing.forEach((place) => shown.add(place));
    const own = new Set(near ? [...(sold.get(state.chosen) || []), ...(bought.get(state.chosen) || [])] : []);
    const kept = trades.flatMap((trade, number) =>
      own.has(number) || (shown.has(trade[0]) && shown.has(trade[1]) && (allTrades.checked || paths.has(trade[0] * count + trade[1])))
        ? [line(number, own.has(number))]
        : [],
    );
    shapes.clear();
    lines.clear();
    shapes.add([...[...shown].map((place) => node(place, near)), ...titles.map((title) => ({ ...title, font: { ...title.font, color: colour("second") } }))]);
    lines.add(kept);
    picture.setAttribute("data-drawn", String(shapes.length));
    picture.setAttribute("data-trades", String(lines.length));
  }

  /** Put one line of a firm's figures into a list. */
  function fact(list, term, value) {
    const told = element("dd");
    told.append(value);
    list.append(element("dt", term), told);
  }

  /** Return the partners of one side, the largest first, and what the rest come to. */
  function side(heading, numbers, end) {
    const title = element("h3", `${heading} · ${words.firms.replace("{firms}", numbers.length.toLocaleString("en-US"))}`);
    if (numbers.length === 0) return [element("h3", heading), element("p", words.nobody, "hint")];
    const list = element("ul", "", "partners");
    for (const number of numbers.slice(0, PARTNERS_SHOWN)) {
      const item = element("li");
      item.append(chooser(trades[number][end]), element("span", money(trades[number][2]), "money"));
      list.append(item);
    }
    const left = numbers.slice(PARTNERS_SHOWN);
    if (left.length > 0) {
      const sum = money(left.reduce((total, number) => total + trades[number][2], 0));
      list.append(element("li", words.more.replace("{count}", String(left.length)).replace("{amount}", sum), "more"));
    }
    return [title, list];
  }

  /** Show the figures of one firm: its place in the chain, then its largest trades. */
  function tell(place) {
    const head = element("div", "", "title");
    const close = element("button", "×", "close");
    close.type = "button";
    close.setAttribute("aria-label", words.close);
    close.addEventListener("click", () => choose(-1));
    head.append(element("h2", firms.name[place]), close);
    const list = element("dl");
    if (firms.shown_id[place]) fact(list, words.id, firms.shown_id[place]);
    fact(list, words.tier, firms.place[place]);
    if (place > 0) {
      fact(list, words.rating, firms.rating[place]);
      const through = at.get(firms.via[place]);
      fact(list, words.via, through === undefined ? firms.through[place] : chooser(through));
      fact(list, words.strength, firms.strength[place]);
    }
    panel.replaceChildren(head, list, ...side(words.sells, sold.get(place) || [], 1), ...side(words.buys, bought.get(place) || [], 0));
    panel.scrollTop = 0;
  }

  /** Choose a firm, or none: its partners stand out, everything else steps back. */
  function choose(place) {
    state.chosen = place;
    draw();
    rows.forEach((row) => row.toggleAttribute("aria-current", Number(row.dataset.at) === place));
    if (place < 0) {
      panel.replaceChildren(element("p", words.choose, "hint"));
      network.fit({ animation: false });
      return;
    }
    tell(place);
    network.fit({ nodes: [...partners(place), place], animation: false, maxZoomLevel: 1 });
  }

  /** Show the rows that pass the filters and the search, and how many they are. */
  function filter() {
    const text = fold(find.value.trim());
    state.passing = new Set();
    state.searched = text !== "";
    for (const row of rows) {
      const place = Number(row.dataset.at);
      row.hidden = !passes(place) || !texts[place].includes(text);
      if (!row.hidden) state.passing.add(place);
    }
    const shown = { shown: state.passing.size, firms: rows.length };
    document.getElementById("count").textContent = words.listed.replace(/\{(\w+)\}/g, (_, name) => shown[name].toLocaleString("en-US"));
    document.getElementById("none").hidden = state.passing.size > 0;
  }

  /** Put the rows in the order of a column; again turns it. */
  function sort(button) {
    const head = button.closest("th");
    const rising = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && button.dataset.sort !== "strength_fen");
    document.querySelectorAll("th[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const values = firms[button.dataset.sort];
    const key = (row) => values[Number(row.dataset.at)];
    const compare = (a, b) => (typeof a === "number" ? a - b : String(a || "~").localeCompare(String(b || "~"), said.language));
    rows.sort((a, b) => (rising ? 1 : -1) * compare(key(a), key(b)) || Number(a.dataset.at) - Number(b.dataset.at));
    body.append(...rows);
  }

  /** Filter and draw again; a search that finds few leads to them. */
  function refilter() {
    filter();
    draw();
    const few = state.searched && state.passing.size > 0 && state.passing.size <= PARTNERS_SHOWN;
    network.fit({ animation: false, ...(few ? { nodes: [...state.passing], maxZoomLevel: 1 } : {}) });
  }

  rows.forEach((row) => row.querySelector("button").addEventListener("click", () => choose(Number(row.dataset.at))));
  document.querySelectorAll("[data-sort]").forEach((button) => button.addEventListener("click", () => sort(button)));
  allTrades.addEventListener("change", draw);
  [tier, ...document.getElementsByName("grade")].forEach((each) => each.addEventListener("change", refilter));
  find.addEventListener("input", refilter);
  document.getElementById("whole").addEventListener("click", () => network.fit({ animation: false }));
  network.on("click", (event) => {
    if (event.nodes.length > 0 && typeof event.nodes[0] === "number") choose(event.nodes[0]);
    else if (state.chosen >= 0) choose(-1);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== find) {
      event.preventDefault();
      find.focus();
    }
    if (event.key === "Escape" && state.chosen >= 0) choose(-1);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  network.on("resize", () => state.chosen < 0 && network.fit({ animation: false }));
  filter();
  draw();
  network.once("afterDrawing", () => network.fit({ animation: false }));
})();
