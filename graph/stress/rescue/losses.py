"""What a stress costs while some firms are supported: the one figure that every search asks for."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray, IntArray
from graph.arrays.shocks import ShockArrays
from graph.errors import InvalidInput
from graph.network.firms import KnownFirms, refuse, refuse_outside, rows_of
from graph.spread.production.cascade import esri, losses_of
from graph.spread.production.economy import Production
from graph.spread.production.fixed_point import EXACT
from graph.spread.production.kernels import frontier
from graph.spread.production.runs import refuse_moving
from graph.spread.shocks import Scenarios
from graph.stress.rescue.kernels import held
from graph.stress.rescue.kernels.held import Holds, Still

Keeps = Literal["output", "shock"]
KEEPS = ("output", "shock")
CHUNK_ROWS = 1 << 20  # Shocks that are laid out at a time.
CHUNK_LOSSES = 1 << 22  # Losses of single firms that are held at a time.
BUDGET_SHARE = 1.0
UNITY = 1e-9  # How far likelihoods may sum from 1.
Set = tuple[int, ...]  # Places of candidates, ascending.


@dataclass(frozen=True, slots=True)
class Stress:
    """
    What may happen and what it costs.

    Args:
        production: The prepared economy.
        scenarios: First losses; one scenario, or several that may happen.
        output_fen: The value of a year's whole production: a loss is its index times this.
        likelihoods: Of the scenarios, summing to 1; all the same by default.
    """

    production: Production
    scenarios: Scenarios
    output_fen: int
    likelihoods: npt.ArrayLike | None = None

    def weights(self) -> FloatArray:
        """
        Return the likelihoods as an array.

        Raises:
            InvalidInput: There is no scenario, a likelihood is negative or missing, or they do not
                sum to 1; or the output is negative.
        """
        count = len(self.scenarios)
        if self.output_fen < 0:
            raise InvalidInput(f"output_fen {self.output_fen} is negative")
        if count < 1:
            raise InvalidInput("no scenario is given")
        if self.likelihoods is None:
            return np.full(count, 1.0 / count)
        given = np.array(self.likelihoods, np.float64)
        if given.shape != (count,):
            raise InvalidInput(f"{given.size} likelihoods for {count} scenarios")
        if not (np.isfinite(given) & (given >= 0.0)).all():
            raise InvalidInput("likelihoods: one is negative or missing")
        if abs(float(given.sum()) - 1.0) > UNITY:
            raise InvalidInput(f"likelihoods sum to {given.sum():.9g}, not to 1")
        return given


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    Firms that may be supported, what each costs, and what support does.

    Args:
        rows: The firms, by row or id, each at most once.
        cost_fen: What it costs to support each, above 0.
        floor: Share of its production that a supported firm keeps, one for all or one each.
        keeps: `output`: a supported firm never loses more than 1 - floor, neither at first nor
            through others, so it passes no more than that on. `shock`: its first loss is no more
            than 1 - floor; it may still lose through others. Only who is shocked gains by that.
    """

    rows: npt.ArrayLike
    cost_fen: npt.ArrayLike
    floor: npt.ArrayLike = 1.0
    keeps: Keeps = "output"

    def checked(self, network: KnownFirms | int) -> "CandidateTable":
        """
        Return the columns as arrays, in ascending order of rows.

        Args:
            network: Who knows the firms by id, or how many there are.

        Raises:
            InvalidInput: A column has the wrong length or a value that it must not have.
        """
        firms = network if isinstance(network, int) else len(network)
        rows = rows_of(np.reshape(self.rows, -1), network, "rows")
        cost = np.array(self.cost_fen).reshape(-1)
        floor = np.array(self.floor, np.float64)
        if len(cost) and not np.issubdtype(cost.dtype, np.integer):
            raise InvalidInput("cost_fen is not in whole fen")
        floor = np.full(len(rows), floor) if floor.ndim == 0 else floor
        if not len(rows) == len(cost) == len(floor):
            raise InvalidInput("rows, cost_fen and floor differ in length")
        refuse_outside(rows, firms, "rows")
        refuse(cost < 1, "cost_fen", "is not above 0")
        refuse(~((floor >= 0) & (floor <= 1)), "floor", "is not in [0, 1]")
        if self.keeps not in KEEPS:
            raise InvalidInput(f"keeps {self.keeps!r} is neither 'output' nor 'shock'")
        order = np.argsort(rows, kind="stable")
        refuse(np.diff(rows[order]) == 0, "rows", "in ascending order, stands twice")
        return CandidateTable(
            rows[order], cost[order].astype(np.int64), 1.0 - floor[order], self.keeps
        )


@dataclass(frozen=True, slots=True)
class CandidateTable:
    """Candidates by ascending row; a set of them is named by their places here."""

    rows: IntArray
    cost_fen: IntArray
    ceiling: FloatArray
    keeps: Keeps

    def __len__(self) -> int:
        return len(self.rows)

    def cost(self, chosen: Sequence[int]) -> int:
        """Return what it costs to support a set."""
        return int(self.cost_fen[list(chosen)].sum())


