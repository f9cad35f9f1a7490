"""The command `stress`."""

from importlib import import_module
from typing import Annotated

import typer

from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.documents import Document
from app.policy import in_force, load_policies, shipped
from app.risk.stress.schemas import CHANNELS, Scenario
from graph.errors import InvalidInput

SHOWN = 20


def stress(
    *,
    close: Annotated[
        list[str], typer.Option("--close", help="A firm that closes; give it again for more.")
    ],
    more: Annotated[
        list[str] | None, typer.Argument(help="More firms that close with it.", metavar="FIRM…")
    ] = None,
    channels: Annotated[
        str, typer.Option("--channels", help="What the shock runs along, separated by commas.")
    ] = ",".join(CHANNELS),
    version: Annotated[
        int | None, typer.Option("--version", help="A version; the current by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
) -> None:
    """
    Show who loses what when firms close, by round.

    Example: deeptier stress --close F000001 --channels production,payments
    """
    names = tuple(name.strip() for name in channels.split(",") if name.strip())
    if unknown := [name for name in names if name not in CHANNELS]:
        raise InvalidInput(f"no channel {unknown[0]!r}; there are {', '.join(CHANNELS)}")
    settings = Settings()
    scenario = Scenario((*close, *(more or [])), tuple(name for name in CHANNELS if name in names))
    with open_resources(settings) as resources:
        number = resources.version(version).number
        reader = resources.store.reader(number)
        folder = settings.policy
        policies = load_policies(folder) if folder else shipped()
        policy = in_force(policies, reader.version.as_of)
        # Loaded here: compiled code takes a second to load, which other commands need not wait for.
        service = import_module("app.risk.stress.service")
        place = service.Place.under(reader, resources.home)
        with progress("stress") as step:
            document: Document = service.run_scenario(place, scenario, policy, progress=step)
    if as_json:
        console.print_document(document)
    else:
        _show(document)


def _show(document: Document) -> None:
    console.show_facts(
        {
            "scenario": document["scenario"],
            "version": document["version"],
            "closed": ", ".join(firm["id"] for firm in document["closed"]),
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
