"""The commands `cores`, `core`, `chain` and `export`."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.audit.commands import audited
from app.chains import service
from app.chains.cores import SUGGESTED_MAX, decide, suggest
from app.chains.picture import Picture, picture_of
from app.deps import open_resources
from app.kit import console
from app.kit.operator import operator
from app.versions.networks import network_of
from app.versions.service import Asked, policy_of
from graph.chains import find_chain
from graph.interop import export as files

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfVersion = Annotated[
    int | None, typer.Option("--version", help="A version; the current by default.")
]
core = typer.Typer(name="core", no_args_is_help=True, help="Choose which firms are cores.")


class Form(StrEnum):
    """The forms of an exported chain."""

    html = "html"
    graphml = "graphml"
    csv = "csv"
    json = "json"


def cores(
    *,
    suggested: Annotated[
        int | None,
        typer.Option("--suggest", min=1, max=SUGGESTED_MAX, help="Firms that look like cores."),
    ] = None,
    version: OfVersion = None,
    as_json: AsJson = False,
) -> None:
    """
    List the cores, or the firms that look like one: by purchases and sales, and partners.

    Example: deeptier cores --suggest 20
    """
    with open_resources() as resources:
        if suggested is None:
            _, items = service.cores_and_sizes(resources, Asked(version))
        else:
            number = resources.version(version).number
            items = [asdict(each) for each in suggest(resources, number, count=suggested)]
    if as_json:
        console.print_document({"items": items})
    elif items:
        rows = [
            [console.yuan(v) if name.endswith("_fen") else v for name, v in each.items()]
            for each in items
        ]
        console.show_table([name.replace("_fen", " (yuan)") for name in items[0]], rows)
    else:
        console.say("no core yet: choose one with `deeptier core add FIRM`")


@core.command()
def add(firm: Annotated[str, typer.Argument(help="Id of the firm.")]) -> None:
    """
    Make a firm a core from the next refresh on.

    Example: deeptier core add F000001
    """
    _decide(firm, chosen=True)


@core.command()
def remove(firm: Annotated[str, typer.Argument(help="Id of the firm.")]) -> None:
    """
    Make a firm no core from the next refresh on.

    Example: deeptier core remove F000001
    """
    _decide(firm, chosen=False)


def _decide(firm: str, *, chosen: bool) -> None:
    with (
        open_resources() as resources,
        audited(resources, "core add" if chosen else "core remove", firm),
    ):
        decide(resources, firm, chosen=chosen, by=operator())
    console.say(f"{firm} is {'a' if chosen else 'no'} core from the next `deeptier refresh` on")


def chain(
    core: Annotated[str, typer.Argument(help="Id of the core.")],
    *,
    tiers: Annotated[
        int | None, typer.Option("--tiers", min=1, max=100, help="Nearest tiers only.")
    ] = None,
    version: OfVersion = None,
    as_json: AsJson = False,
) -> None:
    """
    Show a chain: its firms by side and tier, with their trade one tier nearer.

    Example: deeptier chain F000001 --tiers 2
    """
    with open_resources() as resources:
        picture = picture_of(resources, core, Asked(version))
    if as_json:
        console.print_document(service.chain(picture, tiers=tiers, size=len(picture.members) + 1))
    else:
        _show(picture, tiers)


def _show(picture: Picture, tiers: int | None) -> None:
    console.show(f"{picture.core} {picture.name}: {len(picture.members)} firms")
    kept = [t for t in service.tiers_of(picture) if tiers is None or t["tier"] <= tiers]
    rows = [[t["direction"], t["tier"], t["firms"], console.yuan(t["amount_fen"])] for t in kept]
    console.show_table(["side", "tier", "firms", "trade (yuan)"], rows)
    console.show("")
    members = [m for m in picture.members if tiers is None or m.tier <= tiers]
    console.show_table(
        ["side", "tier", "firm", "name", "via", "trade (yuan)"],
        [[m.direction, m.tier, m.id, m.name, m.via, console.yuan(m.amount_fen)] for m in members],
    )


def export(
    core: Annotated[str, typer.Argument(help="Id of the core.")],
    *,
    form: Annotated[Form, typer.Option("--format", help="Form of the file.")],
    out: Annotated[Path, typer.Option("--out", help="Where to write it.")],
    version: OfVersion = None,
) -> None:
    """
    Write one chain for other people's tools; the HTML page works offline.

    Example: deeptier export F000001 --format graphml --out chain.graphml
    """
    with open_resources() as resources:
        found = resources.version(version)
        policy = policy_of(resources, found.as_of)
        network = network_of(resources, found.number)
        members = find_chain(
            network,
            core,
            tiers_max=policy.whole("tiers_max"),
            share_min=policy.decimal("trade_share_min"),
        )
        language = resources.settings.language
        out.write_bytes(files.chain(network, members, form.value, language=language))
    console.say(f"wrote {out}")
