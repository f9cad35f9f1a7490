"""Many losses on one network: only what each takes from the payments before it is passed on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import BoolArray, FloatArray, IntArray
from graph.arrays.shocks import entries
from graph.errors import InvalidInput
from graph.network.firms import Frame, scenario_frame
from graph.spread.payments.kernels import decrements as kernel
from graph.spread.payments.prepared import AssetLosses, Cleared
from graph.spread.payments.scratch import Changes, from_scratch, joined

# Beyond these the equations are solved from scratch: what falls so often falls too slowly.
ROUNDS_MAX = 1000
PUSHES_A_FIRM, PUSHES_LEAST = 8, 10_000
CHUNK = 4096
WAITING_MAX = 1e-12  # Of the largest debt, all that waits; above that only last bits may wait.


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """What each scenario costs all firms together, in the unit of the debts, beyond the base."""

    payments: FloatArray  # What is paid less, inside and outside.
    equity: FloatArray  # What owners have less.
    defaults: IntArray  # Firms that fail and had not before.
    rounds: IntArray  # Until nobody pays less; 0 where cleared from scratch.
    waiting: FloatArray  # Falls of payments too small to be passed on, added up.
    again: BoolArray  # Cleared from scratch.
    changes: Changes | None
    scenarios: Any = field(default=None, repr=False)  # What each is called.

    def to_pandas(self) -> Frame:
        """Return a row a scenario: scenario, payments, equity, defaults, rounds, waiting, again."""
        names = ("payments", "equity", "defaults", "rounds", "waiting", "again")
        return scenario_frame(self.scenarios, **{name: getattr(self, name) for name in names})


def clear_many(
    base: Cleared,
    losses: AssetLosses,
    *,
    changes: bool = False,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Shortfalls:
    """
    Return what losses of external assets come to, each by what it takes from the payments before.

    Each scenario is what `clear` finds for `debts.with_losses(...)`, less what it finds before
    (proof in `kernels/decrements.py`). A fall of a payment by less than 1e-13 of the
    scenario's losses is not passed on; what waits so is reported, and is 1e-12 of the largest debt
    at most, or the last bits of shares. A scenario that goes on for `ROUNDS_MAX` rounds or eight
    pushes a firm is cleared from scratch, and marked.

    Args:
        base: The network before the losses.
        losses: The scenarios.
        changes: Whether to say who is worse off, too.
        threads: How many scenarios run at a time.
        progress: Told how many more scenarios are done.

    Raises:
        InvalidInput: A scenario names a firm outside, or has a gain in place of a loss.
        NotConverged: A scenario cleared from scratch has no finite solution.

    Example:
        Firm 0 owes 1 ten and has twelve; 1 owes 2 eight and has nothing else.

        >>> from graph.clearing import Debts, prepare
        >>> debts = Debts(3, [1, 2], [0, 1], [10.0, 8.0], [12.0, 0.0, 0.0], [0.0, 0.0, 0.0])
        >>> found = clear_many(prepare(debts), AssetLosses.alone([0, 0, 2], [1.0, 6.0, 0.0]))
        >>> found.payments.tolist(), found.defaults.tolist()
        ([0.0, 6.0, 0.0], [0, 2, 0])
    """
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    taken = losses.checked(base)
    found, kept = _passed_on(base, taken, threads=threads, changes=changes, progress=progress)
    again = np.flatnonzero(found[:, kernel.GAVE_UP])
    scratch = from_scratch(base, taken, again, threads=threads, changes=changes)
    for scenario, each in zip(again.tolist(), scratch, strict=True):
        found[scenario] = each.totals
    return Shortfalls(
        payments=found[:, kernel.SHORTFALL],
        equity=found[:, kernel.EQUITY],
        defaults=found[:, kernel.DEFAULTS].astype(np.int64),
        rounds=found[:, kernel.ROUNDS].astype(np.int64),
        waiting=found[:, kernel.WAITING],
        again=found[:, kernel.GAVE_UP] > 0.0,
        changes=joined(kept, dict(zip(again.tolist(), scratch, strict=True))) if changes else None,
        scenarios=losses.names(base),
    )


def _passed_on(
    base: Cleared,
    losses: kernel.FirstLosses,
    *,
    threads: int,
    changes: bool,
    progress: Callable[[int], None] | None,
) -> tuple[FloatArray, kernel.Falls]:
    """Return the kernel's row for every scenario, and who changed; nobody where given up."""
    count = len(losses.offsets) - 1
    found = np.zeros((count, kernel.GAVE_UP + 1))
    _run(base, losses, found, _falls(np.zeros(count + 1)), threads=threads, progress=progress)
    most = WAITING_MAX * base.found.liability.max(initial=0.0)
    coarse = np.flatnonzero(found[:, kernel.WAITING] > most)
    losses.waits[coarse] = 0.0
    ends, places = entries(losses.offsets, coarse)
    finer = kernel.FirstLosses(
        ends, losses.rows[places], losses.amounts[places], losses.waits[coarse]
    )
    sharp = np.zeros((len(coarse), kernel.GAVE_UP + 1))
    _run(base, finer, sharp, _falls(np.zeros(len(coarse) + 1)), threads=threads, progress=None)
    found[coarse] = sharp
    kept = _falls(np.concatenate([[0], np.cumsum(found[:, kernel.CHANGED])]))
    if changes and len(kept.rows):
        # How many change is known now: what was found is found again, and kept.
        _run(base, losses, found, kept, threads=threads, progress=None)
    return found, kept


def _run(
    base: Cleared,
    losses: kernel.FirstLosses,
    found: FloatArray,
    kept: kernel.Falls,
    *,
    threads: int,
    progress: Callable[[int], None] | None,
) -> None:
    """Run all scenarios, chunk by chunk, each thread in a workspace of its own."""
    count = len(found)
    size = min(CHUNK, max(1, -(-count // threads)))
    effort = kernel.Patience(ROUNDS_MAX, PUSHES_A_FIRM * len(base) + PUSHES_LEAST)

    def work(place: int) -> None:
        """Run the chunks of one thread."""
        space = kernel.state(len(base))
        for first in range(place * size, count, threads * size):
            last = min(first + size, count)
            part = losses._replace(
                offsets=losses.offsets[first : last + 1], waits=losses.waits[first:last]
            )
            own = kept._replace(offsets=kept.offsets[first : last + 1])
            kernel.run(base.before, space, part, effort, found[first:last], own)
            if progress is not None:
                progress(last - first)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


def _falls(offsets: npt.NDArray[np.number]) -> kernel.Falls:
    ends = offsets.astype(np.int64)
    size = int(ends[-1])
    return kernel.Falls(
        ends, np.zeros(size, np.int64), np.zeros(size), np.zeros(size), np.zeros(size, np.int64)
    )
