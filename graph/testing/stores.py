"""What publishing and writing mean: the first of the tests that every adapter passes."""

import datetime as dt

import pyarrow as pa
import pytest

from graph import model
from graph.errors import InvalidInput, NotFound, StageRefused
from graph.model import FirmId
from graph.stores.base import Reader, Store
from graph.testing.economy import (
    DAY,
    NOW,
    firm,
    guarantee,
    holding,
    publish,
    receivable,
    rows_of,
    trade,
    voucher,
    write,
)

A, B, C, D = (FirmId(name) for name in "ABCD")
FIRMS = [firm("A"), firm("B"), firm("C"), firm("D")]
CHAIN = [trade("A", "B"), trade("B", "C"), trade("C", "D")]
WRONG: list[tuple[str, object, pa.DataType]] = [
    ("capital_fen", 2**63, pa.uint64()),
    ("capital_fen", 0.5, pa.float64()),
    ("capital_fen", "7", pa.string()),
    ("expected_growth", float("nan"), pa.float64()),
    ("expected_growth", float("inf"), pa.float64()),
    ("sector", "a\0b", pa.string()),
    ("sector", 7, pa.int64()),
    ("sector", "x" * 4001, pa.string()),
    ("name", None, pa.string()),
    ("core", 1, pa.int64()),
    ("founded_on", "2025-01-01", pa.string()),
    ("firm", "", pa.string()),
    ("firm", "x" * 501, pa.string()),
    ("colour", "red", pa.string()),
]


def ids(reader: Reader) -> list[str]:
    """Return the ids of the first page of firms."""
    return [found.id for found in reader.firms()]


def amounts(reader: Reader) -> dict[tuple[str, str], int]:
    """Return the amounts of all trades by their keys."""
    rows = reader.columns("trades").to_pylist()
    return {(row["supplier"], row["buyer"]): row["amount_fen"] for row in rows}


def keys(table: pa.Table) -> list[tuple[object, ...]]:
    """Return the rows of a table as tuples."""
    return [tuple(row.values()) for row in table.to_pylist()]


class VersionTests:
    """A reader sees one published version, whole, and nothing else."""

    @pytest.fixture
    def store(self) -> Store:
        """Return an empty store of the adapter under test; its author overrides this."""
        raise NotImplementedError

    def test_a_new_store_has_no_version(self, store: Store) -> None:
        """Nothing to read is an error of its own, not an empty version."""
        assert store.versions() == []
        assert store.current() is None
        with pytest.raises(NotFound, match="no version"):
            store.reader()

    def test_a_published_version_is_listed_with_its_counts(self, store: Store) -> None:
        """Numbers begin at 1; day, instant and counts come back as given."""
        version = publish(store, firms=FIRMS, trades=CHAIN)

        assert version == model.Version(1, DAY, NOW, firms=4, trades=3)
        assert store.versions() == [version]
        assert store.current() == version
        assert store.reader().version == version

    def test_an_empty_version_can_be_published(self, store: Store) -> None:
        """No firms is a state like any other."""
        version = publish(store)

        assert (version.firms, version.trades) == (0, 0)
        assert store.reader().columns("trades").num_rows == 0

    def test_nothing_is_visible_before_publish(self, store: Store) -> None:
        """Readers that open while a stage writes see the version before."""
        publish(store, firms=[firm("A")])
        with store.stage() as stage:
            write(stage, firms=[firm("B"), firm("A", name="new")], trades=[trade("A", "B")])

            assert ids(store.reader()) == ["A"]
            assert store.reader().firm(A).name == "企业A"
            assert store.reader().columns("trades").num_rows == 0
            assert len(store.versions()) == 1

    def test_a_reader_keeps_its_version(self, store: Store) -> None:
        """Later versions neither change nor close what an open reader reads."""
        publish(store, firms=FIRMS, trades=CHAIN)
        reader = store.reader()
        with store.stage() as stage:
            write(stage, firms=[firm("A", name="new")], trades=[trade("A", "B", 5)])
            stage.remove("trades", rows_of("trades", [{"supplier": "B", "buyer": "C"}]))
            stage.publish(DAY, published_at=NOW)

        assert reader.firm(A).name == "企业A"
        assert amounts(reader) == {("A", "B"): 100000, ("B", "C"): 100000, ("C", "D"): 100000}
        assert amounts(store.reader()) == {("A", "B"): 5, ("C", "D"): 100000}
        assert amounts(store.reader(1)) == amounts(reader)

    def test_an_abandoned_stage_leaves_nothing(self, store: Store) -> None:
        """Its rows, removals and number are free again."""
        publish(store, firms=FIRMS, trades=CHAIN)
        stage = store.stage()
        write(stage, firms=[firm("A", name="new"), firm("E")], trades=[trade("E", "A")])
        stage.remove("trades", rows_of("trades", [{"supplier": "B", "buyer": "C"}]))
        stage.abandon()
        second = publish(store, firms=[firm("F")])

        assert second.number == 2
        assert ids(store.reader()) == ["A", "B", "C", "D", "F"]
        assert store.reader().firm(A).name == "企业A"
        assert store.reader().columns("trades") == store.reader(1).columns("trades")

    def test_only_one_stage_is_open_at_a_time(self, store: Store) -> None:
        """The second is refused at once, and may begin when the first has ended."""
        with store.stage() as first:
            assert first.number == 1
            with pytest.raises(StageRefused):
                store.stage()
        with store.stage() as second:
            assert second.number == 1

    def test_a_closed_stage_takes_nothing_more(self, store: Store) -> None:
        """After publishing every step is refused, and giving up changes nothing."""
        stage = store.stage()
        stage.publish(DAY, published_at=NOW)
        stage.abandon()  # Nothing is left to undo.

        with pytest.raises(StageRefused):
            write(stage, firms=FIRMS)
        with pytest.raises(StageRefused):
            stage.remove("firms", rows_of("firms", [{"firm": "A"}]))
        with pytest.raises(StageRefused):
            stage.publish(DAY, published_at=NOW)
        assert len(store.versions()) == 1

    def test_an_unknown_version_is_not_found(self, store: Store) -> None:
        """A number that was never published reads no other version."""
        publish(store)
        for unknown in (0, 2, -1):
            with pytest.raises(NotFound):
                store.reader(unknown)

    def test_a_version_needs_a_day_and_an_instant(self, store: Store) -> None:
        """A day without time, an instant with its zone; nothing is guessed."""
        with store.stage() as stage:
            with pytest.raises(InvalidInput):
                stage.publish(NOW, published_at=NOW)
            with pytest.raises(InvalidInput):
                stage.publish(DAY, published_at=dt.datetime(2025, 4, 1))  # noqa: DTZ001  # The point.


