"""Lists of receivables say of each what its own page says."""

import itertools
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
import sqlalchemy as sa

from app.chain.receivables import repository, standing
from app.chain.receivables.acts import ENDED, OURS, Row, merged
from app.chain.receivables.files import COLUMNS, FileReceivables
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.standing import merged_rows, numbered
from app.chain.receivables.tables import receivables
from app.platform.deps import Resources
from graph.model import Version

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


def _row(at: int) -> Row:
    """Return a receivable; every third has another debtor."""
    row: Row = dict.fromkeys(COLUMNS, 0)
    row |= dict.fromkeys(("number", "issued_on", "due_on", "before"), "")
    parties = {"creditor": "A", "debtor": "Z" if at % 3 == 0 else "Y"}
    return row | parties | {"receivable": f"r{at:02}", "state": "open", "voucher": None}


@pytest.mark.parametrize(
    ("ours", "told"),
    [
        (range(5, 40), range(10, 20)),  # Fewer are told than known: these are asked for by parts.
        (range(5, 12), range(40)),
        (range(0), range(40)),
        (range(40), range(0)),
    ],
)
@pytest.mark.parametrize(("debtor", "text"), [(None, "R"), ("Z", "R"), ("Z", "r1"), (None, "%")])
def test_ids_that_hold_a_text_are_counted_once_whoever_tells_them(
    ours: range, told: range, debtor: str | None, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    receivables.create(engine)
    with engine.begin() as connection:
        for at in ours:
            connection.execute(receivables.insert().values(_row(at)))
    schema = dict.fromkeys(("receivable", "creditor", "debtor"), pl.String)
    rows = pl.DataFrame([_row(at) for at in told], schema=schema)
    monkeypatch.setattr(standing, "of_version", lambda *_: SimpleNamespace(rows=rows))
    monkeypatch.setattr(repository, "AT_ONCE", 4)
    resources = cast("Resources", SimpleNamespace(records=SimpleNamespace(reading=engine.connect)))
    wanted = WantedReceivables(debtor=debtor)

    found = numbered(resources, cast("Version", None), wanted, text, size=3)

    every = sorted({*ours, *told})
    ids = [_row(at)["receivable"] for at in every if debtor in {None, _row(at)["debtor"]}]
    ids = [each for each in ids if text.lower() in each]
    assert (found[0], [each["receivable"] for each in found[1]]) == (len(ids), ids[:3])
    engine.dispose()
