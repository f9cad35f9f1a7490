"""The command `stress`."""

from importlib import import_module
from typing import Annotated

import typer

from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.documents import Document

SHOWN = 20


Version = Annotated[
    int | None, typer.Option("--version", help="A version; the current by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the document.")]


def stress(
    *,
    close: Annotated[
        list[str] | None,
        typer.Option("--close", help="A firm that closes; give it again for more."),
    ] = None,
    more: Annotated[
        list[str] | None, typer.Argument(help="More firms that close with it.", metavar="FIRM…")
    ] = None,
    channels: Annotated[
        str | None, typer.Option("--channels", help="What closing runs along; all three.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="A file (YAML, JSON), or the id of one run.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Which scenario of a file with several.")
    ] = None,
    version: Version = None,
    as_json: AsJson = False,
) -> None:
    """
    Show who loses what in a scenario: when firms close, or as a file says, by round.

    Example: deeptier stress --close F000001 --channels production,payments

    Example: deeptier stress --scenario port.yml --name "port closed"
    """
    # Loaded here: compiled code takes a second to load, which other commands need not wait for.
    asking = import_module("app.risk.stress.asking")
    asked = asking.Asked((*(close or ()), *(more or ())), channels, scenario, name)
    with open_resources(Settings()) as resources:
        place = asking.placed(resources, asked, version)
        with progress("stress") as step:
            document: Document = place.losses(step)
    if as_json:
        console.print_document(document)
    else:
        _show(document)


def _show(document: Document) -> None:
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
    console.show("")
    console.show_table(
        ["firm", "name", "round", "share", "loss (yuan)"],
        [
            [
                f["id"],
                f["name"],
                f["round"],
                console.share(f["loss_share"]),
                console.yuan(f["loss_fen"]),
            ]
            for f in document["firms"][:SHOWN]
        ],
        cut=["name"],
    )
    left = len(document["firms"]) - SHOWN
    if left > 0:
        console.show(f"and {left} more; --json has all")


def _who(document: Document) -> Document:
    if "hits" in document:
        return {"name": document["name"], "firms hit": document["hit_firms"]}
    return {"closed": ", ".join(firm["id"] for firm in document["closed"])}
