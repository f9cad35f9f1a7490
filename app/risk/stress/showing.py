"""What the command `stress` shows to people."""

from collections.abc import Callable, Mapping

from app.platform.console import output as console
from app.platform.documents import Document


def _show_losses(document: Document) -> None:
    """Show who loses what, by round and by firm."""
    console.show_facts(
        {
            "scenario": document["scenario"],
            "version": document["version"],
            **_who(document),
            "channels": ", ".join(document["channels"]),
            "loss (yuan)": console.yuan(document["loss_fen"]),
            "of others (yuan)": console.yuan(document["others_fen"]),
        }
    )
    console.show("")
    console.show_table(
        ["round", "firms", "loss (yuan)"],
        [[r["round"], r["firms"], console.yuan(r["loss_fen"])] for r in document["rounds"]],
    )
    console.show_first(
        ["firm", "name", "round", "share", "loss (yuan)"],
        [
            [
                f["id"],
                f["name"],
                f["round"],
                console.share(f["loss_share"]),
                console.yuan(f["loss_fen"]),
            ]
            for f in document["firms"]
        ],
    )


def _who(document: Document) -> Document:
    if "hits" in document:
        return {"name": document["name"], "firms hit": document["hit_firms"]}
    return {"closed": ", ".join(firm["id"] for firm in document["closed"])}


def _show_rounds(document: Document) -> None:
    console.show_facts(
        {
            "scenario": document["scenario"],
            "computed again": "the same, to the last figure",
            "rounds": document["rounds"],
            "changes": document["changes"],
        }
    )
    console.show_first(
        ["round", "firm", "name", "channel", "lost before", "after", "reason", "through"],
        [
            [
                each["round"],
                each["id"],
                each["name"],
                each["channel"],
                console.share(each["before"]),
                console.share(each["after"]),
                each["reason"],
                each["through"] and each["through"]["id"],
            ]
            for each in document["items"]
        ],
    )


def _show_attribution(document: Document) -> None:
    console.show_facts(
        {
            "scenario": document["scenario"],
            "loss (yuan)": console.yuan(document["loss_fen"]),
            "of production (yuan)": console.yuan(document["production_fen"]),
            "lost at the start (yuan)": console.yuan(document["first_fen"]),
            "parts": "exact" if document["exact"] else "drawn, with their standard errors",
        }
    )
    parts = [
        [p["id"], p["name"], console.yuan(p["loss_fen"]), console.yuan(p["error_fen"])]
        for p in document["players"]
    ]
    console.show_first([document["by"], "name", "adds (yuan)", "error (yuan)"], parts)
    console.show_first(
        ["supplier", "buyer", "lost inputs (yuan)", "lost orders (yuan)"],
        [
            [
                t["supplier"]["id"],
                t["buyer"]["id"],
                console.yuan(t["inputs_fen"]),
                console.yuan(t["orders_fen"]),
            ]
            for t in document["items"]
        ],
    )


def _show_comparison(document: Document) -> None:
    console.show_facts(
        {
            "scenario": document["scenario"],
            "with": document["with"]["scenario"],
            "loss (yuan)": console.yuan(document["loss_fen"]),
            "with (yuan)": console.yuan(document["with_loss_fen"]),
            "more (yuan)": console.yuan(document["difference_fen"]),
        }
    )
    losses = ("loss_fen", "with_loss_fen")
    console.show_first(
        ["round", "loss (yuan)", "with (yuan)"],
        [[r["round"], *(console.yuan(r[name]) for name in losses)] for r in document["rounds"]],
    )
    console.show_first(
        ["firm", "name", "loss (yuan)", "with (yuan)", "more (yuan)"],
        [
            [f["id"], f["name"], *(console.yuan(f[n]) for n in (*losses, "difference_fen"))]
            for f in document["items"]
        ],
    )


def _candidates(document: Document) -> Document:
    """Return among how many firms was chosen, and how many were left out of the question."""
    return {"candidates": document["candidates"], "left out": document["left_out"]}


def _show_rescue(document: Document) -> None:
    names = {
        "budget_fen": "budget (yuan)",
        "cost_fen": "spent (yuan)",
        "loss_fen": "loss (yuan)",
        "loss_after_fen": "loss then (yuan)",
        "saved_fen": "saved (yuan)",
        "saved_fen_max": "at most (yuan)",
    }
    facts = {said: console.yuan(document[name]) for name, said in names.items()}
    console.show_facts({"scenario": document["scenario"], **facts, **_candidates(document)})
    console.show_first(
        ["firm", "name", "costs (yuan)", "saves (yuan)"],
        [
            [f["id"], f["name"], console.yuan(f["cost_fen"]), console.yuan(f["saved_fen"])]
            for f in document["supported"]
        ],
    )


def _show_reverse(document: Document) -> None:
    console.show_facts(
        {
            "version": document["version"],
            "to be reached (yuan)": console.yuan(document["threshold_fen"]),
            "reached": "yes" if document["breaks"] else "no, not by all candidates together",
            "loss (yuan)": console.yuan(document["loss_fen"]),
            "fewest": "proven" if document["proven"] else "not proven",
            "certificate": document["certificate"],
            **_candidates(document),
        }
    )
    console.show_first(["firm", "name"], [[firm["id"], firm["name"]] for firm in document["firms"]])


SHOW: Mapping[str, Callable[[Document], None]] = {
    "losses": _show_losses,
    "replay": _show_rounds,
    "attribute": _show_attribution,
    "compare": _show_comparison,
    "rescue": _show_rescue,
    "reverse": _show_reverse,
}
