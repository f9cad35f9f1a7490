"""The commands `cores` and `core`: which firms are cores, and which should be."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Annotated

import typer

from app.chain.chains import listing
from app.chain.chains.cores import decide
from app.data.versions.service import AskedVersion
from app.platform.audit.commands import audited
from app.platform.auth.sight import EVERYTHING
from app.platform.console import output as console
from app.platform.console.operator import operator
from app.platform.console.options import AsJson, OfVersion
from app.platform.deps import Resources, open_resources
from app.platform.documents import Document

SUGGESTED_MAX = 1000
core = typer.Typer(
    name="core",
    no_args_is_help=True,
    help="Choose which firms are cores.\n\nExample: deeptier core add F000001",
)


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
            items = _cores(resources, version)
        else:
            number = resources.version(version).number
            # Loaded here: who only asks for the list need not wait for what ranks all trades.
            suggest = import_module("app.chain.chains.suggestions").suggest
            items = [asdict(each) for each in suggest(resources, number, count=suggested)]
    _show(items, as_json=as_json)


@core.command("list")
def list_cores(*, version: OfVersion = None, as_json: AsJson = False) -> None:
    """
    List the cores, as `deeptier cores` does.

    Example: deeptier core list --json
    """
    with open_resources() as resources:
        items = _cores(resources, version)
    _show(items, as_json=as_json)


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


def _cores(resources: Resources, version: int | None) -> list[Document]:
    """Return the cores with the sizes of their chains, found now where no run has found them."""
    head, items = listing.cores(resources, AskedVersion(version))
    for each in items:
        if each["firms"] is None:
            # Loaded here: a core that no run has seen is rare.
            picture_of = import_module("app.chain.chains.picture").picture_of
            found = picture_of(resources, each["id"], AskedVersion(head.version), EVERYTHING)
            each["firms"] = len(found.members)
    return items


def _show(items: Sequence[Document], *, as_json: bool) -> None:
    if as_json:
        console.print_document({"items": items})
    elif items:
        rows = [
            [console.yuan(v) if name.endswith("_fen") else v for name, v in each.items()]
            for each in items
        ]
        headings = [name.replace("_fen", " (yuan)") for name in items[0]]
        console.show_table(headings, rows, cut=["name"])
    else:
        console.say("no core yet: choose one with `deeptier core add FIRM`")


def _decide(firm: str, *, chosen: bool) -> None:
    with (
        open_resources() as resources,
        audited(resources, "core add" if chosen else "core remove", firm),
    ):
        decide(resources, firm, chosen=chosen, by=operator())
    console.say(f"{firm} is {'a' if chosen else 'no'} core from the next `deeptier refresh` on")
