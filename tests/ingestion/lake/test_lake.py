"""The lake against plain sums over rows that are written down."""

import datetime as dt
import random
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import NotFound
from ingestion.forms import form
from ingestion.lake import EMPTY, FileOrigin, LakeView, Manifest, Parties
from ingestion.lake import manifest as manifests
from ingestion.lake import parties as party_files
from ingestion.lake.merge import Arrival, merge
from tests.graph.effort import tenth

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ingestion.conftest import House

Row = tuple[str, int, str, str, int]
DAY = dt.date(2026, 1, 1)
ROWS = st.lists(
    st.tuples(
        st.sampled_from("123"),
        st.integers(0, 2),
        st.sampled_from("AB"),
        st.sampled_from("CD"),
        st.integers(-3, 3),
    ),
    max_size=8,
)
PARTIES = Parties.of({("files", text): text for text in "ABCD"})
ORIGINS = (FileOrigin("invoices.csv", "0" * 64),)


def arrow(rows: list[Row]) -> pa.Table:
    shape = form("invoices")
    columns = {
        "number": [row[0] for row in rows],
        "issued_on": [DAY + dt.timedelta(days=row[1]) for row in rows],
        "seller": [row[2] for row in rows],
        "buyer": [row[3] for row in rows],
        "amount_fen": [row[4] for row in rows],
        "total_fen": [row[4] for row in rows],
    }
    arrays = []
    for column in shape.columns.values():
        values = columns.get(column.stored, [None] * len(rows))
        arrays.append(
            pa.array(values, pa.string()).dictionary_encode()
            if column.kind == "party"
            else pa.array(values, column.arrow)
        )
    arrays += [pa.array(range(2, len(rows) + 2), pa.int32()), pa.array([0] * len(rows), pa.int32())]
    return pa.table(arrays, [*(c.stored for c in shape.columns.values()), "line", "file"])


def merged(folder: "Path", manifest: Manifest, rows: list[Row]) -> Manifest:
    return merge(
        folder,
        manifest,
        Arrival("files", form("invoices"), [(arrow(rows), None)], ORIGINS),
        PARTIES,
    )


def kept(folder: "Path", manifest: Manifest) -> list[Row]:
    columns = ["number", "issued_on", "seller", "buyer", "amount_fen"]
    view = LakeView(folder, manifest, PARTIES)
    frame = view.named(view.frame("invoices", columns), ["seller", "buyer"])
    return sorted((n, (day - DAY).days, s, b, a) for n, day, s, b, a in frame.rows())


@settings(
    max_examples=tenth(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(imports=st.lists(ROWS, max_size=4))
def test_later_rows_replace_those_with_their_key(
    imports: list[list[Row]], tmp_path: "Path"
) -> None:
    manifest = EMPTY
    expected: list[Row] = []
    for rows in imports:
        manifest = merged(tmp_path, manifest, rows)
        new = {row[:4] for row in rows}
        expected = sorted([row for row in expected if row[:4] not in new] + rows)

        assert kept(tmp_path, manifest) == expected


@settings(
    max_examples=tenth(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=ROWS, second=ROWS)
def test_the_same_rows_again_change_no_manifest(
    first: list[Row], second: list[Row], tmp_path: "Path"
) -> None:
    manifest = merged(tmp_path, merged(tmp_path, EMPTY, first), second)

    assert merged(tmp_path, manifest, second) == manifest


def test_pair_totals_are_plain_sums_over_the_window(house: "House") -> None:
    draw = random.Random(5)
    rows = [
        (n, draw.randint(0, 500), draw.choice("ABC"), draw.choice("DEF"), draw.randint(-900, 9000))
        for n in range(2000)
    ]
    lines = [
        f"{n},{dt.date(2025, 1, 1) + dt.timedelta(days=back)},{s},{b},{a},{a // 10},{a + a // 10}"
        for n, back, s, b, a in rows
    ]
    head = "number,issued_on,seller,buyer,amount_fen,tax_fen,total_fen\n"
    house.write("invoices.csv", head + "\n".join(lines) + "\n")
    house.take()
    after, until = dt.date(2025, 6, 1), dt.date(2025, 9, 1)

    found = house.lake.pair_totals(1, after=after, until=until)

    expected: dict[tuple[str, str], list[int]] = {}
    for _, back, seller, buyer, amount in rows:
        if after < dt.date(2025, 1, 1) + dt.timedelta(days=back) <= until:
            sums = expected.setdefault((seller, buyer), [0, 0, 0, 0, 0])
            for place, value in enumerate(
                (amount, amount + amount // 10, max(amount, 0), max(-amount, 0), 1)
            ):
                sums[place] += value
    assert found.column_names == [
        "seller", "buyer", "amount_fen", "total_fen", "blue_fen", "red_fen", "count"
    ]  # fmt: skip
    assert found.to_pylist() == [
        dict(zip(found.column_names, (*pair, *sums), strict=True))
        for pair, sums in sorted(expected.items())
    ]
    assert found.schema.field("seller").type == pa.string()


def test_an_unknown_version_is_not_found(house: "House") -> None:
    with pytest.raises(NotFound, match="version 7"):
        house.lake.view(7)


def test_a_version_without_orders_has_an_empty_table(stocked: "House") -> None:
    assert stocked.lake.orders(1).num_rows == 0
    assert stocked.lake.events(1).column_names == [
        "firm", "happened_on", "kind", "amount_fen", "source", "known_on"
    ]  # fmt: skip


def test_a_manifest_comes_back_as_it_was_written(tmp_path: "Path") -> None:
    manifest = merged(tmp_path, EMPTY, [("1", 0, "A", "C", 5), ("2", 0, "A", "C", 5)])
    manifest = merged(tmp_path, manifest, [("1", 0, "A", "C", 6)])

    manifests.write(tmp_path, manifest)

    assert manifests.read(tmp_path, 0) == manifest
    assert len(manifest.files()) == 3


def test_parties_come_back_as_they_were_written(tmp_path: "Path") -> None:
    meant = {("files", "甲"): "F1", ("files", "F2"): "F2", ("demo", "甲"): "F3"}

    name = party_files.write(tmp_path, Parties.of(meant))

    found = party_files.read(tmp_path, name)
    assert {text: found.firms[row] for text, row in found.rows.items()} == meant
    assert party_files.read(tmp_path, None).firms == ()


def test_a_text_that_means_nobody_has_no_row() -> None:
    values = pa.chunked_array([pa.array(["甲", None, "乙"]).dictionary_encode()])
    parties = Parties.of({("files", "甲"): "F1"})

    assert parties.coded("files", values).tolist() == [0, -1, -1]
    assert parties.coded("demo", values).tolist() == [-1, -1, -1]
    assert parties.texts("files", "F0") == []
    assert parties.ids(parties.coded("files", values)).to_pylist() == ["F1", None, None]


def test_rows_of_the_window_alone_are_seen(tmp_path: "Path") -> None:
    manifest = merged(tmp_path, EMPTY, [("1", 0, "A", "C", 5), ("2", 1, "A", "C", 7)])
    view = LakeView(tmp_path, manifest, PARTIES)

    seen = view.frame("invoices", ["number"], after=DAY, until=DAY + dt.timedelta(days=1))
    none = view.frame("invoices", ["number"], after=DAY + dt.timedelta(days=1))

    assert seen["number"].to_list() == ["2"]
    assert none.schema == pl.Schema({"number": pl.String})