@dataclass(slots=True)
class Saving:
    """
    Losses with some candidates supported, each set evaluated once.

    Args:
        stress: What may happen.
        table: The candidates.
        threads: How many scenarios run at a time.
        budget_share: Pushes a cascade may take, as a share of all trades, before it goes on in
            whole rounds.
    """

    stress: Stress
    table: CandidateTable
    threads: int = 1
    budget_share: float = BUDGET_SHARE
    evaluations: int = 0  # Sets that were evaluated, times scenarios.
    known: dict[Set, int] = field(default_factory=dict)
    _weights: FloatArray = field(init=False)
    _shocks: ShockArrays = field(init=False)
    _first: list[IntArray] = field(init=False)  # Where the shocks of each candidate stand.

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise InvalidInput(f"threads {self.threads} is not at least 1")
        self._weights = self.stress.weights()
        self._shocks = self.stress.scenarios.shocks(self.stress.production)
        order = np.argsort(self._shocks.rows, kind="stable")
        ranked = self._shocks.rows[order]
        starts = np.searchsorted(ranked, self.table.rows)
        ends = np.searchsorted(ranked, self.table.rows, side="right")
        self._first = [order[a:b] for a, b in zip(starts, ends, strict=True)]

    def loss_fen(self, sets: Sequence[Set]) -> list[int]:
        """
        Return what the stress costs with each set supported, to the nearest fen.

        Raises:
            NotConverged: Losses still moved at the bound on rounds.
        """
        unknown = list(dict.fromkeys(each for each in sets if each not in self.known))
        count = len(self.stress.scenarios)
        size = max(1, CHUNK_ROWS // max(1, len(self._shocks.rows)))
        for first in range(0, len(unknown), size):
            part = unknown[first : first + size]
            totals = self._totals(part).reshape(len(part), count)
            # A scenario after the other: the sums have the same bits in any chunk.
            shares = np.zeros(len(part))
            for k in range(count):
                shares += self._weights[k] * totals[:, k]
            amounts = np.rint(shares * self.stress.output_fen).astype(np.int64)
            self.known.update(zip(part, amounts.tolist(), strict=True))
        self.evaluations += len(unknown) * count
        return [self.known[each] for each in sets]

    def losses(self, sets: Sequence[Set]) -> Iterator[FloatArray]:
        """Yield every firm's loss in each scenario (rows), set after set."""
        count, firms = len(self.stress.scenarios), len(self.stress.production)
        size = max(1, CHUNK_LOSSES // max(1, firms * count))
        for first in range(0, len(sets), size):
            part = sets[first : first + size]
            if self.table.keeps == "shock":
                everybody = np.arange(firms)
                production, shocked = self.stress.production, self._scenarios(part)
                blocks = losses_of(
                    production, shocked, everybody, rules=EXACT, threads=self.threads
                )
                rows = [np.maximum(block.down, block.up) for block in blocks]
                losses = np.concatenate([np.zeros((0, firms)), *rows])
            else:
                _, losses = self._held(part, whole=True)
            self.evaluations += len(part) * count
            yield from losses.reshape(len(part), count, firms)

    def likely(self, losses: FloatArray) -> FloatArray:
        """Return what every firm (column) counts in every scenario (row) times what it loses."""
        both = self._weights[:, None] * self.stress.production.weights[None, :]
        return np.asarray(both * losses, np.float64)

    def _totals(self, sets: Sequence[Set]) -> FloatArray:
        if self.table.keeps == "shock":
            production, shocked = self.stress.production, self._scenarios(sets)
            return esri(production, shocked, rules=EXACT, threads=self.threads).total
        return self._held(sets, whole=False)[0]

    def _scenarios(self, sets: Sequence[Set]) -> Scenarios:
        """Return all scenarios, set after set, with smaller first losses of who is supported."""
        base, count = self._shocks, len(sets)
        down, up = np.tile(base.down, (count, 1)), np.tile(base.up, (count, 1))
        for k, chosen in enumerate(sets):
            for place in chosen:
                at = self._first[place]
                down[k, at] = np.minimum(down[k, at], self.table.ceiling[place])
                up[k, at] = np.minimum(up[k, at], self.table.ceiling[place])
        starts = base.offsets[:-1][None, :] + len(base.rows) * np.arange(count)[:, None]
        offsets = np.append(starts.reshape(-1), count * len(base.rows))
        return Scenarios(offsets, np.tile(base.rows, count), down.reshape(-1), up.reshape(-1))

    def _held(self, sets: Sequence[Set], *, whole: bool) -> tuple[FloatArray, FloatArray]:
        """Return the index of every scenario, set after set, and with `whole` all losses."""
        production, each = self.stress.production, len(self.stress.scenarios)
        scenarios = self._scenarios(sets)
        shocks = ShockArrays(
            scenarios.offsets, production.places[scenarios.rows], scenarios.down, scenarios.up
        )
        count, firms = len(scenarios), len(production)
        found = np.zeros((count, held.LARGEST + 1))
        losses = np.zeros((count if whole else 0, firms))
        holds = self._holds(sets, each)
        budget = int(self.budget_share * len(production.structure.out_buyers))
        still = Still(EXACT.tolerance, EXACT.rounds_max, budget)
        weights = production.weights[production.rows]
        ends = np.linspace(0, count, min(self.threads, max(1, count)) + 1).astype(np.int64)

        def work(place: int) -> None:
            """Run the scenarios of one thread."""
            first, last = int(ends[place]), int(ends[place + 1])
            state = frontier.workspace(production.structure)
            own = shocks._replace(offsets=shocks.offsets[first : last + 1])
            kept = holds._replace(offsets=holds.offsets[first : last + 1])
            rows = (found[first:last], losses[first:last])
            held.run(production.structure, state, own, kept, still, weights, *rows)
            held.finish(production.structure, own, kept, still, weights, *rows)

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, range(len(ends) - 1)))
        refuse_moving(found[:, held.LARGEST], EXACT)
        return found[:, held.TOTAL], losses[:, production.places]

    def _holds(self, sets: Sequence[Set], each: int) -> Holds:
        places = [place for chosen in sets for _ in range(each) for place in chosen]
        sizes = np.repeat([len(chosen) for chosen in sets], each)
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        chosen = np.array(places, np.int64)
        rows = self.stress.production.places[self.table.rows[chosen]]
        return Holds(offsets, rows, self.table.ceiling[chosen])
