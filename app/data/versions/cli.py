"""The command `versions`."""

import datetime as dt
from typing import Annotated

import typer

from app.data.versions.service import documents
from app.data.versions.sources import sources_of, told
from app.platform.auth.sight import EVERYTHING
from app.platform.clock import local
from app.platform.console import output as console
from app.platform.deps import open_resources


def versions(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """
    List the published versions of the graph, oldest first, and the sources they are made of.

    Example: deeptier versions --json
    """
    with open_resources() as resources:
        items = documents(resources, EVERYTHING)
        for each in items:
            each["sources"] = sources_of(resources, each["version"])
    if as_json:
        console.print_document({"items": items})
        return
    zone = resources.settings.zone
    rows = [
        [
            each["version"],
            each["as_of"],
            local(dt.datetime.fromisoformat(each["published_at"]), zone),
            each["firms"],
            each["trades"],
            "*" if each["current"] else "",
            told(each["sources"]),
        ]
        for each in items
    ]
    headings = ["version", "as of", "published", "firms", "trades", "now", "made of"]
    console.show_table(headings, rows, cut=["made of"])
