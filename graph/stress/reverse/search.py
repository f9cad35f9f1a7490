"""
The smallest set of closures that breaks a threshold, or how far smaller ones are excluded.

A first set comes from two rules: a beam over those that cost most alone, and the shortest list,
by what each costs alone, that breaks. Whoever can be left out is. Then all lighter sets are
searched, from one firm up, by branches: candidates stand in an order, and a set goes on only with
later ones. A branch is cut

- by its ceiling (`ceilings.py`): what its set costs at most, and what later
  candidates can add within the weight that is left, filled as a knapsack with fractions; or
- by all: its set and all later candidates together do not break (to close more never costs less).

What is left open when the evaluations are used up still has a least weight by its ceiling: no
lighter set breaks, and the answer says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, exp

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, firm_frame
from graph.stress.reverse.ceilings import Ceiling, ceiling
from graph.stress.reverse.question import ROUNDING, TINY, Joint, Question, Set

EVALUATIONS_MAX = 20_000
BEAM, POOL, DEPTH_MAX = 4, 48, 40  # Sets kept, candidates that go on, sizes tried.
TOGETHER = 32  # Firms that are left out at a time.
BRANCHES = 16  # That are opened at a time.
LOOKS = 3  # Evaluations that a branch takes at most.
NEAR = 1e-9  # Of a weight: less is the same.


@dataclass(frozen=True, slots=True)
class ReverseStress:
    """The set found, and what is known of lighter ones."""

    rows: tuple[int, ...]  # Ascending; empty where even all together do not break.
    loss_fen: int  # Of the set; of all candidates where they do not break.
    breaks: bool
    proven: bool  # No lighter set breaks.
    weight: float  # How many, or the sum of log odds against; infinite where nothing breaks.
    weight_min: float  # No set of less weight breaks.
    probability: float | None  # That just these of all candidates close.
    question: Question
    candidates: int
    evaluations: int  # Cascades that were run.
    cut_by_ceiling: int  # Branches, each with all sets that go on from it.
    cut_by_all: int
    open: int  # Branches left when the evaluations were used up.

    def to_pandas(self) -> Frame:
        """Return a row a firm of the set: firm."""
        return firm_frame(self.question.production.ids, np.array(self.rows, np.int64))

    @property
    def size_excluded(self) -> int | None:
        """Return the size up to which no set breaks; None where probabilities are compared."""
        if self.question.probabilities is not None:
            return None
        return self.candidates if not self.breaks else ceil(self.weight_min - NEAR) - 1

    @property
    def certificate(self) -> str:
        """Return in words what is excluded, and how."""
        among = f"the {self.candidates} candidates"
        how = (
            f"{self.evaluations} cascades, {self.cut_by_ceiling} branches cut by their ceiling, "
            f"{self.cut_by_all} because all that is left does not break, {self.open} left open"
        )
        if not self.breaks:
            return f"all of {among} together do not break it ({how})"
        if self.question.probabilities is None:
            return f"no set of at most {self.size_excluded} of {among} breaks it ({how})"
        odds = exp(-self.weight_min)
        return f"no set of {among} with odds above {odds:.6g} breaks it ({how})"


def find(
    question: Question, *, evaluations_max: int = EVALUATIONS_MAX, threads: int = 1
) -> ReverseStress:
    """
    Return a smallest, or likeliest, set of closures that costs at least the threshold.

    Losses are those at the fixed point. Nobody can be left out of the set. `proven` says that no
    set of fewer (or likelier) candidates breaks; else `weight_min` and `certificate` say what was
    excluded before the evaluations were used up. Of equal sets one is returned, always the same.

    Args:
        question: Who may close, and what is to be lost.
        evaluations_max: Cascades that the search over lighter sets may run, beyond the few per
            candidate that prepare it.
        threads: How many scenarios run at a time; the answer is the same on any number.

    Raises:
        InvalidInput: A column or an amount is not what it must be.
        NotConverged: Losses still moved at the bound on rounds.

    Example:
        Three suppliers of one buyer; without any two of them it loses most of what it makes:

        >>> from graph.contagion import Economy, prepare
        >>> economy = Economy(4, [0, 1, 2], [3, 3, 3], [1.0, 1.0, 1.0], weights=[0, 0, 0, 1])
        >>> asked = Question(prepare(economy), [0, 1, 2], threshold_fen=60, output_fen=100)
        >>> found = find(asked)
        >>> found.rows, found.loss_fen, found.proven, found.size_excluded
        ((0, 1), 67, True, 1)
    """
    if evaluations_max < 0:
        raise InvalidInput(f"evaluations_max {evaluations_max} is negative")
    if threads < 1:
        raise InvalidInput(f"threads {threads} is not at least 1")
    asked = question.checked()
    joint = Joint(asked, threads)
    everybody = float(joint.indices([tuple(range(len(asked)))])[0])
    if not asked.breaks(everybody):
        return _answer(joint, BreakingSet((), everybody, np.inf), None)
    found = first(joint)
    if asked.counted and len(found.chosen) == 1:
        return _answer(joint, found, None)
    search = Search.begun(joint, found, evaluations_max)
    search.run()
    if search.waiting:
        search.found = leave_out(joint, search.found.chosen)
    return _answer(joint, search.found, search)


@dataclass(frozen=True, slots=True)
class BreakingSet:
    """A set that breaks, what it costs and weighs."""

    chosen: Set
    index: float
    weight: float


def _answer(joint: Joint, found: BreakingSet, search: "Search | None") -> ReverseStress:
    asked = joint.asked
    least = found.weight if search is None else search.least()
    closing = 1.0 / (1.0 + np.exp(asked.weights))
    both = np.where(np.isin(np.arange(len(asked)), found.chosen), closing, 1.0 - closing)
    breaks = asked.breaks(found.index)
    return ReverseStress(
        rows=tuple(asked.rows[list(found.chosen)].tolist()),
        loss_fen=asked.lost_fen(found.index),
        breaks=breaks,
        proven=least >= found.weight,
        weight=found.weight,
        weight_min=least,
        probability=None if asked.counted or not breaks else float(np.prod(both)),
        question=asked.question,
        candidates=len(asked),
        evaluations=joint.evaluations,
        cut_by_ceiling=search.cut_by_ceiling if search else 0,
        cut_by_all=search.cut_by_all if search else 0,
        open=len(search.waiting) if search else 0,
    )


def first(joint: Joint) -> BreakingSet:
    """Return a set that breaks and of which nobody can be left out; all together break."""
    asked = joint.asked
    alone = joint.indices([(place,) for place in range(len(asked))])
    order = np.argsort(-alone / asked.weights, kind="stable").tolist()
    sets = [_shortest(joint, order), _beam(joint, order[:POOL])]
    founds = [leave_out(joint, chosen) for chosen in sets if chosen is not None]
    return min(founds, key=lambda each: (each.weight, -each.index, each.chosen))


def _shortest(joint: Joint, order: Sequence[int]) -> Set:
    """Return the shortest beginning of the order that breaks."""
    low, high = 1, len(order)
    while low < high:
        middle = (low + high) // 2
        if joint.asked.breaks(float(joint.indices([tuple(order[:middle])])[0])):
            high = middle
        else:
            low = middle + 1
    return tuple(sorted(order[:low]))


def _beam(joint: Joint, pool: Sequence[int]) -> Set | None:
    """Return the lightest set that breaks among those that go on from the few best, or none."""
    asked, kept = joint.asked, list[Set]([()])
    for _ in range(min(len(pool), DEPTH_MAX)):
        wider = {tuple(sorted((*each, p))) for each in kept for p in pool if p not in each}
        sets = sorted(wider)
        found = joint.indices(sets).tolist()
        broken = [
            (asked.weight(each), -index, each)
            for each, index in zip(sets, found, strict=True)
            if asked.breaks(index)
        ]
        if broken:
            return min(broken)[2]
        ranked = [(-index / asked.weight(s), s) for index, s in zip(found, sets, strict=True)]
        kept = [chosen for _, chosen in sorted(ranked)[:BEAM]]
    return None


def leave_out(joint: Joint, chosen: Set) -> BreakingSet:
    """
    Return what is left of a set that breaks when whoever can be left out is, heaviest first.

    The same as one by one, many at a time: who cannot be left out of a set cannot be left out of a
    smaller one, and where the first k of a list can go, so can fewer of them.
    """
    asked, kept = joint.asked, chosen
    waiting = sorted(chosen, key=lambda p: (-asked.weights[p], -p))
    for _ in chosen:
        indices = joint.indices([_without(kept, [p]) for p in waiting]).tolist()
        waiting = [p for p, index in zip(waiting, indices, strict=True) if asked.breaks(index)]
        if not waiting:
            break
        lists = [waiting[: k + 1] for k in range(min(len(waiting), TOGETHER))]
        indices = joint.indices([_without(kept, each) for each in lists]).tolist()
        most = max(k for k, index in enumerate(indices) if k == 0 or asked.breaks(index))
        kept, waiting = _without(kept, lists[most]), waiting[most + 1 :]
    return BreakingSet(kept, float(joint.indices([kept])[0]), asked.weight(kept))


def _without(chosen: Set, places: Sequence[int]) -> Set:
    return tuple(place for place in chosen if place not in places)


@dataclass(frozen=True, slots=True)
class Branch:
    """A set by positions in the search's order, its weight, and what it costs at most."""

    positions: Set
    weight: float
    most: float


