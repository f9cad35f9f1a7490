"""
What is lost in fen when production is: firms' sales, and what the bank has lent them.

    production   L_i = rint(max(1 - hd_i, 1 - hu_i) sales_i)
    credit       C_i = rint(LGD_i EAD_i chi_i)

chi_i is 1 for a firm that fails first. For the others it is 0, or 1 above a threshold of lost
production, or what the rules of `graph.fsri` say where books are given. Each firm's loss is rounded
once; sums are of whole fen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import (
    Frame,
    checked_ids,
    firm_column,
    firm_frame,
    frame,
    refuse,
    refuse_size,
    rows_of,
)
from graph.spread.fsri import Books, Buffers, Terms
from graph.spread.production.cascade import losses_of
from graph.spread.production.economy import Production, Rules
from graph.spread.production.results import Block, in_fen
from graph.spread.shocks import Scenarios
from graph.stress.scenarios.groups import Groups

FEN_MAX = 2**62  # All that can be lost, so that no sum passes 64 bits.


@dataclass(frozen=True, slots=True)
class Credit:
    """
    What the bank has lent, by firm, and when a loan is lost.

    Args:
        ead_fen: Exposure at default of every firm.
        lgd: Share of it that is lost, one for all or one for each firm.
        threshold: A firm whose production loss is above it defaults too; None: only those that
            fail first do.
        books: Revenue, cost and buffers in fen, for the rules of `terms`; None: no such rules.
        terms: When lost profit is a default (`terms.lgd` is not read).
    """

    ead_fen: npt.ArrayLike
    lgd: npt.ArrayLike = 1.0
    threshold: float | None = None
    books: Books | None = None
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0.0 <= self.threshold <= 1.0:
            raise InvalidInput(f"threshold {self.threshold} is not in [0, 1]")
        if self.threshold is not None and self.books is not None:
            raise InvalidInput("a threshold and books are two rules for the same defaults")

    def columns(self, firms: int) -> tuple[IntArray, FloatArray]:
        """Return exposures and losses given default by firm, or raise `InvalidInput`."""
        ead_fen = _fen(self.ead_fen, "ead_fen", firms)
        lgd = np.array(self.lgd, np.float64)
        if lgd.ndim:
            refuse_size(lgd, firms, "lgd")
        if not ((lgd >= 0.0) & (lgd <= 1.0)).all():
            raise InvalidInput("lgd is not in [0, 1]")
        return ead_fen, np.broadcast_to(lgd, firms).copy()


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """Sales and loans that can be lost, and the groups that losses are summed over."""

    economy: int  # Firms, with those that have nothing to lose.
    every: Groups  # Over all these firms.
    groups: Groups  # Over the rows below.
    firms: IntArray  # Rows of firms that have anything to lose.
    sales_fen: IntArray  # Of these firms.
    ead_fen: IntArray
    lgd: FloatArray
    threshold: float | None
    buffers: Buffers | None
    terms: Terms
    lends: bool
    ids: Sequence[str] | None = field(default=None, repr=False)  # Of all firms.

    @classmethod
    def build(
        cls,
        sales_fen: npt.ArrayLike,
        *,
        groups: Groups | None = None,
        credit: Credit | None = None,
        ids: Sequence[str] | None = None,
    ) -> "Stakes":
        """
        Return what firms with these sales can lose.

        Args:
            sales_fen: Of every firm in the year that a production loss is a share of.
            groups: What losses are summed over besides all firms.
            credit: What the bank has lent; without it no credit loss is counted.
            ids: What the firms are called, in row order; by default what the groups call them.

        Raises:
            InvalidInput: A column has the wrong length or a negative entry, or all of it together
                is more than a sum can hold; or the ids do not fit.

        Example:
            >>> Stakes.build([70, 0, 5], credit=Credit([0, 0, 100])).firms.tolist()
            [0, 2]
        """
        sales = _fen(sales_fen, "sales_fen", np.size(np.asarray(sales_fen)))
        firms = len(sales)
        groups = groups or Groups.build(firms)
        if groups.firms != firms:
            raise InvalidInput(f"groups of {groups.firms} firms, sales of {firms}")
        ead, lgd = (credit or Credit(np.zeros(firms, np.int64))).columns(firms)
        rows = np.flatnonzero((sales > 0) | (ead > 0))
        terms = credit.terms if credit else Terms()
        books = credit.books if credit else None
        return cls(
            firms,
            groups,
            groups.chosen(rows),
            rows,
            sales[rows],
            ead[rows],
            lgd[rows],
            credit.threshold if credit else None,
            Buffers.of(books, rows, firms, terms) if books else None,
            terms,
            credit is not None,
            checked_ids(groups.ids if ids is None else ids, firms),
        )

    def called(self, production: Production) -> Sequence[str] | None:
        """Return what an economy's firms are called, there or else here."""
        return self.ids if production.ids is None else production.ids

    def to_pandas(self) -> Frame:
        """Return a row a firm that has anything to lose: firm, sales_fen, ead_fen, lgd."""
        amounts = {"sales_fen": self.sales_fen, "ead_fen": self.ead_fen, "lgd": self.lgd}
        return firm_frame(self.ids, self.firms, **amounts)

    def lost(self, block: Block) -> IntArray:
        """Return the production loss in fen of the stakes' firms (columns) in every scenario."""
        return in_fen(np.maximum(block.down, block.up), self.sales_fen)

    def credit(self, block: Block, first: npt.NDArray[np.bool_]) -> IntArray:
        """Return the credit loss in fen of the stakes' firms, those that fail first marked."""
        shares = first.astype(np.float64)
        if self.threshold is not None:
            shares[np.maximum(block.down, block.up) > self.threshold] = 1.0
        if self.buffers is not None:
            shares = np.maximum(shares, self.buffers.lost(block, self.terms))
        return in_fen(shares * self.lgd, self.ead_fen)


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What some scenarios cost (rows), firm by firm of the stakes (columns)."""

    block: Block
    production_fen: IntArray
    credit_fen: IntArray | None
    first: npt.NDArray[np.bool_]  # Who fails first.
    asked: "Scope" = field(repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a scenario and firm that loses in it: scenario, firm, first, and fen."""
        lost = self.first | (self.production_fen > 0)
        if self.credit_fen is not None:
            lost |= self.credit_fen > 0
        scenarios, places = np.nonzero(lost)
        columns = {**self.asked.named(scenarios, places), "first": self.first[lost]}
        columns["production_fen"] = self.production_fen[lost]
        if self.credit_fen is not None:
            columns["credit_fen"] = self.credit_fen[lost]
        return frame(columns)


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Of whom it was counted: some scenarios of all, and the firms of the stakes."""

    production: Production
    scenarios: Scenarios
    stakes: Stakes
    start: int  # Number of the first of these scenarios among all.

    def named(self, scenarios: IntArray, places: IntArray) -> dict[str, Any]:
        """Return columns of what scenarios from the first on, and firms by place, are called."""
        names = self.scenarios.names(self.production)
        ids = self.stakes.called(self.production)
        return {
            "scenario": names.take(self.start + scenarios),
            "firm": firm_column(ids, self.stakes.firms[places]),
        }


def count(
    production: Production,
    scenarios: Scenarios,
    stakes: Stakes,
    *,
    rules: Rules | None = None,
    fails_at: float = 1.0,
    threads: int = 1,
) -> Iterator[Counted]:
    """
    Yield what scenarios cost every firm, in order; few are held in memory at a time.

    Args:
        production: The prepared economy.
        scenarios: What fails first.
        stakes: What can be lost.
        rules: When a cascade stops; the published setting by default.
        fails_at: A firm whose first loss is at least this share fails first.
        threads: How many scenarios run at a time.

    Raises:
        InvalidInput: The stakes are of other firms, or a scenario names none of the economy.
        NotFound: The economy has no firm of that id.
        NotConverged: A cascade still moved at the bound on rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> stakes = Stakes.build([400, 900])
        >>> next(count(production, Scenarios.alone([0]), stakes)).production_fen.tolist()
        [[400, 900]]
    """
    if len(production) != stakes.economy:
        raise InvalidInput(f"stakes of {stakes.economy} firms, an economy of {len(production)}")
    places = np.full(len(production), -1)
    places[stakes.firms] = np.arange(len(stakes.firms))
    offsets, rows = np.asarray(scenarios.offsets), rows_of(scenarios.rows, production, "rows")
    fails = np.maximum(scenarios.down, scenarios.up) >= fails_at
    start = 0
    for block in losses_of(production, scenarios, stakes.firms, rules=rules, threads=threads):
        size = len(block.rounds)
        first = np.zeros((size, len(stakes.firms)), np.bool_)
        own = slice(offsets[start], offsets[start + size])
        number = np.repeat(np.arange(size), np.diff(offsets[start : start + size + 1]))
        kept = fails[own] & (places[rows[own]] >= 0)
        first[number[kept], places[rows[own]][kept]] = True
        credit = stakes.credit(block, first) if stakes.lends else None
        asked = Scope(production, scenarios, stakes, start)
        yield Counted(block, stakes.lost(block), credit, first, asked)
        start += size


def _fen(given: npt.ArrayLike, name: str, firms: int) -> IntArray:
    values = np.asarray(given)
    refuse_size(values, firms, name)
    if firms and not np.issubdtype(values.dtype, np.integer):
        raise InvalidInput(f"{name} is no column of whole fen")
    amounts = values.astype(np.int64)
    refuse(amounts < 0, name, "is negative")
    if float(amounts.sum(dtype=np.float64)) > FEN_MAX:
        raise InvalidInput(f"{name} sums to more than {FEN_MAX} fen")
    return amounts
