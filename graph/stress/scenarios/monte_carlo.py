"""
Losses in thousands of draws of first failures.

Who fails first is drawn (`failures`), each draw is one scenario of a cascade, and what it costs is
counted in fen (`stakes`). Nothing is run for a draw in which nobody fails, equal sets of failures
are run once, and what a draw costs depends on its number and the seed alone.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from graph.arrays.dtypes import IntArray
from graph.errors import InvalidInput
from graph.executors.work import Progress
from graph.network.firms import Frame, frame
from graph.spread.production.economy import Production, Rules
from graph.spread.production.results import in_fen
from graph.spread.shocks import Scenarios
from graph.stress.scenarios.failures import BLOCK, SAMPLINGS, Drawn, Failures, Sampling
from graph.stress.scenarios.groups import Groups, by_group
from graph.stress.scenarios.stakes import Counted, Stakes, count

CLUSTERS: dict[Sampling, int] = {"plain": 1, "antithetic": 2, "stratified": BLOCK}
FAILURES_HELD = 1 << 21  # First failures drawn at a time, about.
BLOCKS_HELD = 64
LOSSES_MAX = 1 << 27  # Figures of a whole result: draws x groups.
SEED_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """
    What is drawn; part of every result.

    Args:
        failures: Who fails first, how likely, and together with whom.
        draws: How many; an even number where `antithetic`, of whole blocks where `stratified`.
        seed: Of all randomness.
        sampling: As in `Failures.draw`.
        down: Share of its production, running downstream, that a firm that fails loses at once.
        up: The same, running upstream.
        rules: When a cascade stops.
    """

    failures: Failures
    draws: int
    seed: int
    sampling: Sampling = "plain"
    down: float = 1.0
    up: float = 1.0
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        if self.sampling not in SAMPLINGS:
            raise InvalidInput(f"sampling {self.sampling!r} is none of {', '.join(SAMPLINGS)}")
        if self.draws < 2 * self.cluster or self.draws % self.cluster:
            raise InvalidInput(
                f"draws {self.draws} is no multiple of {self.cluster}, at least twice that"
            )
        if not 0 <= self.seed <= SEED_MAX:
            raise InvalidInput(f"seed {self.seed} is not in 0 to {SEED_MAX}")
        for name in ("down", "up"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidInput(f"{name} {getattr(self, name)} is not in [0, 1]")

    @property
    def cluster(self) -> int:
        """Return how many draws that follow each other depend on each other."""
        return CLUSTERS[self.sampling]

    def scenarios(self, drawn: Drawn) -> Scenarios:
        """Return draws as scenarios of a cascade."""
        size = len(drawn.rows)
        down, up = np.full(size, self.down), np.full(size, self.up)
        return Scenarios(drawn.offsets, drawn.rows, down, up)


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """
    What every draw (rows) costs every group of firms (columns), in fen.

    Attributes:
        names: Of the groups; the first is all firms.
        production_fen: Lost production.
        credit_fen: Lost loans; None where no exposures were given.
        failed: How many firms fail first.
        first_fen: Production that these firms lose at once, before anything spreads.
        source: The draw of the same failures that was run; -1 where nobody fails.
        most_fen: All that each group can lose: of production, and of loans.
        model: What was drawn.
    """

    names: tuple[str, ...]
    production_fen: IntArray
    credit_fen: IntArray | None
    failed: IntArray
    first_fen: IntArray
    source: IntArray
    most_fen: tuple[IntArray, IntArray]
    model: MonteCarlo

    def __len__(self) -> int:
        return len(self.source)

    def to_pandas(self) -> Frame:
        """Return a row a draw and group: draw, its failures, group, and what it loses in fen."""
        draws = np.repeat(np.arange(len(self)), len(self.names))
        failed = {"failed": self.failed[draws], "first_fen": self.first_fen[draws]}
        lost = {"production_fen": self.production_fen, "credit_fen": self.credit_fen}
        return frame({"draw": draws, **failed, **by_group(self.names, len(self), lost)})

    @property
    def cascades(self) -> int:
        """Return how many cascades were run."""
        return int((self.source == np.arange(len(self))).sum())


def simulate(
    production: Production,
    stakes: Stakes,
    model: MonteCarlo,
    *,
    threads: int = 1,
    progress: Progress | None = None,
) -> Simulation:
    """
    Return what each draw costs, by group.

    Args:
        production: The prepared economy.
        stakes: What can be lost, and the groups it is summed over.
        model: What is drawn.
        threads: How many draws run at a time; the result has the same bits on any number.
        progress: Told how many more draws are done.

    Raises:
        InvalidInput: The three are of different numbers of firms, or draws times groups is more
            than is held.
        NotConverged: A cascade still moved at the bound on rounds.

    Example:
        Firm 0 fails in every draw and takes 1 along; nobody else ever fails:

        >>> from graph.contagion import Economy, prepare
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> model = MonteCarlo(Failures.build([1.0, 0.0]), draws=3, seed=1)
        >>> found = simulate(production, Stakes.build([400, 900]), model)
        >>> found.production_fen.tolist(), found.first_fen.tolist(), found.cascades
        ([[1300], [1300], [1300]], [400, 400, 400], 1)
    """
    _check(production, stakes, model)
    found = _empty(stakes, model)
    alone_fen = np.zeros(stakes.economy, np.int64)
    alone_fen[stakes.firms] = in_fen(
        np.full(len(stakes.firms), max(model.down, model.up)), stakes.sales_fen
    )
    seen: dict[bytes, int] = {}
    for numbers, drawn in sets(model, np.arange(model.draws), threads=threads):
        fresh = _new(numbers, drawn, found.source, seen)
        found.failed[numbers] = np.diff(drawn.offsets)
        first = np.concatenate([[0], np.cumsum(alone_fen[drawn.rows])])
        found.first_fen[numbers] = np.diff(first[drawn.offsets])
        shocks = model.scenarios(drawn).some(fresh)
        at = 0
        for part in count(
            production, shocks, stakes, rules=model.rules, fails_at=0.0, threads=threads
        ):
            _put(found, numbers[fresh[at : at + len(part.first)]], part, stakes.groups)
            at += len(part.first)
        if progress is not None:
            progress(len(numbers))
    ran = found.source >= 0
    for losses in (found.production_fen, found.credit_fen):
        if losses is not None:
            losses[ran] = losses[found.source[ran]]
    return found


def sets(
    model: MonteCarlo, draws: IntArray, *, threads: int = 1
) -> Iterator[tuple[IntArray, Drawn]]:
    """
    Yield who fails in some draws, given by ascending number, many draws at a time.

    Example:
        >>> model = MonteCarlo(Failures.build([1.0, 0.0]), draws=99, seed=1)
        >>> [(n.tolist(), d.rows.tolist()) for n, d in sets(model, np.array([3, 98]))]
        [([3, 98], [0, 0])]
    """
    blocks, starts = np.unique(draws // BLOCK, return_index=True)
    wanted = np.split(draws % BLOCK, starts[1:])
    expected = BLOCK * max(1.0, float(model.failures.pd.sum()))
    wave = min(BLOCKS_HELD, max(threads, int(FAILURES_HELD / expected)))

    def draw(at: int) -> Drawn:
        """Return the wanted draws of one block."""
        size = int(wanted[at][-1]) + 1
        whole = model.failures.draw(
            seed=model.seed, block=int(blocks[at]), size=size, sampling=model.sampling
        )
        chosen = model.scenarios(whole).some(wanted[at])
        return Drawn(chosen.offsets, chosen.rows)

    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, len(blocks), wave):
            places = range(first, min(first + wave, len(blocks)))
            numbers = [blocks[at] * BLOCK + wanted[at] for at in places]
            yield np.concatenate(numbers), _joined(list(pool.map(draw, places)))


def _joined(parts: list[Drawn]) -> Drawn:
    sizes = np.concatenate([np.diff(each.offsets) for each in parts])
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Drawn(ends, np.concatenate([each.rows for each in parts]))


def _check(production: Production, stakes: Stakes, model: MonteCarlo) -> None:
    firms = len(production)
    if not firms == stakes.economy == len(model.failures):
        raise InvalidInput(
            f"an economy of {firms} firms, stakes of {stakes.economy}, "
            f"failures of {len(model.failures)}"
        )
    held = model.draws * len(stakes.groups)
    if held > LOSSES_MAX:
        raise InvalidInput(f"draws times groups is {held}, more than {LOSSES_MAX}")


def _empty(stakes: Stakes, model: MonteCarlo) -> Simulation:
    shape = (model.draws, len(stakes.groups))
    lent = in_fen(stakes.lgd, stakes.ead_fen)
    return Simulation(
        stakes.groups.names,
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64) if stakes.lends else None,
        np.zeros(model.draws, np.int64),
        np.zeros(model.draws, np.int64),
        np.full(model.draws, -1),
        (stakes.groups.sums(stakes.sales_fen[None])[0], stakes.groups.sums(lent[None])[0]),
        model,
    )


def _new(numbers: IntArray, drawn: Drawn, source: IntArray, seen: dict[bytes, int]) -> IntArray:
    """Return the places of failures that were not there yet; note whose cascade stands for each."""
    places = []
    for place in np.flatnonzero(np.diff(drawn.offsets)).tolist():
        failed = drawn.rows[drawn.offsets[place] : drawn.offsets[place + 1]]
        # Two different sets share a digest of 128 bits with a chance below 1e-20.
        key = hashlib.blake2b(failed.tobytes(), digest_size=16).digest()
        draw = int(numbers[place])
        source[draw] = seen.setdefault(key, draw)
        if source[draw] == draw:
            places.append(place)
    return np.array(places, np.int64)


def _put(found: Simulation, draws: IntArray, part: Counted, groups: Groups) -> None:
    found.production_fen[draws] = groups.sums(part.production_fen)
    if found.credit_fen is not None and part.credit_fen is not None:
        found.credit_fen[draws] = groups.sums(part.credit_fen)
