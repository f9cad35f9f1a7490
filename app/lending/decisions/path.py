"""
The path to yes: the smallest change of each thing that can be changed, each proved by its tree.

A change alone reaches the amount that was asked for; where none does, the smallest pair of changes
that do so together. Each is found by narrowing down whole steps, with a bound on how often.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from app.chain.limits.formulas.limit import LimitLeaves
from app.lending.decisions.case import Case
from app.lending.decisions.forms import DocumentRef, PathStep
from app.lending.decisions.levers import Lever, levers
from app.lending.decisions.outlook import (
    Baseline,
    Outlook,
    baseline,
    outlook_after,
    position_of,
    summed,
)

PROBES_MAX = 160  # More than it takes to narrow any 64 bits down, by halves every other time.


class LeverMoved(NamedTuple):
    """A lever moved by so many steps."""

    lever: Lever
    step: int

    @property
    def size(self) -> int:
        """Return how much money it moves."""
        return self.step if self.lever.is_money else 0


class Found(NamedTuple):
    """Changes that together reach what was asked for, and what could be lent then."""

    changes: Sequence[LeverMoved]
    room_fen: int

    @property
    def size(self) -> int:
        """Return how much money is moved."""
        return sum(each.size for each in self.changes)


def path_to_yes(case: Case, now: Outlook) -> tuple[PathStep, ...]:
    """
    Return what would lead to the amount that was asked for; nothing where it is reached.

    Args:
        case: The case.
        now: What could be lent as things stand.
    """
    if case.leaves is None or now.limit is None or now.room_fen >= case.asked.amount_fen:
        return ()
    seeking = _Seeking(case, case.leaves)
    known = levers(case, now.limit)
    found = list(_best_of_kinds(seeking, known))
    if not found:
        first = list({each.kind: each for each in reversed(known)}.values())
        pair = _smallest_pair(seeking, first[::-1])
        found = [] if pair is None else [pair]
    return tuple(step for number, each in enumerate(found, 1) for step in _told(case, each, number))


def _best_of_kinds(seeking: "_Seeking", known: Sequence[Lever]) -> Iterator[Found]:
    """Yield the smallest change of each kind that reaches it alone."""
    for kind in dict.fromkeys(each.kind for each in known):
        alone = (seeking.least([], each) for each in known if each.kind == kind)
        reached = [each for each in alone if each is not None]
        if reached:
            yield min(reached, key=lambda each: each.changes[0].step)


def _smallest_pair(seeking: "_Seeking", known: Sequence[Lever]) -> Found | None:
    """Return the two changes of different kinds that reach it together with the least money."""
    best: Found | None = None
    for one, other in combinations(known, 2):
        if seeking.room([LeverMoved(each, each.most) for each in (one, other)]) < seeking.wanted:
            continue
        # Beside all that is no money can do, the least money does; of two of money either may.
        orders = [(one, other), (other, one)] if one.is_money else [(other, one)]
        for first, second in orders if other.is_money else [(one, other)]:
            narrowed = seeking.least([LeverMoved(second, second.most)], first)
            if narrowed is None:
                continue
            own = narrowed.changes[-1]
            if best is not None and own.size >= best.size:
                continue
            found = seeking.least([own], second)
            if found is not None and (best is None or found.size < best.size):
                best = found
    return best


class _Seeking:
    """Looks for the least step of a lever that reaches what was asked for."""

    def __init__(self, case: Case, leaves: LimitLeaves) -> None:
        self._case = case
        self._leaves = leaves
        self.wanted = case.asked.amount_fen
        self._bases: dict[frozenset[str], Baseline] = {}  # A few for each lever.

    def room(self, changes: Sequence[LeverMoved]) -> int:
        """Return what could be lent after changes."""
        base = self._base(frozenset(each.lever.buyer for each in changes if each.lever.buyer))
        position = position_of(base.leaves)
        for each in changes:
            position = each.lever.place(position, each.step)
        return outlook_after(base, position).room_fen

    def _base(self, buyers: frozenset[str]) -> Baseline:
        """Return how things stand, with what no change touches summed up: it is the same sum."""
        found = self._bases.get(buyers)
        if found is None:
            found = baseline(replace(self._case, leaves=summed(self._case, self._leaves, buyers)))
            if found is None:
                raise RuntimeError("there is a limit, and none")
            self._bases[buyers] = found
        return found

    def least(self, others: Sequence[LeverMoved], lever: Lever) -> Found | None:
        """Return the least change of a lever, beside others; None where it does not reach it."""
        span = _Span(lever.most, self.room([*others, LeverMoved(lever, lever.most)]), self.wanted)
        if span.room_high < self.wanted:
            return None
        for probe in range(PROBES_MAX):
            if span.high - span.low <= 1:
                break
            step = span.probed(probe)
            span.narrow(step, self.room([*others, LeverMoved(lever, step)]))
        return Found([*others, LeverMoved(lever, span.high)], span.room_high)


class _Span:
    """Steps between one that does not reach what is wanted, and one that does."""

    def __init__(self, high: int, room_high: int, wanted: int) -> None:
        self.low, self.high = 0, high
        self.room_high = room_high
        self._wanted = wanted
        self._misses = [(0, 0)]  # The last steps that did not reach it, with what they gave.
        self._stride = 1

    def probed(self, probe: int) -> int:
        """Return the step to look at: between the ends, along the slope, near the high, half."""
        gap, kind = self.high - self.low, probe % 4
        step = self.low + gap // 2
        if kind == 0 and self.room_high > self._misses[-1][1]:
            at, room = self._misses[-1]
            step = at - (-(self._wanted - room) * gap // (self.room_high - room))
        elif kind == 1 and len(self._misses) > 1:
            (before, less), (at, room) = self._misses[-2:]
            if room > less:
                step = at - (-(self._wanted - room) * (at - before) // (room - less))
        elif kind == 2:  # noqa: PLR2004
            step = self.high - self._stride
            self._stride *= 16
        return min(max(step, self.low + 1), self.high - 1)

    def narrow(self, step: int, room: int) -> None:
        """Take in what a step gives."""
        if room >= self._wanted:
            self.high, self.room_high = step, room
        else:
            self.low, self._stride = step, 1
            self._misses = [*self._misses[-1:], (step, room)]


def _told(case: Case, found: Found, number: int) -> Iterator[PathStep]:
    for lever, step in found.changes:
        words = case.reason(f"path.{lever.kind}")
        yield PathStep(
            *(lever.leaf, lever.told(0), lever.told(step), lever.unit, words.zh, words.en),
            amount_fen=found.room_fen,
            set=number,
            documents=_documents(case, lever, step),
        )


def _documents(case: Case, lever: Lever, step: int) -> tuple[DocumentRef, ...]:
    """Return what to name when asking again: at least what was named; formula 1 told less."""
    named = lever.documents(step)
    return named or (case.asked.documents if case.formula > 1 else ())
