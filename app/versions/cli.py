"""The command `versions`."""

from typing import Annotated

import typer

from app.deps import open_resources
from app.kit import console
from app.versions.service import documents


def versions(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """
    List the published versions of the graph, oldest first.

    Example: deeptier versions --json
    """
    with open_resources() as resources:
        items = documents(resources)
    if as_json:
        console.print_document({"items": items})
        return
    names = ("version", "as_of", "published_at", "firms", "trades")
    rows = [[*(each[name] for name in names), "*" if each["current"] else ""] for each in items]
    console.show_table([*names, "current"], rows)
