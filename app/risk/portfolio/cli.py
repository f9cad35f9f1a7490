"""The command `portfolio`."""

from importlib import import_module
from typing import Annotated

import typer

from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.deps import open_resources
from app.platform.documents import Document


def portfolio(
    *,
    budget: Annotated[
        str | None, typer.Option("--budget", help="What to lend at most in all, in yuan.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Propose what to lend under all caps at once, and show what more of each cap would earn.

    Example: deeptier portfolio --budget 50000000
    """
    service = import_module("app.risk.portfolio.service")  # Its libraries take a while to load.
    with open_resources() as resources:
        name = service.propose(resources, None if budget is None else _fen(budget))
        document: Document = service.shown(resources, name, core=None, firm=None)
    if as_json:
        console.print_document(document)
    else:
        _show(document)


def _fen(budget: str) -> int:
    """Return an amount in yuan as fen."""
    from app.platform.web.money import fen_of  # noqa: PLC0415  # as above

    fen = fen_of(budget)
    if fen is None:
        raise typer.BadParameter("--budget: an amount in yuan, such as 50000000")
    return fen


def _show(document: Document) -> None:
    yuan = console.yuan
    console.say(
        f"Proposal {document['id']} of {document['as_of']}: it changes no limit. Amounts in yuan."
    )
    console.show(
        f"{document['proposed']} of {document['candidates']} candidates would be lent "
        f"{yuan(document['proposed_fen'])}, which earns {yuan(document['earned_fen'])} a year; "
        f"no choice earns more than {yuan(document['bound_fen'])}."
    )
    for cap in document["caps"]:
        console.show(f"{cap['id']}: {cap['words']['en']}")
    columns = ("core", "firm", "product")
    rows = [
        [*(each[name] for name in columns), yuan(each["proposed_fen"]), each["gain"]]
        for each in document["items"]
    ]
    console.show_first([*columns, "proposed", "gain a year"], rows)
