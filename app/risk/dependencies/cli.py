"""The commands `weak-points` and `dependence`."""

from importlib import import_module
from typing import Annotated

import typer

from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.options import AsJson, OfVersion
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.documents import Document


def weak_points(
    core: Annotated[str, typer.Argument(help="Id of the core.")],
    *,
    tiers: Annotated[
        int | None, typer.Option("--tiers", min=1, max=100, help="Nearest tiers only.")
    ] = None,
    version: OfVersion = None,
    as_json: AsJson = False,
) -> None:
    """
    Show who a core's supply cannot go around, and what depends on them in money.

    Example: deeptier weak-points F000001 --tiers 3
    """
    # Loaded here: compiled code takes a second to load, which other commands need not wait for.
    points = import_module("app.risk.dependencies.points")
    with open_resources(Settings()) as resources, progress("weak-points") as step:
        step("cuts", None)
        document: Document = points.weak_points(resources, core, version=version, tiers=tiers)
    if as_json:
        console.print_document(document)
    else:
        _show_points(document)


def dependence(
    *,
    supposed: Annotated[
        list[str] | None,
        typer.Option("--if", metavar="FIRM=RATING", help="Suppose a rating; again for more."),
    ] = None,
    against: Annotated[
        int | None, typer.Option("--against", help="A version to compare ratings with.")
    ] = None,
    version: OfVersion = None,
    as_json: AsJson = False,
) -> None:
    """
    Show whose risk of default others' change of rating moves, and along which chains.

    Example: deeptier dependence --if F000001=R12

    Example: deeptier dependence --against 3
    """
    if supposed and against is not None:
        raise typer.BadParameter("--if and --against are two questions: ask one")
    pairs = [each.rpartition("=") for each in supposed or ()]
    if wrong := [each for each, pair in zip(supposed or (), pairs, strict=True) if not all(pair)]:
        raise typer.BadParameter(f"--if {wrong[0]!r} is not FIRM=RATING, such as F000001=R12")
    risk = import_module("app.risk.dependencies.risk")
    change = risk.RatingsChange(against, {firm: rating for firm, _, rating in pairs} or None)
    with open_resources(Settings()) as resources, progress("dependence") as step:
        step("chains", None)
        document: Document = risk.risk_on_dependence(resources, change, version=version)
    if as_json:
        console.print_document(document)
    else:
        _show_dependence(document)


def _show_points(document: Document) -> None:
    cuts = (document["trade_cut"], document["firm_cut"])
    console.show_facts(
        {
            "core": f"{document['core']['id']} {document['core']['name']}",
            "version": document["version"],
            "firms upstream": document["firms"],
            "purchases (yuan)": console.yuan(document["purchases_fen"]),
            "least cut (yuan)": console.yuan(cuts[0]["value_fen"]),
            "fewest firms": cuts[1]["firms"],
        }
    )
    console.show_first(
        ["firm", "name", "tier", "starves (yuan)", "cuts off", "cuts off (yuan)"],
        [
            [
                p["id"],
                p["name"],
                p["tier"],
                console.yuan(p["starved_fen"]),
                p["cut_off"],
                console.yuan(p["cut_off_fen"]),
            ]
            for p in document["points"]
        ],
    )
    console.show_first(
        ["shared by tier 1", "name", "tier", "suppliers", "traced (yuan)"],
        [
            [s["id"], s["name"], s["tier"], s["drawing"], console.yuan(s["traced_fen"])]
            for s in document["shared"]
        ],
    )


def _show_dependence(document: Document) -> None:
    other = document["against"]
    console.show_facts(
        {
            "version": document["version"],
            "against": other["version"] if other else "supposed ratings",
            "ratings changed": document["changed"],
            "firms moved": len(document["items"]),
            "without known equity": document["equity_unknown"],
        }
    )
    console.show_first(
        ["firm", "name", "own", "with network", "grades", "mainly along"],
        [
            [
                item["id"],
                item["name"],
                console.share(item["pd"]),
                console.share(item["pd_network"]),
                console.share(item["notches"]),
                " > ".join(item["chains"][0]["firms"]) if item["chains"] else None,
            ]
            for item in document["items"]
        ],
    )
