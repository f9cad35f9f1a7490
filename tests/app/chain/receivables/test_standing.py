"""Lists of receivables say of each what its own page says."""

import itertools
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from app.chain.receivables.acts import ENDED, OURS, Row, merged
from app.chain.receivables.files import FileReceivables
from app.chain.receivables.standing import merged_rows

STATES = ("open", "disputed", "confirmed", *OURS, *ENDED)


def test_a_list_merges_the_book_and_files_as_one_receivable_does() -> None:
    pairs = list(itertools.product(STATES, STATES, (0, 3), (0, 2, 5)))
    known: list[Row] = [
        {"receivable": f"R{at:04}", "state": state, "paid_fen": paid}
        for at, (state, _, paid, _) in enumerate(pairs)
    ]
    told: list[Row] = [
        {"receivable": f"R{at:04}", "state": state, "paid_fen": paid}
        for at, (_, state, _, paid) in enumerate(pairs)
    ]
    files = cast("FileReceivables", SimpleNamespace(rows=pl.DataFrame(told)))

    found: list[dict[str, Any]] = merged_rows(pl.DataFrame(known), files).to_dicts()

    assert found == [merged(one, other) for one, other in zip(known, told, strict=True)]
    assert merged_rows(pl.DataFrame(known)[:0], files).is_empty()
