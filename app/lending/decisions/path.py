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
from app.lending.decisions.forms import PathStep
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


class Found(NamedTuple):
    """Changes that together reach what was asked for, and what could be lent then."""

    changes: Sequence[LeverMoved]
    room_fen: int

    @property
    def size(self) -> int:
        """Return how much money is moved."""
        return sum(each.step for each in self.changes if each.lever.is_money)


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
        pair = min(_pairs(seeking, first[::-1]), key=lambda each: each.size, default=None)
        found = [] if pair is None else [pair]
    return tuple(step for number, each in enumerate(found, 1) for step in _told(case, each, number))


def _best_of_kinds(seeking: "_Seeking", known: Sequence[Lever]) -> Iterator[Found]:
    """Yield the smallest change of each kind that reaches it alone."""
    for kind in dict.fromkeys(each.kind for each in known):
        alone = (seeking.least([], each) for each in known if each.kind == kind)
        reached = [each for each in alone if each is not None]
        if reached:
            yield min(reached, key=lambda each: each.changes[0].step)


def _pairs(seeking: "_Seeking", known: Sequence[Lever]) -> Iterator[Found]:
    """Yield pairs of changes of two kinds that reach it together."""
    for one, other in combinations(known, 2):
        both = [LeverMoved(one, one.most), LeverMoved(other, other.most)]
        if seeking.room(both) < seeking.wanted:
            continue
        for first, second in ((one, other), (other, one)):
            narrowed = seeking.least([LeverMoved(second, second.most)], first)
            if narrowed is None:
                continue
            found = seeking.least([narrowed.changes[-1]], second)
            if found is not None:
                yield found


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
        low, high, stride = 0, lever.most, 1
        room_low, room_high = 0, self.room([*others, LeverMoved(lever, high)])
        if room_high < self.wanted:
            return None
        for probe in range(PROBES_MAX):
            if high - low <= 1:
                break
            step = (low + high) // 2
            if probe % 3 == 0:  # As if it rose evenly.
                rise = max(1, room_high - room_low)
                step = low + -(-(self.wanted - room_low) * (high - low) // rise)
                stride = 1
            elif probe % 3 == 1:  # A little less than what does.
                step, stride = high - stride, stride * 8
            step = min(max(step, low + 1), high - 1)
            room = self.room([*others, LeverMoved(lever, step)])
            if room >= self.wanted:
                high, room_high = step, room
            else:
                low, room_low = step, room
        return Found([*others, LeverMoved(lever, high)], room_high)


def _told(case: Case, found: Found, number: int) -> Iterator[PathStep]:
    for lever, step in found.changes:
        words = case.reason(f"path.{lever.kind}")
        yield PathStep(
            *(lever.leaf, lever.told(0), lever.told(step), lever.unit, words.zh, words.en),
            amount_fen=found.room_fen,
            set=number,
            documents=lever.documents(step),
        )
