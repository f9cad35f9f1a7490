"""Any order of writing, publishing and giving up, against the store in memory."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from graph import model
from graph.errors import InvalidInput, StageRefused
from graph.model import FirmId, Value
from graph.stores.base import Store, Writer
from graph.testing.economy import DAY, NOW, firm, rows_of, trade, voucher
from graph.testing.memory import MemoryStore

NAMES = ("A", "B", "é", "东", "𠀀")
names = st.sampled_from(NAMES)
firms = st.builds(
    lambda name, called, size: firm(name, name=called, capital_fen=size),
    names,
    st.sampled_from(["甲乙", "乙丙", "x"]),
    st.none() | st.integers(-(2**63), 2**63 - 1),
)
trades = st.builds(trade, names, names, st.integers(-100, 100))
vouchers = st.builds(voucher, st.sampled_from("12"), names, names)
Rows = list[Mapping[str, Value]]


def machine(empty: Callable[[], Store]) -> type[RuleBasedStateMachine]:
    """
    Return the state machine of a store.

    Args:
        empty: Opens a store in which nothing has been written yet.
    """

    class Machine(StoreMachine):
        """Runs against the stores of one adapter."""

        def open(self) -> Store:
            """Return an empty store of the adapter."""
            return empty()

    return Machine


class StoreMachine(RuleBasedStateMachine):
    """A store and its model do the same; after each step both say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.store = self.open()
        self.model = MemoryStore()
        self.stages: tuple[Writer, Writer] | None = None

    def open(self) -> Store:
        """Return the empty store that the machine drives; `machine` says how."""
        raise NotImplementedError

    @precondition(lambda self: self.stages is None)
    @rule()
    def stage(self) -> None:
        """Open the next version; nobody may open another meanwhile."""
        self.stages = self.store.stage(), self.model.stage()
        assert self.stages[0].number == self.stages[1].number
        with pytest.raises(StageRefused):
            self.model.stage()

    @precondition(lambda self: self.stages is not None)
    @rule(rows=st.lists(firms, max_size=4))
    def write_firms(self, rows: Rows) -> None:
        """Write firms, some of them there before, some with the largest amounts there are."""
        self._write("firms", rows)

    @precondition(lambda self: self.stages is not None)
    @rule(rows=st.lists(trades, max_size=6))
    def write_trades(self, rows: Rows) -> None:
        """Write trades, also of firms that are in no version."""
        self._write("trades", rows)

    @precondition(lambda self: self.stages is not None)
    @rule(rows=st.lists(vouchers, max_size=3))
    def write_vouchers(self, rows: Rows) -> None:
        """Write vouchers, whose holder may change under the same id."""
        self._write("vouchers", rows)

    @precondition(lambda self: self.stages is not None)
    @rule(pairs=st.lists(st.tuples(names, names), max_size=4))
    def remove_trades(self, pairs: list[tuple[str, str]]) -> None:
        """Remove trades by their keys, whether they are there or not."""
        self._remove("trades", [{"supplier": s, "buyer": b} for s, b in pairs])

    @precondition(lambda self: self.stages is not None)
    @rule(gone=st.lists(names, max_size=2))
    def remove_firms(self, gone: list[str]) -> None:
        """Remove firms, also such as still trade: then no version may be published."""
        self._remove("firms", [{"firm": name} for name in gone])

    @precondition(lambda self: self.stages is not None)
    @rule()
    def abandon(self) -> None:
        """Give up what was staged; it leaves no trace."""
        for stage in self.stages or ():
            stage.abandon()
        self.stages = None

    @precondition(lambda self: self.stages is not None)
    @rule()
    def publish(self) -> None:
        """Publish where the model can, be refused where it is, and compare what is read."""
        assert self.stages is not None
        real, model_stage = self.stages
        try:
            expected = model_stage.publish(DAY, published_at=NOW)
        except InvalidInput:
            with pytest.raises(InvalidInput):
                real.publish(DAY, published_at=NOW)
            return
        assert real.publish(DAY, published_at=NOW) == expected
        self.stages = None
        self._compare(expected.number)

    @precondition(lambda self: self.model.versions() != [])
    @rule(where=st.floats(0, 1, exclude_max=True))
    def read(self, where: float) -> None:
        """Compare a version, however old: nothing that came later may show in it."""
        self._compare(1 + int(where * len(self.model.versions())))

    def teardown(self) -> None:
        """Give the store back."""
        self.store.close()

    def _write(self, table: str, rows: Rows) -> None:
        for stage in self.stages or ():
            if rows:
                stage.write(table, rows_of(table, rows))

    def _remove(self, table: str, keys: Rows) -> None:
        for stage in self.stages or ():
            if keys:
                stage.remove(table, rows_of(table, keys))

    def _compare(self, version: int) -> None:
        real, expected = self.store.reader(version), self.model.reader(version)
        assert self.store.versions() == self.model.versions()
        for table in model.TABLES:
            assert real.columns(table) == expected.columns(table)
        assert real.firms() == expected.firms()
        assert real.search("乙") == expected.search("乙")
        for found in expected.firms():
            name = FirmId(found.id)
            assert real.trades_of(name) == expected.trades_of(name)
