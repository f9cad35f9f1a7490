// @ts-check
"use strict";

// Draws what the block of JSON holds. Places come with the firms, nothing moves by itself, and
// names are only ever set as text.
(function () {
  const { nodes, edges, said } = JSON.parse(document.getElementById("chain").textContent);
  const picture = document.getElementById("picture");
  const panel = document.getElementById("panel");
  const members = new Map(said.members.map((member) => [member.id, member]));
  const names = new Map(nodes.map((node) => [node.id, node.label]));

  const options = {
    physics: { enabled: false },
    layout: { improvedLayout: false },
    interaction: { hover: true, dragNodes: false, hideEdgesOnDrag: nodes.length > 300 },
    nodes: { shape: "dot", borderWidth: 1.5, font: { size: 12, color: "#14202E", face: "sans-serif" } },
    edges: { smooth: { enabled: true, type: "horizontal", roundness: 0.5 }, arrows: { to: { scaleFactor: 0.35 } } },
  };
  const drawn = edges.map((edge, place) => ({ ...edge, id: place }));
  const network = new vis.Network(picture, { nodes: new vis.DataSet(nodes), edges: new vis.DataSet(drawn) }, options);

  /** Put one line of a firm's figures into the list. */
  function line(list, term, text) {
    const head = document.createElement("dt");
    const value = document.createElement("dd");
    head.textContent = term;
    value.textContent = text;
    list.append(head, value);
  }

  /** Write an amount in yuan as people of the page's language do. */
  function money(yuan) {
    return new Intl.NumberFormat(said.language, {
      style: "currency", currency: "CNY", notation: "compact", maximumFractionDigits: 1,
    }).format(yuan);
  }

  /** Show the figures of one firm: its place in the chain, then its largest trades. */
  function show(id) {
    const title = document.createElement("h2");
    const list = document.createElement("dl");
    title.textContent = names.get(id);
    const member = members.get(id);
    if (member) {
      for (const key of ["tier", "rating", "strength"]) line(list, said.words[key], member[key]);
      line(list, said.words.via, names.get(member.via) || member.via);
    }
    const mine = edges.filter((edge) => edge.from === id || edge.to === id);
    for (const edge of mine.slice(0, 12)) {
      const sells = edge.from === id;
      line(list, said.words[sells ? "sells" : "buys"] + " " + names.get(sells ? edge.to : edge.from), money(edge.amount));
    }
    panel.replaceChildren(title, list);
  }

  network.on("selectNode", (event) => show(event.nodes[0]));
  network.once("afterDrawing", () => picture.setAttribute("data-drawn", String(nodes.length)));
  network.fit({ animation: false });
})();
