"""Two recordings side by side: firm by firm, in all, and by sector or market."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network import firms
from graph.stress.replay.recording import Recording
from graph.stress.replay.tracks import Reason, Track

NEVER = -1  # First round, and reason, of a firm that a scenario does not reach.


@dataclass(frozen=True, slots=True)
class Groups:
    """What groups lose in two scenarios, as shares of all weight: they sum to the totals."""

    numbers: IntArray  # Distinct, ascending.
    loss_a: FloatArray
    loss_b: FloatArray

    @property
    def difference(self) -> FloatArray:
        """Return how much more each group loses in b."""
        return self.loss_b - self.loss_a

    def to_pandas(self) -> firms.Frame:
        """Return a row a group: group, loss_a, loss_b, difference."""
        names = ("loss_a", "loss_b", "difference")
        return firms.frame({"group": self.numbers, **{name: getattr(self, name) for name in names}})


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Every firm that either scenario reaches: its losses, when it was hit first and why mainly.

    The main reason is that of the firm's largest change in the channel where it loses more, as
    `Recording.why` begins with; -1 stands for never. Where `same_network` is false the recordings
    are of two networks with the same number of firms, taken to be the same firms by row. `ids` is
    what both call them, None where they do not say so or call them differently.
    """

    rows: IntArray
    loss_a: FloatArray
    loss_b: FloatArray
    first_a: IntArray
    first_b: IntArray
    reason_a: IntArray
    reason_b: IntArray
    same_network: bool
    total_a: float
    total_b: float
    groups: Groups | None
    ids: Sequence[str] | None = field(default=None, repr=False, compare=False)

    @property
    def difference(self) -> FloatArray:
        """Return how much more each firm loses in b."""
        return self.loss_b - self.loss_a

    def table(self) -> pa.Table:
        """Return a row a firm, reasons in words, null where a scenario does not reach it."""
        columns = {"row": pa.array(self.rows)}
        for name in ("loss_a", "loss_b", "difference"):
            columns[name] = pa.array(getattr(self, name))
        for name in ("first_a", "first_b"):
            numbers = getattr(self, name)
            columns[name] = pa.array(numbers, mask=numbers == NEVER)
        words = pa.array([each.name.lower() for each in Reason])
        for name in ("reason_a", "reason_b"):
            codes = getattr(self, name)
            columns[name] = words.take(pa.array(codes, mask=codes == NEVER))
        return pa.table(columns)

    def to_pandas(self) -> firms.Frame:
        """Return the same, firms as ids where known: firm in place of row."""
        told = self.table()
        columns = {name: told[name] for name in told.column_names[1:]}
        return firms.firm_frame(self.ids, self.rows, **columns)


def compare(
    a: Recording, b: Recording, *, weights: npt.ArrayLike, groups: npt.ArrayLike | None = None
) -> Comparison:
    """
    Set two recordings side by side.

    Args:
        a: One recording.
        b: Another, of the same network or of one with the same firms and other trades.
        weights: What each firm counts in totals, in both: `Production.weights` of either network.
        groups: Number of each firm's sector, or market, for totals by it.

    Raises:
        InvalidInput: They have not the same number of firms, or a column does not fit.

    Example:
        >>> from graph.contagion import Economy, Scenarios, prepare
        >>> from graph.replay import record
        >>> production = prepare(Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0]))
        >>> half = Scenarios.together([0], down=0.5, up=0.5)
        >>> a, b = (record(production, each) for each in (half, Scenarios.together([0])))
        >>> found = compare(a, b, weights=production.weights)
        >>> found.difference.tolist(), found.first_b.tolist(), found.same_network
        ([0.5, 0.5, 0.5], [0, 1, 2], True)
    """
    if a.firms != b.firms:
        raise InvalidInput(f"recordings of {a.firms} and {b.firms} firms cannot be compared")
    weighing = np.array(weights, np.float64)
    firms.refuse_size(weighing, a.firms, "weights")
    one, other = _Side.of(a), _Side.of(b)
    rows = np.flatnonzero((one.first != NEVER) | (other.first != NEVER))
    return Comparison(
        rows=rows,
        loss_a=one.loss[rows],
        loss_b=other.loss[rows],
        first_a=one.first[rows],
        first_b=other.first[rows],
        reason_a=one.reason[rows],
        reason_b=other.reason[rows],
        same_network=a.network == b.network,
        total_a=float(np.sum(weighing * one.loss)),
        total_b=float(np.sum(weighing * other.loss)),
        groups=None if groups is None else _groups(groups, weighing, [one, other]),
        ids=_ids(a, b),
    )


def _ids(a: Recording, b: Recording) -> Sequence[str] | None:
    """Return what firms are called, unless the recordings call them differently."""
    if a.ids is None or b.ids is None:
        return b.ids if a.ids is None else a.ids
    return a.ids if a.ids is b.ids or list(a.ids) == list(b.ids) else None


@dataclass(frozen=True, slots=True)
class _Side:
    """One recording by firm."""

    loss: FloatArray
    first: IntArray
    reason: IntArray

    @classmethod
    def of(cls, recording: Recording) -> "_Side":
        """Return when and why each firm of a recording was hit first."""
        state = recording.state()
        first, reason = (np.full(recording.firms, NEVER) for _ in range(2))
        main = np.where(state.up > state.down, 1, 0)
        for number, track in enumerate((recording.down, recording.up)):
            rows, rounds, reasons = _firsts(track)
            later = (first[rows] == NEVER) | (rounds < first[rows])
            first[rows[later]] = rounds[later]
            own = main[rows] == number
            reason[rows[own]] = reasons[own]
        return cls(state.loss, first, reason)


def _firsts(track: Track) -> tuple[IntArray, IntArray, IntArray]:
    """Return the firms of a track, the round each is in first, and the reason it changed most."""
    rounds = np.repeat(np.arange(len(track.offsets) - 1), np.diff(track.offsets))
    order = np.argsort(track.rows, kind="stable")
    rows, lost = track.rows[order], 1.0 - track.left[order]
    begins = np.flatnonzero(np.diff(rows, prepend=-1))
    moved = np.abs(np.diff(lost, prepend=0.0))
    moved[begins] = lost[begins]
    largest = order[np.lexsort((-moved, rows))[begins]]
    return (
        rows[begins].astype(np.int64),
        rounds[order[begins]],
        track.reasons[largest].astype(np.int64),
    )


def _groups(given: npt.ArrayLike, weights: FloatArray, sides: list[_Side]) -> Groups:
    numbers = firms.numbers(given, "groups")
    firms.refuse_size(numbers, len(weights), "groups")
    distinct, places = np.unique(numbers, return_inverse=True)
    sums = [
        np.bincount(places, weights * side.loss, len(distinct)).astype(np.float64) for side in sides
    ]
    return Groups(distinct, *sums)
