"""The command `refresh`."""

from importlib import import_module
from typing import Annotated

import typer

from app.platform.audit.commands import audited
from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.deps import open_resources


def refresh(
    *,
    version: Annotated[
        int | None, typer.Option("--version", help="A version; the current by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
) -> None:
    """
    Run the analyses and the limits of a version; the same version gives the same bytes.

    Example: deeptier refresh --version 3
    """
    with (
        open_resources() as resources,
        audited(resources, "refresh", str(version or "current")),
        progress("refresh") as step,
    ):
        # Loaded here: compiled code takes a second to load, which other commands need not wait for.
        run = import_module("app.chain.runs.refreshing").refresh_version(
            resources, version, progress=step
        )
    if as_json:
        console.print_document(run.document())
    else:
        console.show_facts(run.document())
