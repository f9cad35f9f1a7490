"""The economy before its papers: firms, parties outside, who trades how much with whom."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingestion.demo.economy import flows as flow
from ingestion.demo.economy.names import Name, code, names, parts, places
from ingestion.demo.economy.network import IDLE, TradeStructure, structure
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.sectors import BoolArray, IntArray, sectors

TextArray = npt.NDArray[np.object_]
CODED = 0.93  # Part of the firms whose code the bank knows.
FAILING, FAILED = 0.013, 0.0025
DAYS_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Fates:
    """What becomes of firms; days count from the end, before it negative, 0 = never."""

    failing: IntArray
    fails_after_days: IntArray
    drifts_from_day: IntArray
    failed: IntArray
    failed_on_day: IntArray


@dataclass(frozen=True, slots=True)
class World:
    """
    Firms by row (cores first), then parties outside; yearly trade between them in yuan.

    `texts` names every row as files do: listed firms by id, others by name or code. The idle rows
    (`role` 9) trade nothing: they are shells, holders of papers, second registrations.
    """

    plan: Plan
    structure: TradeStructure
    flows: flow.YearlyFlows
    place: IntArray
    ids: TextArray
    names: list[Name]
    codes: list[str | None]
    texts: TextArray
    fates: Fates

    @property
    def cores(self) -> int:
        """Return the number of cores."""
        return self.plan.cores

    @property
    def firms(self) -> int:
        """Return the number of listed firms."""
        return self.plan.firms

    @property
    def role(self) -> IntArray:
        """Return the role of every listed firm: 0 core, 1 to 5, -1, -2, 9 idle."""
        return self.structure.role

    @property
    def sector(self) -> IntArray:
        """Return the sector of every listed firm."""
        return self.structure.sector

    @property
    def supplier(self) -> IntArray:
        """Return the suppliers of the pairs."""
        return self.flows.supplier

    @property
    def buyer(self) -> IntArray:
        """Return the buyers of the pairs."""
        return self.flows.buyer

    @property
    def idle(self) -> IntArray:
        """Return the firms that trade nothing."""
        return np.flatnonzero(self.role == IDLE)

    @property
    def traders(self) -> IntArray:
        """Return the firms that trade and are no cores."""
        return np.flatnonzero((self.role != IDLE) & (self.role != 0))

    @property
    def inside(self) -> BoolArray:
        """Return which pairs are between listed firms."""
        return self.flows.inside


def world(plan: Plan) -> World:
    """
    Return the economy of a plan.

    Example:
        >>> made = world(Plan(cores=2, firms=30, months=3))
        >>> made.cores, made.firms, made.ids[0]
        (2, 30, 'C001')
    """
    made = structure(plan)
    amounts = flow.flows(plan, made)
    count = plan.firms + amounts.outside
    place = places(plan, count)
    random = plan.random("world")
    outside = random.integers(0, len(sectors().codes), amounts.outside)
    named = names(plan, np.concatenate([made.sector, outside]), place)
    codes = _codes(plan, place)
    ids = _ids(plan, random)
    texts = np.concatenate([ids, _outside_texts(random, named, codes, plan.firms)])
    return World(
        plan=plan,
        structure=made,
        flows=amounts,
        place=place[: plan.firms],
        ids=ids,
        names=named[: plan.firms],
        codes=codes[: plan.firms],
        texts=texts,
        fates=_fates(plan, made),
    )


def _codes(plan: Plan, place: IntArray) -> list[str | None]:
    """Return the codes of firms, a few of them unknown."""
    known = plan.random("codes").random(len(place)) < CODED
    known[: plan.cores] = True
    divisions = [each["code"] for each in parts()["places"]]
    return [
        code(row + 1, divisions[place[row]]) if known[row] else None for row in range(len(place))
    ]


def _ids(plan: Plan, random: np.random.Generator) -> TextArray:
    """Return ids that do not tell the tier: C001 for cores, F00001 for the others."""
    others = plan.firms - plan.cores
    width = max(5, len(str(others)))
    numbers = (random.permutation(others) + 1).tolist()
    cores = [f"C{number:03d}" for number in range(1, plan.cores + 1)]
    return np.array([*cores, *(f"F{number:0{width}d}" for number in numbers)], dtype=object)


def _outside_texts(
    random: np.random.Generator, named: list[Name], codes: list[str | None], firms: int
) -> TextArray:
    """Return how files name parties outside: most by name, some by code."""
    by_code = random.random(len(named) - firms) < 0.3
    texts = [
        (codes[firms + at] if flag else None) or named[firms + at].full
        for at, flag in enumerate(by_code.tolist())
    ]
    return np.array(texts, dtype=object)


def _fates(plan: Plan, made: TradeStructure) -> Fates:
    """Return which firms will fail, since when their payments drift, and which failed already."""
    random = plan.random("fates")
    traders = np.flatnonzero((made.role != IDLE) & (made.role != 0))
    failing = max(1, round(len(traders) * FAILING))
    failed = round(len(traders) * FAILED)
    drawn = random.choice(traders, min(len(traders), failing + failed), replace=False)
    fail, gone = np.sort(drawn[:failing]), np.sort(drawn[failing:])
    cores = plan.cores // 40  # Of a hundred cores two will fail, too.
    if cores:
        first_free = min(10, plan.cores - cores)
        more = first_free + random.choice(plan.cores - first_free, cores, replace=False)
        fail = np.sort(np.concatenate([fail, more]))
    span = plan.months * DAYS_A_MONTH
    return Fates(
        failing=fail,
        fails_after_days=random.integers(15, 180, len(fail)),
        drifts_from_day=-np.minimum(random.integers(120, 270, len(fail)), span),
        failed=gone,
        failed_on_day=-np.minimum(random.integers(60, 150, len(gone)), span),
    )
