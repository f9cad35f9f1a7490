"""
What being a store means: the tests that every adapter passes.

An adapter's own test file subclasses `StoreTests` and gives the fixture `store`, an empty store.
"""

import pytest

from graph.errors import InvalidInput, NotFound
from graph.model import FirmId
from graph.stores.base import Store, pages
from graph.stores.rows import trade_of
from graph.testing.economy import firm, publish, trade
from graph.testing.exposing import ExposureTests
from graph.testing.stores import FIRMS, A, B, C, VersionTests, WriteTests, amounts, ids, keys

NAMED = [
    firm("F1", name="华东钢铁有限公司", uscc="91310000MA1K12345X", aliases="东钢;ＨＤＧ Steel"),
    firm("F2", name="东钢物流（上海）有限公司"),
    firm("F3", name="华北东钢铁业"),
    firm("F4", name="100%_test* [x]"),
    firm("F5", name="𠮷野家"),
]
FOUND = {  # Of the firms above, by what is asked.
    "东钢": ["F1", "F2", "F3"],  # An alias as a whole, then a beginning, then inside.
    "华东": ["F1"],
    "东": ["F1", "F2", "F3"],
    "司": ["F1", "F2"],
    "钢铁": ["F1", "F3"],
    "(上海)": ["F2"],
    "  有限公司 ": ["F1", "F2"],
    "hdg": ["F1"],
    "hdg  STEEL": ["F1"],
    "91310000ma1k": ["F1"],
    "12345": ["F1"],
    "f3": ["F3"],
    "F": ["F1", "F2", "F3", "F4", "F5"],
    "%": ["F4"],
    "_": ["F4"],
    "*": ["F4"],
    "[x]": ["F4"],
    "0%_t": ["F4"],
    "𠮷": ["F5"],
    "野家": ["F5"],
    "东钢北": [],
    "公司东钢": [],  # Fields do not run into each other.
    "": [],
    " ": [],
    "a\0b": [],
    "x" * 500: [],
    "' OR 1=1 --": [],
}


class ReadTests(VersionTests):
    """Whatever is read has one order, the same on every store."""

    ORDERED = ("!", "1", "10", "2", "A", "Z", "_", "a", "é", "一", "\uffee", "𠀀")

    def test_order_is_that_of_code_points(self, store: Store) -> None:
        """No collation of the database's own: not by case, accent or locale."""
        names = self.ORDERED
        pairs = [trade(s, b) for s in reversed(names) for b in names]
        publish(store, firms=[firm(name) for name in reversed(names)], trades=pairs)
        reader = store.reader()

        assert ids(reader) == sorted(names) == list(names)
        assert keys(reader.columns("firms", ["firm"])) == [(name,) for name in names]
        assert keys(reader.columns("trades", ["supplier", "buyer"])) == [
            (s, b) for s in names for b in names
        ]

    def test_later_firms_stand_in_their_place(self, store: Store) -> None:
        """Order is by key in every version, whenever a row was written."""
        publish(store, firms=[firm("B"), firm("D")], trades=[trade("D", "B")])
        publish(store, firms=[firm("C"), firm("A")], trades=[trade("A", "D"), trade("C", "A")])

        assert ids(store.reader()) == ["A", "B", "C", "D"]
        assert list(amounts(store.reader())) == [("A", "D"), ("C", "A"), ("D", "B")]
        assert keys(store.reader().columns("trades", ["buyer"])) == [("D",), ("A",), ("B",)]

    def test_pages_cover_every_firm_once(self, store: Store) -> None:
        """A page goes on after any id, also one that is not there; its size is bounded."""
        names = [f"F{i:03d}" for i in range(25)]
        publish(store, firms=[firm(name) for name in names])
        reader = store.reader()

        assert [f.id for f in pages(reader, size=10)] == names
        assert [f.id for f in reader.firms(after=FirmId("F0095"), size=2)] == ["F010", "F011"]
        assert reader.firms(after=FirmId("F024")) == []
        for size in (0, 10_001):
            with pytest.raises(InvalidInput):
                reader.firms(size=size)

    def test_an_unknown_firm_is_not_found(self, store: Store) -> None:
        """That differs from a firm without trades."""
        publish(store, firms=FIRMS)
        reader, missing = store.reader(), FirmId("x")

        with pytest.raises(NotFound, match="no firm 'x'"):
            reader.firm(missing)
        with pytest.raises(NotFound):
            reader.trades_of(missing)

    def test_trades_of_a_firm_are_those_on_both_sides_in_pages(self, store: Store) -> None:
        """A trade with itself comes once; a page goes on after a pair."""
        given = [trade(s, b) for s, b in ("AB", "BA", "BB", "BD", "CB", "CD", "DA")]
        publish(store, firms=FIRMS, trades=given)
        reader = store.reader()
        mine = reader.trades_of(B)

        assert [t.supplier + t.buyer for t in mine] == ["AB", "BA", "BB", "BD", "CB"]
        assert mine[0] == trade_of(given[0])
        assert reader.trades_of(B, size=2) == mine[:2]
        assert reader.trades_of(B, after=(B, A), size=2) == mine[2:4]
        assert reader.trades_of(B, after=(C, B)) == []


class SearchTests(VersionTests):
    """A firm is found by any part of its id, name, aliases or code."""

    def test_finds(self, store: Store) -> None:
        """Width and case do not matter, each character is itself, whole fields come first."""
        publish(store, firms=NAMED)
        reader = store.reader()

        assert {text: [f.id for f in reader.search(text)] for text in FOUND} == FOUND

    def test_gives_no_more_than_asked_for(self, store: Store) -> None:
        """The best hits are those that are kept."""
        publish(store, firms=NAMED)

        assert [f.id for f in store.reader().search("东钢", size=2)] == ["F1", "F2"]

    def test_finds_what_the_version_knew(self, store: Store) -> None:
        """An old version is searched by the names of its day."""
        publish(store, firms=[firm("A", name="老名字")])
        publish(store, firms=[firm("A", name="新名字"), firm("B", name="老字号")])

        assert [f.id for f in store.reader(1).search("老")] == ["A"]
        assert [f.id for f in store.reader(2).search("老")] == ["B"]
        assert [f.name for f in store.reader(2).search("名字")] == ["新名字"]


class StoreTests(WriteTests, ReadTests, SearchTests, ExposureTests):
    """Everything that a store must be."""