@dataclass(slots=True)
class Search:
    """All sets lighter than the one found, branch by branch; bounds are sums over the order."""

    joint: Joint
    found: BreakingSet
    ceiling: Ceiling
    order: list[int]  # Candidates by what they cost alone at most, per weight.
    weights: FloatArray
    alone: FloatArray
    evaluations_end: int
    waiting: list[Branch] = field(default_factory=lambda: [Branch((), 0.0, 0.0)])
    cut_by_ceiling: int = 0
    cut_by_all: int = 0

    @classmethod
    def begun(cls, joint: Joint, found: BreakingSet, evaluations_max: int) -> "Search":
        """Return a search of which nothing has been looked at."""
        asked = joint.asked
        lightest = np.cumsum(np.sort(asked.weights))
        budget = found.weight - 1.0 if asked.counted else found.weight
        size_max = max(1, int(np.searchsorted(lightest, budget * (1.0 + NEAR), side="right")))
        above = ceiling(joint, size_max)
        order = np.argsort(-above.alone / asked.weights, kind="stable")
        end = joint.evaluations + evaluations_max
        weights, alone = asked.weights[order], above.alone[order]
        return cls(joint, found, above, order.tolist(), weights, alone, end)

    @property
    def budget(self) -> float:
        """Return what a set may weigh to be lighter than the one found."""
        if self.joint.asked.counted:
            return self.found.weight - 1.0
        return self.found.weight * (1.0 - NEAR)

    def run(self) -> None:
        """Open branches, smaller sets first, until none is left or evaluations are used up."""
        while self.waiting:
            opened = self.waiting[:BRANCHES]
            later = [each for branch in opened for each in self.further(branch)]
            if self.joint.evaluations + LOOKS * len(later) > self.evaluations_end:
                return
            del self.waiting[: len(opened)]
            self.waiting.extend(self.examined(later))

    def further(self, branch: Branch) -> Iterator[Branch]:
        """Yield the branches with one candidate more that their ceiling does not cut."""
        start = branch.positions[-1] + 1 if branch.positions else 0
        positions = np.arange(start, len(self.order))
        weights = branch.weight + self.weights[positions]
        fits = weights <= self.budget
        positions, weights = positions[fits], weights[fits]
        most = branch.most + self.alone[positions]
        short = self.joint.asked.short(most + self.filled(positions + 1, self.budget - weights))
        self.cut_by_ceiling += int(short.sum())
        for q in np.flatnonzero(~short).tolist():
            yield Branch((*branch.positions, int(positions[q])), float(weights[q]), float(most[q]))

    def examined(self, branches: list[Branch]) -> list[Branch]:
        """Return the branches that go on, after looking whether their sets break."""
        asked = self.joint.asked
        ceilings = self.joint.indices([self.named(b) for b in branches], self.ceiling.production)
        able = []
        for branch, most in zip(branches, ceilings.tolist(), strict=True):
            lower = Branch(branch.positions, branch.weight, min(most, branch.most))
            rest = self.filled(np.array([branch.positions[-1] + 1]), self.budget - branch.weight)
            if asked.short(lower.most + rest)[0]:
                self.cut_by_ceiling += 1
            else:
                able.append(lower)
        closest = [b for b in able if not asked.short(np.array([b.most]))[0]]
        broken = self._broken(closest)
        able = [b for b in able if b not in broken and self.goes_on(b)]
        together = [
            tuple(sorted({*self.named(b), *self.order[b.positions[-1] + 1 :]})) for b in able
        ]
        whole = self.joint.indices(together)
        kept = [b for b, most in zip(able, whole.tolist(), strict=True) if asked.breaks(most)]
        self.cut_by_all += len(able) - len(kept)
        return kept

    def goes_on(self, branch: Branch) -> bool:
        """Return whether a later candidate still fits in."""
        rest = self.weights[branch.positions[-1] + 1 :]
        return branch.weight + float(rest.min(initial=np.inf)) <= self.budget

    def _broken(self, branches: list[Branch]) -> list[Branch]:
        """Return the branches whose sets break, the lightest of which is the new one found."""
        asked = self.joint.asked
        sets = [self.named(branch) for branch in branches]
        found = self.joint.indices(sets).tolist()
        broken = [k for k, index in enumerate(found) if asked.breaks(index)]
        founds = [BreakingSet(sets[k], found[k], asked.weight(sets[k])) for k in broken]
        rank = [(each.weight, -each.index, each.chosen) for each in founds]
        if rank and min(rank)[0] < self.found.weight:
            self.found = founds[rank.index(min(rank))]
        return [branches[k] for k in broken]

    def named(self, branch: Branch) -> Set:
        """Return a branch's set as places of candidates."""
        return tuple(sorted(self.order[position] for position in branch.positions))

    def filled(self, starts: IntArray, budget: FloatArray | float) -> FloatArray:
        """Return what candidates from a position on add at most within a weight."""
        weights, costs = (_sums(each) for each in (self.weights, self.alone))
        target = weights[starts] + budget
        last = np.clip(np.searchsorted(weights, target, side="right") - 1, starts, None)
        part = np.append(self.alone / self.weights, 0.0)[last]
        over = np.maximum(0.0, target - weights[last])
        return np.asarray(costs[last] - costs[starts] + part * over, np.float64)

    def least(self) -> float:
        """Return the weight below which no set breaks."""
        weights, costs = (_sums(each) for each in (self.weights, self.alone))
        needed = (self.joint.asked.needed - TINY) / (1.0 + ROUNDING)
        least = self.found.weight
        for branch in self.waiting:
            start = branch.positions[-1] + 1 if branch.positions else 0
            target = costs[start] + needed - branch.most
            last = max(start, int(np.searchsorted(costs, target)) - 1)
            if target > costs[-1] or start == len(self.order):
                continue
            more = weights[last] - weights[start]
            if target > costs[last]:
                more += (target - costs[last]) / self.alone[last] * self.weights[last]
            least = min(least, branch.weight + max(more, float(self.weights[start:].min())))
        if least >= self.found.weight:
            return self.found.weight
        return ceil(least - NEAR) if self.joint.asked.counted else least * (1.0 - NEAR)


def _sums(values: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(values)])
