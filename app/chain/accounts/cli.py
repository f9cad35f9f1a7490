"""The command `accounts`."""

from typing import Annotated

import typer

from app.books.ledger.reading import AccountsAsked, accounts_after
from app.chain.accounts.service import documents
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.deps import open_resources

TAKEN = ("outside_fen", "posted_fen", "pending_fen", "frozen_fen")


def accounts(
    *,
    core: Annotated[str | None, typer.Option("--core", help="Only those of this core.")] = None,
    firm: Annotated[str | None, typer.Option("--firm", help="Only those of this firm.")] = None,
    as_json: AsJson = False,
) -> None:
    """
    List the accounts of the book: every cap, what is taken of it, and what is left.

    Example: deeptier accounts --firm F000012
    """
    with open_resources() as resources:
        asked = AccountsAsked(core=core, firm=firm)
        found = accounts_after(resources.records, asked, resources.now())
        items = documents(resources, found)
    if as_json:
        console.print_document({"items": items, "next": None})
        return
    rows = [
        [
            each["id"],
            console.yuan(each["total_fen"]),
            console.yuan(sum(each[name] for name in TAKEN)),
            console.yuan(each["available_fen"]),
            each["state"],
        ]
        for each in items
    ]
    console.say("Amounts are in yuan.")
    console.show_first(["account", "total", "taken", "available", "state"], rows)
