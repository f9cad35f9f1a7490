"""A scenario's rounds: recorded with their reasons, given back round by round, and explained."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numba
import numpy as np
import pyarrow as pa

from graph.arrays.dtypes import FloatArray
from graph.errors import InvalidInput
from graph.network.firms import FirmRows, Frame, frame, rows_of
from graph.spread.production import runs
from graph.spread.production.cascade import settling
from graph.spread.production.economy import Denominators, Production, Rules
from graph.spread.production.kernels import esri as plain
from graph.spread.production.results import Contagion
from graph.spread.shocks import Scenarios
from graph.stress.replay import tables
from graph.stress.replay.kernels import reasons as kernel
from graph.stress.replay.kernels.reasons import PassedOn, RoundChanges
from graph.stress.replay.tracks import CHANNELS, Change, Channel, Track

# What the rounds read of a network; all else in it says the same in another order.
HASHED = (
    "market",
    "market_sales",
    "market_share",
    "in_indptr",
    "in_essential",
    "in_needed",
    "in_suppliers",
    "in_shares",
    "out_indptr",
    "out_buyers",
    "out_shares",
)


@dataclass(frozen=True, slots=True)
class Recording:
    """
    Every round of one scenario, and what it was computed with.

    `indices` are the weighted losses after each round: both, down alone and up alone.
    """

    down: Track
    up: Track
    indices: FloatArray
    firms: int
    network: str  # `fingerprint` of the network.
    rules: Rules
    replaceability: bool
    denominators: Denominators
    versions: str  # Of what computed it.
    ids: Sequence[str] | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        """Return the number of rounds after the shock."""
        return len(self.indices) - 1

    def table(self) -> pa.Table:
        """Return a row a change, with the columns of `Change`; firms as ids where known."""
        return pa.table(tables.changes((self.down, self.up), self.ids))

    def to_pandas(self) -> Frame:
        """Return the same as a frame."""
        return frame(tables.changes((self.down, self.up), self.ids))

    @property
    def scenario(self) -> Scenarios:
        """Return the shocks of round 0; firms that lose nothing at the start are left out."""
        left = [track.left_after(0, self.firms) for track in (self.down, self.up)]
        rows = np.flatnonzero((left[0] < 1.0) | (left[1] < 1.0))
        offsets = np.array([0, len(rows)])
        return Scenarios(offsets, rows, 1.0 - left[0][rows], 1.0 - left[1][rows])

    def track(self, channel: Channel) -> Track:
        """Return the changes of one channel."""
        if channel not in CHANNELS:
            raise InvalidInput(f"channel {channel!r} is neither 'down' nor 'up'")
        return self.down if channel == "down" else self.up

    def state(self, number: int | None = None) -> Contagion:
        """
        Return all losses after a round, the last by default: the bits that `rounds` yields.

        Raises:
            InvalidInput: There is no such round.
        """
        number = len(self) if number is None else number
        if not 0 <= number <= len(self):
            raise InvalidInput(f"round {number} is not one of 0 to {len(self)}")
        down = 1.0 - self.down.left_after(number, self.firms)
        up = 1.0 - self.up.left_after(number, self.firms)
        index = runs.Index(*self.indices[number].tolist())
        return Contagion(down, up, number, *index, self.rules, self.ids)

    def changes(self, row: int | str, channel: Channel) -> list[Change]:
        """
        Return all changes of a firm, given by row or by id, in one channel, in order of rounds.

        Raises:
            InvalidInput: There is no such firm or channel.
            NotFound: No firm has that id.
        """
        row = self._row(row)
        if not 0 <= row < self.firms:
            raise InvalidInput(f"row {row} is no row of a firm: there are {self.firms}")
        places = np.flatnonzero(self.track(channel).rows == row)
        rounds = np.searchsorted(self.track(channel).offsets, places, side="right") - 1
        return [self._at(row, channel, number) for number in rounds.tolist()]

    def why(
        self, row: int | str, *, channel: Channel | None = None, number: int | None = None
    ) -> list[Change]:
        """
        Return the chain of changes from a firm back to a shocked one, each caused by the next.

        It follows the trade that contributed most, one round back at a time; where a supplier
        only became harder to replace, it goes on with the firm that made the market smaller.
        Empty where the firm never changed. Under `dead_sector="unit"` it may end at a loss that
        eased instead.

        Args:
            row: The firm, by row or by id.
            channel: The one in which it lost more by default, down if equal.
            number: A round in which it changed; by default that of its largest change.

        Raises:
            InvalidInput: There is no such firm or channel, or it did not change in that round.
            NotFound: No firm has that id.

        Example:
            >>> from graph.contagion import Economy, prepare
            >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
            >>> kept = record(prepare(economy), Scenarios.together([0]))
            >>> [(each.round, each.row, each.reason.name) for each in kept.why(2)]
            [(2, 2, 'NOT_ESSENTIAL'), (1, 1, 'NOT_ESSENTIAL'), (0, 0, 'SHOCK')]
        """
        row = self._row(row)
        if channel is None:
            channel = self._larger(row)
        own = self.changes(row, channel)
        if number is not None:
            own = [each for each in own if each.round == number]
            if not own:
                raise InvalidInput(f"firm {row} did not change {channel} in round {number}")
        if not own:
            return []
        chain = [max(own, key=lambda each: abs(each.after - each.before))]
        while chain[-1].cause is not None:
            chain.append(self._at(chain[-1].cause, channel, chain[-1].round - 1))
        return chain

    def _row(self, given: int | str) -> int:
        return int(rows_of([given], FirmRows(self.firms, self.ids), "row")[0])

    def _larger(self, row: int) -> Channel:
        last = {each: self.changes(row, each)[-1:] for each in CHANNELS}
        lost = {each: found[0].after if found else 0.0 for each, found in last.items()}
        return "up" if lost["up"] > lost["down"] else "down"

    def _at(self, row: int, channel: Channel, number: int) -> Change:
        """Return the change of a firm in a round, which is there unless the columns are torn."""
        track = self.track(channel)
        place = track.place(number, row) if number >= 0 else None
        if place is None:
            raise InvalidInput(
                f"a trade leads to firm {row}, unchanged {channel} in round {number}"
            )
        before = 0.0
        for earlier in range(number - 1, -1, -1):
            last = track.place(earlier, row)
            if last is not None:
                before = 1.0 - float(track.left[last])
                break
        return track.change(channel, number, place, before)


def record(
    production: Production,
    scenario: Scenarios,
    *,
    rules: Rules | None = None,
    network: str | None = None,
) -> Recording:
    """
    Run one scenario and return every round of it, with the reason of every change.

    Args:
        production: The prepared economy.
        scenario: What fails first.
        rules: When to stop; the published setting by default.
        network: The `fingerprint` of the economy where many scenarios are recorded on it.

    Raises:
        InvalidInput: The scenario names a firm outside the economy, or there is more than one.
        NotConverged: Losses still moved after `rounds_max` rounds.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> kept = record(prepare(economy), Scenarios.together([0]))
        >>> len(kept), kept.state(1).down.tolist(), kept.down.rows.tolist()
        (3, [1.0, 1.0, 0.0], [0, 1, 2])
    """
    scenario.refuse_many()
    rules = rules or Rules()
    down, up, indices = [], [], []
    for left, lost_down, lost_up in _rounds(production, scenario, rules):
        down.append(lost_down)
        up.append(lost_up)
        losses = (1.0 - each[production.places] for each in left)
        indices.append(runs.index(production.weights, *losses))
    return Recording(
        Track.of(down),
        Track.of(up),
        np.array(indices),
        len(production),
        network or fingerprint(production),
        rules,
        production.replaceability,
        production.denominators,
        versions(),
        production.ids,
    )


def _rounds(
    production: Production, scenario: Scenarios, rules: Rules
) -> Iterator[tuple[tuple[FloatArray, FloatArray], RoundChanges, RoundChanges]]:
    """Yield what is left after each round, by place, and the changes down and up that led there."""
    structure, unit = production.structure, rules.dead_sector == "unit"
    rows = production.rows.astype(np.int32)
    states = settling(production, scenario, rules)
    left = next(states)
    yield left, kernel.shocked(rows, left[0]), kernel.shocked(rows, left[1])
    whole, nothing = np.ones(len(production)), np.zeros(len(production))
    before, passed_before = (whole, whole), nothing
    for after in states:
        passed = plain.passed_on(structure, left[0], unit)
        known = PassedOn(before[0], left[0], passed_before, passed)
        yield (
            after,
            kernel.downstream(structure, rows, known, after[0]),
            kernel.upstream(structure, rows, before[1], left[1], after[1]),
        )
        before, left, passed_before = left, after, passed


def fingerprint(production: Production) -> str:
    """
    Return a digest of a network as the rounds read it, and of its sales: equal ones, equal text.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> a, b = (prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[x])) for x in (4, 5))
        >>> len(fingerprint(a)), fingerprint(a) == fingerprint(b)
        (32, False)
    """
    digest = hashlib.sha256()
    columns = {name: getattr(production.structure, name) for name in HASHED}
    columns |= {name: getattr(production, name) for name in ("rows", "weights", "sales")}
    for name, column in columns.items():
        digest.update(f"{name} {column.dtype.str} {len(column)};".encode())
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()[:32]


def versions() -> str:
    """Return what computes here: other versions may differ in last bits."""
    return f"numba {numba.__version__}, numpy {np.__version__}"
