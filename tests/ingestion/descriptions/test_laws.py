"""A described source says the same whatever the order of its rows and files, once or again."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from graph.model import TABLES
from graph.stores import open_store
from ingestion import spool
from tests.graph.effort import examples
from tests.ingestion.conftest import House
from tests.ingestion.descriptions.conftest import Desk
from tests.ingestion.descriptions.written import SETS, written

QUICK = ("csv", "xlsx")  # Kinds that a change is tried with.

HEAD = ["号", "卖", "买", "日", "额", "止"]
LOOKED_AT = "partners: {files: '码[.].*', header: [码, 名]}"
NAMES = {"1": "甲机械有限公司", "02": "乙材料厂", "3": "丙机械有限责任公司"}
TEXT = """
  {partners}
tables:
- {{table: invoices, from: rows, columns: {{number: 号, issued_on: 日, seller: [卖名, 卖],
   buyer: 买, amount: 额}}}}
- {{table: receivables, from: rows, keep: [{{止: {{blank: false}}}}], columns: {{number: 号,
   issued_on: 日, seller: [卖名, 卖], buyer: 买, amount: 额, due_on: 止}}}}
"""
JOIN = "joins: [{set: partners, ours: 卖, theirs: 码, take: {卖名: 名}, strip_zeros: true}]"
ROWS = st.lists(
    st.tuples(
        st.sampled_from(("1", "2", "03", "丁厂")),
        st.sampled_from(("戊公司", "己公司", "甲机械有限公司")),
        st.integers(1, 28),
        st.sampled_from(("5", "1,000.50", "(7)", "x", "")),
        st.sampled_from(("", "2026-09-01", "2020-01-01")),
    ),
    min_size=3,
    max_size=8,
)


@contextmanager
def desk(kind: str) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        home, inbox = Path(folder) / "home", Path(folder) / "inbox"
        home.mkdir(), inbox.mkdir()
        with open_store(f"sqlite:///{home}/graph.db") as store:
            made = Desk(House(home, inbox, store))
            made.house.write(
                "码.csv", "码,名\n" + "".join(f"{code},{name}\n" for code, name in NAMES.items())
            )
            made.say(
                f"sets:\n  rows: {{files: 'a.*[.]{kind}', {SETS[kind]}, {JOIN}}}"
                + TEXT.format(partners=LOOKED_AT)
            )
            yield made


def put(at: Desk, kind: str, parts: Sequence[Sequence[Sequence[str]]]) -> None:
    for number, rows in enumerate(parts):
        at.house.write(f"a{number}.{kind}", written(kind, [HEAD, *rows]))


def published(at: Desk) -> dict[str, Any]:
    return {name: at.house.rows(name) for name in TABLES}


@pytest.mark.parametrize(
    ("kind", "held"),
    [pytest.param(kind, None, marks=() if kind in QUICK else pytest.mark.slow) for kind in SETS]
    + [pytest.param(kind, 150, marks=pytest.mark.slow) for kind in SETS],
)
@settings(max_examples=examples(2), deadline=None, phases=(Phase.generate,))
@given(drawn=ROWS, data=st.data())
def test_rows_in_any_order_and_in_several_files_give_one_version(
    kind: str, held: int | None, drawn: Sequence[Any], data: st.DataObject
) -> None:
    rows = [
        [f"20260101{at:08}", sold, bought, f"2026-03-{day:02}", amount, due]
        for at, (sold, bought, day, amount, due) in enumerate(drawn)
    ]
    rows += [["A1", "丁厂", "戊公司", "2026-03-01", "1", "2026-09-01"], *rows[:2]]
    turned = data.draw(st.permutations(rows))
    cut = sorted(data.draw(st.lists(st.integers(1, len(rows) - 1), max_size=2, unique=True)))
    parts = [turned[start:stop] for start, stop in zip([0, *cut], [*cut, len(rows)], strict=True)]
    with ExitStack() as ends:
        if held is not None:  # A row or two in memory at a time.
            ends.enter_context(pytest.MonkeyPatch.context()).setattr(spool, "HELD_BYTES", held)
        follow(kind, rows, turned, parts)


def follow(
    kind: str,
    rows: Sequence[Sequence[str]],
    turned: Sequence[Sequence[str]],
    parts: Sequence[Sequence[Sequence[str]]],
) -> None:
    with desk(kind) as one:
        put(one, kind, [rows])
        first = one.house.take("own")
        wanted = published(one)
        again = one.house.take("own")
        assert not again.published
        put(one, kind, [turned])
        assert not one.house.take("own").published
    with desk(kind) as other:
        put(other, kind, parts)
        second = other.house.take("own")
        assert published(other) == wanted
    assert (first.rows, first.used, first.set_aside) == (second.rows, second.used, second.set_aside)
