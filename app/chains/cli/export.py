"""The command `export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.chains.cli import OfVersion
from app.deps import open_resources
from app.kit import console
from app.versions.networks import network_of
from app.versions.service import policy_of
from graph.chains import find_chain
from graph.interop import export as files


class Form(StrEnum):
    """The forms of an exported chain."""

    html = "html"
    graphml = "graphml"
    csv = "csv"
    json = "json"


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
