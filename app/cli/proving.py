"""The commands `ledger`: the book proves itself."""

import os
from typing import Annotated

import typer

from app.books.business_day.heads import kept_head
from app.books.ledger.proof import ToldHead, Verified, head_of, verify
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.errors import Conflict

PROCESSES_MAX = 2  # Each takes its own memory.
ledger = typer.Typer(
    name="ledger",
    no_args_is_help=True,
    help="The book: its chain of events proves itself.\n\nExample: deeptier ledger verify",
)


class NotProven(Conflict):
    """The book is not as its events say."""


def told_head(given: str) -> ToldHead:
    """
    Return a head as a person gives it.

    Raises:
        BadParameter: It is none.
    """
    found = head_of(given)
    if found is None:
        raise typer.BadParameter(f"{given!r}: a head is NUMBER:HASH, a hash is 64 digits of hex")
    return found


@ledger.command("verify")
def verify_command(
    *,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="NUMBER:HASH", help="An event that must be in the chain."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Recompute chain and fold of all events; end with 1 at the first difference.

    Example: deeptier ledger verify --json
    """
    told = [] if head is None else [told_head(head)]
    processes = min(PROCESSES_MAX, len(os.sched_getaffinity(0)))
    with open_resources() as resources, progress("ledger verify") as step:
        kept = kept_head(resources)  # Told by the last closing of a day.
        if kept is not None:
            told.append(ToldHead(kept.number, kept.hash))
        found = verify(resources.records, told, processes=processes, progress=step)
    if as_json:
        console.print_document(found.document())
    else:
        _show(found)
    if found.difference is not None:
        raise NotProven(f"the book is not as its events say: {found.difference.words()}")


def _show(found: Verified) -> None:
    rows: list[list[object]] = [
        ["events", found.events],
        ["accounts", found.accounts],
        ["head", found.head_text],
        ["business day", found.head.day or None],
        ["holds", "yes" if found.ok else "no"],
    ]
    console.show_table(["what", "found"], rows)
