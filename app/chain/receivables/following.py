"""
What the files of a new version end, or pay in part, of the receivables that the platform knows.

Where no loan or voucher of ours stands on a receivable, a file that says it is paid, void or
financed elsewhere ends it here, and one that says more of it is paid lowers its face; what that
occupied of the debtor's account is given back. Financed by somebody else, a debt is still owed:
it stays on the account of who confirmed it until a file says that it is paid.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of, operations
from app.chain.receivables import accounts
from app.chain.receivables.acts import CLOSED, ENDED, OURS, Debt, account_of, end, face, merged
from app.chain.receivables.files import FileReceivables
from app.chain.receivables.tables import receivables
from app.platform.deps import Resources

DONE = 200
Told = Callable[[], FileReceivables]  # Reads the receivables of files, where they are asked for.
KNOWN = {"receivable": pl.String, "state": pl.String, "paid_fen": pl.Int64}
CONFIRMED = "confirmed"
AT_ONCE = 200  # Receivables of one order: others wait no longer for it than for a bulk.


def follow(resources: Resources, read: Told) -> int:
    """
    Return how many receivables ended or were paid in part because the files say so.

    Args:
        resources: What the process has open.
        read: Gives the receivables of the files; asked only where the platform knows some.
    """
    known = _known(resources)
    if known.is_empty():
        return 0
    files = read()
    told = _told(known, files)
    if told:
        business_day(resources)  # Opens the books where they are not.
    followed = 0
    for start in range(0, len(told), AT_ONCE):
        part = told[start : start + AT_ONCE]

        def work(moving: Moving, part: Sequence[str] = tuple(part)) -> Reply:
            """Return how many of these changed."""
            debt = Debt(moving, files, None)
            return Reply.of(DONE, sum(_followed(debt, each) for each in part))

        needs = Reads([account_of(each) for each in part], {receivables: part})
        followed += int(ledger_of(resources).ask(Plain(needs, work)).document)
    return followed


def _known(resources: Resources) -> pl.DataFrame:
    """Return the receivables of the book that a file may still end."""
    own = receivables.c
    query = sa.select(own.receivable, own.state, own.paid_fen).where(
        own.state.not_in((*OURS, *CLOSED))
    )
    with resources.records.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=KNOWN, orient="row")


def _told(known: pl.DataFrame, files: FileReceivables) -> list[str]:
    """Return the ids of the receivables of which the files say more than the platform knows."""
    both = known.join(files.rows.select(*KNOWN), on="receivable", suffix="_told")
    return both.filter(_says_more())["receivable"].sort().to_list()


def _says_more() -> pl.Expr:
    ends = pl.col("state_told").is_in(ENDED) & (pl.col("state_told") != pl.col("state"))
    return ends | (pl.col("paid_fen_told") > pl.col("paid_fen"))


def otherwise(used: pl.DataFrame, read: Told) -> Sequence[int]:
    """
    Return the events of receivables of which the files do not say what the platform knows.

    Limits are gross of our own loans, so a use that finances a receivable, or does not any more,
    changes nothing that they read; but for these, of which files said one thing and the platform
    now says another, or says nothing any more.

    Args:
        used: Rows of the table that uses have touched.
        read: Gives the receivables of the files; asked only where there are any such rows.
    """
    if used.is_empty():
        return []
    alike = ("amount_fen", "issued_on", "due_on")
    files = read().rows.select(*KNOWN, *alike)
    both = used.join(files, on="receivable", how="left", suffix="_told")
    unlike = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_told") for name in alike)
    unsure = pl.col("state_told").is_null() | unlike | (pl.col("state_told") != CONFIRMED)
    by_file = pl.col("here") == 0  # All that the platform knew before may be as the files say.
    asked = (by_file & unsure) | _says_more().fill_null(value=False)
    return both.filter(asked)["event"].to_list()


def _followed(debt: Debt, receivable: str) -> bool:
    known = debt.moving.row(receivables, receivable)
    told = merged(known, debt.told(receivable))
    if known is None or told is None:
        return False
    ends, pays = told["state"] != known["state"], told["paid_fen"] != known["paid_fen"]
    row = dict(known)
    if ends:
        row = _end(debt, row, str(told["state"]))
    if pays:
        _pay(debt, row, int(told["paid_fen"]))
    return bool(ends or pays)


def _end(debt: Debt, row: dict[str, Any], state: str) -> dict[str, Any]:
    """Return the row of a receivable that ended; financed by others it still occupies."""
    if state != "elsewhere":
        return end(debt, row, state, operation="end")
    before = str(row["state"])
    moves = accounts.closing(debt.moving, account_of(row["receivable"]))
    row = {**row, "state": state, "before": ""}
    debt.record("end", row, before=before, moves=moves)
    return row


def _pay(debt: Debt, row: dict[str, Any], paid: int) -> None:
    was, state = face(row), str(row["state"])
    row = {**row, "paid_fen": paid}
    left = face(row)
    moves = accounts.lowering(debt.moving, account_of(row["receivable"]), left, was)
    if freed := _freed(row, left):
        moves.append(operations.given_back(debt.moving, f"core:{row['debtor']}", freed))
    row["occupied_fen"] -= freed
    debt.record("pay", row, before=state, moves=moves)


def _freed(row: Mapping[str, Any], left: int) -> int:
    """Return what a face that is lowered gives back of the debtor's account."""
    return max(0, int(row["occupied_fen"]) - left)
