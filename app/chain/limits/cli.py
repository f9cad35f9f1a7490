"""The commands `limits` and `explain`."""

import datetime as dt
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len

from app.chain.limits import documents
from app.chain.limits.sheet import sheet
from app.chain.limits.shown import Shown
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING
from app.platform.console import output as console
from app.platform.console.options import AsJson, OfVersion
from app.platform.deps import open_resources
from app.platform.documents import Document
from app.platform.files.whole import together
from app.platform.web.derivations import AMOUNT, Measure, measure_of

GAP = "  "
LABEL_MIN = 12
SHARES = ("share", "ratio", "rate")
SHOWN = 30
WIDE = 120  # A line of a tree is no longer, so that figures stand near their words.
AsOf = Annotated[
    dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The version of a day.")
]


def limits(
    core: Annotated[str, typer.Argument(help="The core of the chain.")],
    *,
    to_csv: Annotated[Path | None, typer.Option("--csv", help="Write the firms there.")] = None,
    version: OfVersion = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """
    Show a chain's facility, its tiers and the limit of every firm.

    Example: deeptier limits C0001 --csv limits.csv
    """
    with open_resources() as resources:
        results = documents.results_of(resources, _asked(version, as_of), EVERYTHING)
        document = documents.chain(results, core)
    if to_csv is not None:
        with together() as draft:
            draft(to_csv).write_bytes(sheet(document["firms"]))
        console.say(f"{len(document['firms'])} firms written to {to_csv}")
    if as_json:
        console.print_document(document)
    elif to_csv is None:
        _show(document)


def explain(
    core: Annotated[str, typer.Argument(help="The core of the chain.")],
    firm: Annotated[str, typer.Argument(help="A firm of the chain.")],
    *,
    version: OfVersion = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """
    Show why a limit is what it is, down to the rows and policy values.

    Example: deeptier explain C0001 F000012
    """
    with open_resources() as resources:
        results: Shown = documents.results_of(resources, _asked(version, as_of), EVERYTHING)
        document = documents.firm(results, core, firm)
    if as_json:
        console.print_document(document)
        return
    facts = ("version", "as_of", "policy", "run", "direction", "tier", "binding", "absent")
    console.show_facts({name: document[name] for name in facts})
    for name in ("derivation", "reachable"):
        if document[name] is not None:
            console.show("")
            for line in _tree(document[name])[0]:
                console.show(line)


def _asked(version: int | None, as_of: dt.datetime | None) -> AskedVersion:
    return AskedVersion(version, None if as_of is None else as_of.date())


def _show(document: Document) -> None:
    facility: Mapping[str, Any] = document["facility"] or {}
    names = ("limit_fen", "occupied_fen", "reserved_fen", "available_fen")
    amounts = {name.removesuffix("_fen"): console.yuan(facility.get(name)) for name in names}
    console.show_facts(
        {
            "core": f"{document['core']['id']} {document['core']['name']}",
            "version": document["version"],
            "as of": document["as_of"],
            "policy": document["policy"],
            "run": document["run"],
            **{f"facility {name} (yuan)": amount for name, amount in amounts.items()},
            "binding": facility.get("binding") or document.get("absent"),
        }
    )
    console.show("")
    firms = document["firms"]
    console.show_table(
        ["firm", "name", "side", "tier", "limit (yuan)", "reachable (yuan)", "because"],
        [
            [
                firm["id"],
                firm["name"],
                firm["direction"],
                firm["tier"],
                console.yuan(firm["limit_fen"]),
                console.yuan(firm["reachable_fen"]),
                firm["binding"] or firm["absent"],
            ]
            for firm in firms[:SHOWN]
        ],
        cut=["name", "because"],
    )
    if len(firms) > SHOWN:
        console.show(f"… and {len(firms) - SHOWN} more; --csv FILE or --json has all of them")


def _tree(node: Mapping[str, Any], depth: int = 0) -> tuple[list[str], Measure]:
    """Return the lines of a node and all below it; a tree is as deep as its formulas."""
    below = [_tree(child, depth + 1) for child in node["children"]]
    measure = measure_of(node, [known for _, known in below])
    first = _line(node, depth, _figure(node, measure))
    return [first, *chain.from_iterable(lines for lines, _ in below)], measure


def _line(node: Mapping[str, Any], depth: int, figure: str) -> str:
    """Return a node's line: its words to the left, cut where they must be, its figure whole."""
    columns = min(console.width(), WIDE)
    label, step = console.plain(node["label"]["en"]), f" [{node['code']}, {node['op']}]"
    begin = "  " * depth
    room = columns - len(begin) - cell_len(step) - cell_len(figure) - len(GAP)
    if cell_len(label) > room:
        label = console.fitted(label, max(room, LABEL_MIN))
    line = f"{begin}{label}{step}"
    blank = columns - cell_len(line) - cell_len(figure)
    return line + " " * max(blank, len(GAP)) + figure


def _figure(node: Mapping[str, Any], measure: Measure) -> str:
    """Return a node's value for people: yuan with two places, shares with six."""
    value, unit = node["value"], node["unit"]
    if value is None:
        return f"absent: {node['source'].get('reason', '')}"
    if unit == "fen":
        figure = console.yuan(value, power=measure.money)
        return f"{figure} yuan" if measure == AMOUNT else figure
    if unit in SHARES:
        below = " and ".join(node["source"].get("understated", ()))
        why = f" (by trades: stated {below} is below them)" if below else ""
        return f"{console.share(value)} {unit}{why}"
    return f"{value} {unit}"
