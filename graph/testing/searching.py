"""What searching and comparing mean: more of the tests that every adapter passes."""

import pytest

from graph.stores.base import Store
from graph.testing.economy import firm, publish
from graph.testing.stores import ReadTests, VersionTests, WriteTests

NAMED = [
    firm("F1", name="华东钢铁有限公司", uscc="91310000MA1K12345X", aliases="东钢;ＨＤＧ Steel"),
    firm("F2", name="东钢物流（上海）有限公司"),
    firm("F3", name="华北东钢铁业"),
    firm("F4", name="100%_test* [x]"),
    firm("F5", name="𠮷野家"),
]


class SearchTests(VersionTests):
    """A firm is found by any part of its id, name, aliases or code."""

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("东钢", ["F1", "F2", "F3"]),  # An alias as a whole, then a beginning, then inside.
            ("华东", ["F1"]),
            ("东", ["F1", "F2", "F3"]),
            ("司", ["F1", "F2"]),
            ("钢铁", ["F1", "F3"]),
            ("(上海)", ["F2"]),
            ("  有限公司 ", ["F1", "F2"]),
            ("hdg", ["F1"]),
            ("hdg  STEEL", ["F1"]),
            ("91310000ma1k", ["F1"]),
            ("12345", ["F1"]),
            ("f3", ["F3"]),
            ("F", ["F1", "F2", "F3", "F4", "F5"]),
            ("%", ["F4"]),
            ("_", ["F4"]),
            ("*", ["F4"]),
            ("[x]", ["F4"]),
            ("0%_t", ["F4"]),
            ("𠮷", ["F5"]),
            ("野家", ["F5"]),
            ("东钢北", []),
            ("公司东钢", []),  # Fields do not run into each other.
            ("", []),
            (" ", []),
            ("a\0b", []),
            ("x" * 500, []),
            ("' OR 1=1 --", []),
        ],
    )
    def test_finds(self, store: Store, text: str, found: list[str]) -> None:
        publish(store, firms=NAMED)

        assert [f.id for f in store.reader().search(text)] == found

    def test_gives_no_more_than_asked_for(self, store: Store) -> None:
        publish(store, firms=NAMED)

        assert [f.id for f in store.reader().search("东钢", size=2)] == ["F1", "F2"]

    def test_finds_what_the_version_knew(self, store: Store) -> None:
        publish(store, firms=[firm("A", name="老名字")])
        publish(store, firms=[firm("A", name="新名字"), firm("B", name="老字号")])

        assert [f.id for f in store.reader(1).search("老")] == ["A"]
        assert [f.id for f in store.reader(2).search("老")] == ["B"]
        assert [f.name for f in store.reader(2).search("名字")] == ["新名字"]


class StoreTests(WriteTests, ReadTests, SearchTests):
    """Everything that a store must be."""