class WriteTests(VersionTests):
    """A stage holds what was written last, and refuses what no version may hold."""

    def test_a_firm_that_went_can_come_back(self, store: Store) -> None:
        """Each version keeps the row that it had, or had not."""
        publish(store, firms=[firm("A"), firm("B")])
        with store.stage() as stage:
            stage.remove("firms", rows_of("firms", [{"firm": "B"}]))
            stage.publish(DAY, published_at=NOW)
        publish(store, firms=[firm("B", name="back")])

        assert [ids(store.reader(v)) for v in (1, 2, 3)] == [["A", "B"], ["A"], ["A", "B"]]
        assert store.reader(1).firm(B).name == "企业B"
        assert store.reader(3).firm(B).name == "back"
        with pytest.raises(NotFound):
            store.reader(2).firm(B)

    def test_a_row_written_twice_in_a_stage_is_the_later_one(self, store: Store) -> None:
        """Within a batch and across batches the last one counts."""
        publish(store, firms=FIRMS, trades=[trade("A", "B", 1)])
        with store.stage() as stage:
            write(stage, trades=[trade("A", "B", 2), trade("B", "C", 3)])
            write(stage, trades=[trade("B", "C", 4), trade("A", "B", 5), trade("A", "B", 6)])
            stage.publish(DAY, published_at=NOW)

        assert amounts(store.reader()) == {("A", "B"): 6, ("B", "C"): 4}
        assert amounts(store.reader(1)) == {("A", "B"): 1}

    def test_written_then_removed_is_gone_and_removed_then_written_is_there(
        self, store: Store
    ) -> None:
        """Steps of a stage count in their order, also for rows of versions before."""
        publish(store, firms=FIRMS, trades=[trade("A", "B", 1), trade("B", "C", 1)])
        with store.stage() as stage:
            write(stage, trades=[trade("A", "B", 2), trade("C", "D", 2)])
            gone = [{"supplier": s, "buyer": b} for s, b in ("AB", "BC", "CD", "DA")]
            stage.remove("trades", rows_of("trades", gone))
            write(stage, trades=[trade("B", "C", 3)])
            stage.publish(DAY, published_at=NOW)

        assert amounts(store.reader()) == {("B", "C"): 3}

    def test_a_claim_may_change_hands_under_the_same_id(self, store: Store) -> None:
        """Ends that are no part of the key are values like any other."""
        publish(store, firms=FIRMS, vouchers=[voucher("1", "A", "D")])
        publish(store, vouchers=[voucher("1", "B", "D", status="transferred")])

        assert keys(store.reader().columns("vouchers", ["id", "holder"])) == [("1", "B")]
        assert keys(store.reader(1).columns("vouchers", ["id", "holder"])) == [("1", "A")]

    def test_every_table_comes_back_as_written(self, store: Store) -> None:
        """Every type, the largest amounts and what is missing survive unchanged."""
        full = firm(
            "A", core=True, uscc="91310000MA1K0X0X0X", capital_fen=-5, expected_growth=0.1,
            founded_on=dt.date(1949, 10, 1), sector="C31", aliases="甲;乙",
        )  # fmt: skip
        given = {
            "firms": [full, firm("B", listed=False)],
            "trades": [trade("A", "B", -(2**62)), trade("B", "B", 2**62)],
            "receivables": [
                receivable("1", "A", "B", paid_on=DAY, paid_fen=5),
                receivable("2", "B", "A"),
            ],
            "vouchers": [voucher("1", "A", "B", parent="0"), voucher("2", "A", "B")],
            "holdings": [holding("1", "A", "B", 0.51), holding("2", "B", "A", None)],
            "guarantees": [guarantee("1", "A", "B")],
        }
        publish(store, **given)
        reader = store.reader()

        for table, rows in given.items():
            schema = model.table(table).arrow
            expected = pa.Table.from_pylist(rows, schema=schema)
            assert reader.columns(table).schema == schema
            assert reader.columns(table).to_pylist() == expected.to_pylist()
        assert reader.firm(A).attributes == reader.columns("firms").to_pylist()[0]
        assert reader.firm(A).attributes["founded_on"] == dt.date(1949, 10, 1)
        assert reader.firm(A).attributes["core"] is True

    def test_columns_that_are_not_required_take_their_default(self, store: Store) -> None:
        """What a batch leaves out is filled from the schema."""
        publish(store, firms=[{"firm": "A", "name": "a"}])

        assert store.reader().firm(A).attributes["core"] is False
        assert store.reader().firm(A).attributes["capital_fen"] is None

    def test_zero_has_no_sign(self, store: Store) -> None:
        """Minus zero is stored as zero, so that equal rows have equal bytes."""
        publish(store, firms=[firm("A", expected_growth=-0.0)])
        kept = store.reader().columns("firms", ["expected_growth"]).to_pydict()

        assert str(kept["expected_growth"]) == "[0.0]"

    def test_text_is_kept_as_it_is(self, store: Store) -> None:
        """No trimming, escaping, folding or reading of text as something else."""
        names = [
            "",
            " a ",
            "=1+1",
            "<b>&'\"\\",
            "a,b;\r\nc\td",
            "%_*?\u200b",
            "𠮷野家€",
            "null",
            "\\N",
        ]
        publish(store, firms=[firm(f"{i}", name=name) for i, name in enumerate(names)])

        assert [found.name for found in store.reader().firms()] == names
        assert store.reader().columns("firms", ["name"])["name"].to_pylist() == names

    def test_empty_text_is_not_the_same_as_none(self, store: Store) -> None:
        """Both come back as what they were."""
        publish(store, firms=[firm("A", sector=""), firm("B", sector=None)])

        assert store.reader().columns("firms", ["sector"])["sector"].to_pylist() == ["", None]

    def test_a_wrong_value_is_refused_by_name_and_nothing_is_half_done(self, store: Store) -> None:
        """A batch is refused whole, names its column, and the stage can go on."""
        with store.stage() as stage:
            write(stage, firms=[firm("A")])
            for column, value, kind in WRONG:
                rows: dict[str, object] = {"firm": ["Y", "Z"], "name": ["y", "z"]}
                first = "Y" if column in rows else None
                rows[column] = pa.array([first, value], kind)
                with pytest.raises(InvalidInput, match=rf"firms.*{column}"):
                    stage.write("firms", pa.table(rows))
            stage.publish(DAY, published_at=NOW)

        assert ids(store.reader()) == ["A"]

    def test_missing_and_unknown_names_are_refused(self, store: Store) -> None:
        """A table or column that the schema does not know is never passed over."""
        publish(store, firms=FIRMS)
        with store.stage() as stage:
            with pytest.raises(InvalidInput, match="name"):
                stage.write("firms", pa.table({"firm": ["E"]}))
            with pytest.raises(InvalidInput, match="no table"):
                stage.write("persons", pa.table({"firm": ["E"]}))
            with pytest.raises(InvalidInput, match="supplier, buyer"):
                stage.remove("trades", pa.table({"supplier": ["A"]}))
        with pytest.raises(InvalidInput, match="no table"):
            store.reader().columns("persons")
        with pytest.raises(InvalidInput, match="colour"):
            store.reader().columns("firms", ["colour"])

    def test_a_row_whose_firm_is_not_in_the_version_stops_the_publish(self, store: Store) -> None:
        """The stage stays open, so that the firm can be written or the row removed."""
        with store.stage() as stage:
            write(stage, firms=[firm("A")], trades=[trade("A", "X")])
            with pytest.raises(InvalidInput, match="trades, column buyer: no firm 'X'"):
                stage.publish(DAY, published_at=NOW)
            assert store.current() is None
            write(stage, firms=[firm("X")])
            stage.publish(DAY, published_at=NOW)
        with store.stage() as stage:
            stage.remove("firms", rows_of("firms", [{"firm": "A"}]))
            with pytest.raises(InvalidInput, match="trades, column supplier: no firm 'A'"):
                stage.publish(DAY, published_at=NOW)

        assert ids(store.reader()) == ["A", "X"]
