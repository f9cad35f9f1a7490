"""The command `chain`."""

from typing import Annotated

import typer

from app.chain.chains import service
from app.chain.chains.picture import Picture, picture_of
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING
from app.platform.console import output as console
from app.platform.console.options import AsJson, OfVersion
from app.platform.deps import open_resources


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
        picture = picture_of(resources, core, AskedVersion(version), EVERYTHING)
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
        cut=["name"],
    )
