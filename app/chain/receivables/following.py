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
KNOWN = {"receivable": pl.String, "state": pl.String, "paid_fen": pl.Int64}
AT_ONCE = 200  # Receivables of one order: others wait no longer for it than for a bulk.


def follow(resources: Resources, read: Callable[[], FileReceivables]) -> int:
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
    ends = pl.col("state_told").is_in(ENDED) & (pl.col("state_told") != pl.col("state"))
    pays = pl.col("paid_fen_told") > pl.col("paid_fen")
    return both.filter(ends | pays)["receivable"].sort().to_list()


def _followed(debt: Debt, receivable: str) -> bool:
    known = debt.moving.row(receivables, receivable)
    told = merged(known, debt.told(receivable))
    if known is None or told is None:
        return False
    if told["state"] != known["state"]:
        _end(debt, dict(known), str(told["state"]))
    elif told["paid_fen"] > known["paid_fen"]:
        _pay(debt, dict(known), int(told["paid_fen"]))
    else:
        return False
    return True


def _end(debt: Debt, row: dict[str, Any], state: str) -> None:
    if state != "elsewhere":
        end(debt, row, state, operation="end")
        return
    before = str(row["state"])
    moves = accounts.closing(debt.moving, account_of(row["receivable"]))
    debt.record("end", {**row, "state": state, "before": ""}, before=before, moves=moves)


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
