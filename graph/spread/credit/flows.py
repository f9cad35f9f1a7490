"""What moved along claims, core by core, and through whom it came."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from graph.arrays.dtypes import RowArray
from graph.arrays.sorting import sorted_by
from graph.errors import InvalidInput
from graph.network.firms import Frame
from graph.spread.credit.documents import Debts, Passed, Rows, Rules

PATHS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Path:
    """Part of what arrived at a firm: whom it came from, the holder of the documents first."""

    firms: tuple[int, ...]
    amount_fen: int


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What moved along claims: of core k in step s from offsets[k steps + s - 1] on."""

    debts: Debts
    rules: Rules
    cores: Rows
    offsets: Rows
    claims: RowArray
    amount_fen: Rows

    def __len__(self) -> int:
        return len(self.amount_fen)

    def to_pandas(self) -> Frame:
        """Return a row an amount that moved: step, core, giver, taker, amount_fen."""
        return self.passed().to_pandas()

    def passed(self) -> Passed:
        """Return every amount by step, giver, core and taker."""
        steps, owed = self.rules.steps_max, self.debts.owed
        part = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        core, step = np.divmod(part, max(1, steps))
        giver = owed.debtors[self.claims]
        order = sorted_by(self.debts.order[self.claims], np.arange(len(part)), len(owed.amounts))
        for keys, count in ((core, len(self.cores)), (giver, len(self.debts.firms)), (step, steps)):
            order = sorted_by(keys, order, count)
        return Passed(
            step[order] + 1,
            self.cores[core[order]],
            self.debts.firms[giver[order]],
            self.debts.firms[owed.creditors[self.claims[order]]],
            self.amount_fen[order],
            ids=self.debts.ids,
        )

    def arrived(self, core: int | str) -> dict[int, int]:
        """
        Return what arrived at each firm's row for one core, in all steps, firms ascending.

        Args:
            core: The core, by row or by id.

        Raises:
            InvalidInput: It is neither, or nothing was held for that core.
            NotFound: No firm has that id.
        """
        ends = self._place(core) * self.rules.steps_max
        own = slice(self.offsets[ends], self.offsets[ends + self.rules.steps_max])
        takers, place = np.unique(self.debts.owed.creditors[self.claims[own]], return_inverse=True)
        sums = np.zeros(len(takers), np.int64)
        np.add.at(sums, place, self.amount_fen[own])
        return dict(zip(self.debts.firms[takers].tolist(), sums.tolist(), strict=True))

    def paths(self, core: int | str, firm: int | str, *, paths_max: int = PATHS_MAX) -> list[Path]:
        """
        Return through whom a firm got what arrived for one core; the paths sum to it.

        What a firm passed on is taken from what had arrived in proportion, in whole fen.

        Args:
            core: The core, by row or by id.
            firm: The firm, by row or by id.
            paths_max: How many paths there may be.

        Raises:
            InvalidInput: Core or firm is neither, nothing was held for that core, or there are
                more than `paths_max` paths.
            NotFound: No firm has that id.

        Example:
            >>> from fractions import Fraction
            >>> from graph.credit import Claims, Held, pass_each
            >>> held, claims = Held.of({(1, 0): 100}), Claims.of({(2, 1): 80, (3, 2): 50})
            >>> rules = Rules(Fraction(1, 2), steps_max=2, cut_off_fen=1)
            >>> pass_each(held, Debts.of(claims), rules).paths(0, 3)
            [Path(firms=(1, 2, 3), amount_fen=25)]
        """
        begin = self._place(core) * self.rules.steps_max
        firm = self.debts.row("firm", firm)
        found: list[Path] = []
        steps = [self._into(begin + step) for step in range(self.rules.steps_max)]
        waiting: list[tuple[int, int, tuple[int, ...]]] = [
            (step, sum(part for _, part in into.get(firm, [])), (firm,))
            for step, into in enumerate(steps)
        ]
        while waiting:
            step, amount, ways = waiting.pop()
            if step < 0:
                found.append(Path(ways, amount))
                continue
            if len(waiting) + len(found) > paths_max:
                raise InvalidInput(f"firm {firm} is reached on more than {paths_max} paths")
            into = steps[step].get(ways[0], [])
            parts = _in_proportion(amount, [part for _, part in into])
            for (giver, _), part in zip(into, parts, strict=True):
                if part:
                    waiting.append((step - 1, part, (giver, *ways)))
        return sorted(found, key=lambda path: (len(path.firms), path.firms))

    def _place(self, core: int | str) -> int:
        core = self.debts.row("core", core)
        place = int(np.searchsorted(self.cores, core))
        if place == len(self.cores) or self.cores[place] != core:
            raise InvalidInput(f"nothing was held for core {core}")
        return place

    def _into(self, part: int) -> dict[int, list[tuple[int, int]]]:
        """Return who gave what to each firm in one step for one core."""
        own = slice(self.offsets[part], self.offsets[part + 1])
        owed, firms = self.debts.owed, self.debts.firms
        into: dict[int, list[tuple[int, int]]] = {}
        ends = (firms[ends[self.claims[own]]] for ends in (owed.creditors, owed.debtors))
        columns = [column.tolist() for column in (*ends, self.amount_fen[own])]
        for taker, giver, amount in sorted(zip(*columns, strict=True)):
            into.setdefault(taker, []).append((giver, amount))
        return into


def _in_proportion(amount: int, weights: list[int]) -> list[int]:
    """Return whole parts of an amount, as the weights are; they sum to it."""
    total, before, parts = sum(weights), 0, []
    for upto in accumulate(weights):
        after = amount * upto // total
        parts.append(after - before)
        before = after
    return parts
