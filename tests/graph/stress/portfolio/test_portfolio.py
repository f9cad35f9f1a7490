"""What to lend: another solver's optimum, caps to the fen, shadow prices, tickets, refusals."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from graph.errors import InvalidInput, NotConverged
from graph.portfolio import (
    E12,
    NO_CAP,
    Caps,
    Entries,
    Lendable,
    LendingChange,
    LendingModel,
    LendingProblem,
    LendingProposal,
    LossTail,
    losses_e18,
    sums,
    tail_mean,
)
from graph.stress.portfolio import solver
from graph.stress.portfolio.beginning import part_of
from graph.stress.portfolio.rows import program
from graph.stress.portfolio.trimming import over, trimmed
from tests.graph.effort import seeds
from tests.graph.stress.portfolio.economies import TICKET_FEN, economy
from tests.graph.stress.portfolio.literal import most_earned

E6 = 10**6
SMALL = (6, 60)
STEP_FEN = 1_000_00
LOSS_STEP_FEN = 10_00
LEFT_FEN = 2  # What is cut off to whole fen earns less than this.


@cache
def solved(seed: int, ticket: int = 0) -> tuple[LendingProblem, LendingModel, LendingProposal]:
    problem = economy(*SMALL, seed=seed, ticket=ticket)
    model = LendingModel(problem)
    return problem, model, model.proposal()


def within(problem: LendingProblem, proposal: LendingProposal) -> bool:
    """Return whether every cap is kept, by whole numbers of Python alone."""
    lent = proposal.amount_fen.tolist()
    entries = problem.caps.entries
    used = [0] * len(problem.caps.room_fen)
    for row, at, weight in zip(*(each.tolist() for each in _columns(entries)), strict=True):
        used[row] += weight * lent[at]
    losses = _losses(problem.tail, lent)
    most = [max(cap, base) * E6**3 for cap, base in _bounds(problem.tail)]
    worst = tail_mean(losses, problem.tail.worst_e6) <= problem.tail.tail_cap_fen * E6**3
    rooms = [room * E12 for room in problem.caps.room_fen.tolist()]
    each = all(0 <= fen <= most for fen, most in zip(lent, _most(problem), strict=True))
    return each and worst and _below(used, rooms) and _below(losses, most)


def _columns(entries: Entries) -> tuple[Any, ...]:
    return entries.row, entries.candidate, entries.weight_e12


def _most(problem: LendingProblem) -> list[int]:
    found: list[int] = problem.lendable.most_fen.tolist()
    return found


def _bounds(tail: LossTail) -> list[tuple[int, int]]:
    return list(zip(tail.cap_fen.tolist(), tail.base_fen.tolist(), strict=True))


def _below(found: list[int], most: list[int]) -> bool:
    return all(one <= other for one, other in zip(found, most, strict=True))


def _losses(tail: LossTail, lent: list[int]) -> list[int]:
    """Return losses in 10^-18 fen, one product after the other."""
    singles = len(tail.base_fen) - len(tail.load_e6)
    found = [base * E6**3 for base in tail.base_fen.tolist()]
    for row, at, weight in zip(*(each.tolist() for each in _columns(tail.alone)), strict=True):
        found[row] += weight * lent[at] * E6
    for scenario, loads in enumerate(tail.load_e6.tolist(), start=singles):
        for at, (factor, expected) in enumerate(
            zip(tail.factor.tolist(), tail.expected_e12.tolist(), strict=True)
        ):
            found[scenario] += loads[factor] * expected * lent[at]
    return found


@pytest.mark.parametrize("seed", seeds(range(6), 2))
def test_no_other_solver_of_the_program_written_out_earns_more(seed: int) -> None:
    problem, _, proposal = solved(seed)

    best = most_earned(problem)
    assert proposal.earned_e12 / E12 == pytest.approx(best, rel=1e-7)
    assert proposal.bound_fen == pytest.approx(best, rel=1e-7)


@pytest.mark.parametrize("ticket", [0, TICKET_FEN])
@pytest.mark.parametrize("seed", seeds(range(6), 2))
def test_every_cap_is_kept_to_the_fen(seed: int, ticket: int) -> None:
    problem, _, proposal = solved(seed, ticket)

    assert within(problem, proposal)
    assert proposal.amount_fen.sum() > 0
    more = proposal.amount_fen + problem.lendable.most_fen // 2
    assert not within(problem, replace(proposal, amount_fen=more))


@pytest.mark.parametrize("seed", seeds(range(6), 2))
def test_what_has_a_price_is_used_up_and_what_is_not_used_up_has_none(seed: int) -> None:
    problem, _, proposal = solved(seed)
    entries, rooms = problem.caps.entries, problem.caps.room_fen
    left = rooms - sums(entries, len(rooms), proposal.amount_fen).fen
    counted = np.bincount(entries.row, minlength=len(rooms))  # Each cut down by a fen at most.

    priced = proposal.room_price_e6 > 0
    assert priced.any()
    assert (left[priced] <= counted[priced] + 1).all()
    assert (proposal.room_price_e6[left > counted + 1] == 0).all()
    if proposal.tail_price_e6:
        mean = tail_mean(losses_e18(problem.tail, proposal.amount_fen), problem.tail.worst_e6)
        assert problem.tail.tail_cap_fen - mean / E6**3 < len(problem.lendable)


@pytest.mark.parametrize("seed", seeds(range(6), 1))
def test_a_price_is_what_a_little_more_room_earns(seed: int) -> None:
    problem, model, proposal = solved(seed)
    exact = 0
    binding = np.flatnonzero(proposal.room_price_e6)[:12]
    for cap in binding:
        room = problem.caps.room_fen[[cap]] + STEP_FEN
        wider = model.proposal(LendingChange(cap=np.array([cap]), room_fen=room))
        more = (wider.earned_e12 - proposal.earned_e12) / E12
        least, most = wider.room_price_e6[cap], proposal.room_price_e6[cap]
        assert least * STEP_FEN / E6 - LEFT_FEN <= more <= most * STEP_FEN / E6 + LEFT_FEN
        exact += abs(more - most * STEP_FEN / E6) <= LEFT_FEN

    assert exact >= len(binding) * 0.75


def test_the_price_of_the_tail_is_what_more_loss_over_it_earns() -> None:
    problem, _, _ = solved(0)
    tail = replace(problem.tail, tail_cap_fen=problem.tail.tail_cap_fen * 2 // 3)
    wide = replace(tail, tail_cap_fen=tail.tail_cap_fen + LOSS_STEP_FEN)
    proposal = LendingModel(replace(problem, tail=tail)).proposal()

    wider = LendingModel(replace(problem, tail=wide)).proposal()

    more = wider.earned_e12 - proposal.earned_e12
    assert within(replace(problem, tail=tail), proposal)
    assert proposal.tail_price_e6 > 0
    assert more / E12 == pytest.approx(proposal.tail_price_e6 * LOSS_STEP_FEN / E6, abs=LEFT_FEN)


def test_a_price_of_a_scenario_is_what_more_loss_in_it_earns() -> None:
    problem, _, _ = solved(1)
    tail = replace(problem.tail, cap_fen=problem.tail.cap_fen // 3)
    tight = replace(problem, tail=tail)
    proposal = LendingModel(tight).proposal()
    at = int(np.argmax(proposal.loss_price_e6))
    caps = tail.cap_fen.copy()
    caps[at] += LOSS_STEP_FEN

    wider = LendingModel(replace(tight, tail=replace(tail, cap_fen=caps))).proposal()

    more = (wider.earned_e12 - proposal.earned_e12) / E12
    assert proposal.loss_price_e6[at] > 0
    assert more == pytest.approx(proposal.loss_price_e6[at] * LOSS_STEP_FEN / E6, abs=LEFT_FEN)
    assert within(tight, proposal)


@pytest.mark.parametrize("seed", seeds(range(6), 2))
def test_whoever_gets_something_gets_the_ticket_and_little_is_lost_by_it(seed: int) -> None:
    problem, _, proposal = solved(seed, TICKET_FEN)
    lent = proposal.amount_fen[proposal.amount_fen > 0]

    assert len(lent)
    assert (lent >= TICKET_FEN).all()
    bound = proposal.bound_fen or 0
    assert bound * 0.97 <= proposal.earned_e12 / E12 <= bound + 1
    assert (solved(seed)[2].amount_fen[problem.lendable.most_fen < TICKET_FEN] > 0).any()


def test_the_average_over_the_worst_is_the_least_of_rockafellar_and_uryasev() -> None:
    random = np.random.default_rng(3)
    for count, worst_e6 in ((7, 300_000), (20, 50_000), (41, 123_457), (3, E6)):
        losses = random.integers(0, 10**9, count).tolist()
        part = Fraction(worst_e6 * count, E6)
        least = min(eta + sum(max(0, lost - eta) for lost in losses) / part for eta in losses)
        assert tail_mean(losses, worst_e6) == least

    assert tail_mean([], 50_000) == 0


def test_a_change_gives_what_a_fresh_model_of_the_changed_problem_gives() -> None:
    problem, model, before = solved(0)
    entries = problem.caps.entries
    mine = entries.candidate[entries.row == 2]
    change = LendingChange(
        mine,
        problem.lendable.gain_e12[mine] // 2,
        problem.lendable.most_fen[mine] // 3,
        np.array([2]),
        problem.caps.room_fen[[2]] // 2,
    )

    changed = model.proposal(change)

    fresh = LendingModel(change.applied(problem)).proposal()
    assert changed.earned_e12 / E12 == pytest.approx(fresh.earned_e12 / E12, rel=1e-8)
    assert within(change.applied(problem), changed)
    assert changed.bound_fen is None
    assert changed.earned_e12 < before.earned_e12


@pytest.mark.parametrize("seed", seeds(range(6), 2))
def test_after_each_chains_change_no_other_solver_earns_more(seed: int) -> None:
    problem, model, _ = solved(seed)
    entries, lendable = problem.caps.entries, problem.lendable
    for chain in range(SMALL[0]):
        mine = entries.candidate[entries.row == chain]
        gain = lendable.gain_e12[mine] - problem.tail.expected_e12[mine]
        room = problem.caps.room_fen[[chain]] * 7 // 10
        change = LendingChange(mine, gain, lendable.most_fen[mine] // 2, np.array([chain]), room)
        changed = change.applied(problem)

        found = model.proposal(change)

        assert found.earned_e12 / E12 == pytest.approx(most_earned(changed), rel=1e-7)
        assert within(changed, found)


def test_a_large_program_begins_where_a_part_of_it_stands_and_ends_as_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, _, small = solved(0)
    rows = program(problem)
    part = part_of(rows)
    assert 0 < part.columns[: rows.amounts].sum() < rows.amounts / 4
    monkeypatch.setattr(solver, "LARGE", rows.amounts)

    model = LendingModel(problem)

    found = model.proposal()
    assert found.earned_e12 / E12 == pytest.approx(small.earned_e12 / E12, rel=1e-8)
    assert within(problem, found)
    assert model.proposal(LendingChange()).amount_fen.tolist() == found.amount_fen.tolist()


def test_the_same_bytes_whatever_was_asked_before_and_on_any_number_of_threads() -> None:
    problem, model, before = solved(0, TICKET_FEN)
    change = LendingChange(cap=np.array([1]), room_fen=problem.caps.room_fen[[1]] // 2)
    other = LendingChange(cap=np.array([0]), room_fen=problem.caps.room_fen[[0]] // 5)

    def made(*, first: bool) -> list[LendingProposal]:
        fresh = LendingModel(problem)
        return [fresh.proposal(each) for each in ((other, change) if first else (change,))][-1:]

    with ThreadPoolExecutor(4) as threads:
        found = [
            each
            for many in threads.map(lambda one: made(first=one), [True, False] * 2)
            for each in many
        ]
    found += [model.proposal(other), model.proposal(change)][-1:]

    assert len({_bytes(each) for each in found}) == 1
    assert _bytes(model.proposal()) == _bytes(before) == _bytes(LendingModel(problem).proposal())
    assert _bytes(found[0]) != _bytes(before)


def _bytes(proposal: LendingProposal) -> bytes:
    arrays = (proposal.amount_fen, proposal.room_price_e6, proposal.loss_price_e6)
    figures = (proposal.earned_e12, proposal.bound_fen, proposal.tail_price_e6, proposal.rounds)
    return b"".join(each.tobytes() for each in arrays) + repr(figures).encode()


def test_amounts_a_few_fen_too_large_are_trimmed_and_tickets_stand() -> None:
    problem, _, proposal = solved(0, TICKET_FEN)
    lent = proposal.amount_fen
    large = lent + np.where(lent > 0, 7, 0)
    assert list(over(problem, large))

    found = trimmed(problem, large)

    most = np.minimum(large, problem.lendable.most_fen)
    assert within(problem, replace(proposal, amount_fen=np.minimum(found, most)))
    assert ((found == 0) | (found >= TICKET_FEN)).all()
    assert found.sum() > lent.sum() * 0.999


def test_where_what_is_lent_loses_too_much_already_nothing_is_added_to_it() -> None:
    problem, _, _ = solved(0)
    base = problem.tail.base_fen.copy()
    base[0] = int(problem.tail.cap_fen[0]) * 2
    tail = replace(problem.tail, base_fen=base, tail_cap_fen=NO_CAP)

    proposal = LendingModel(replace(problem, tail=tail)).proposal()

    touched = problem.tail.alone.candidate[problem.tail.alone.row == 0]
    assert proposal.amount_fen.sum() > 0
    assert proposal.amount_fen[touched].sum() == 0


def test_nothing_is_lent_at_a_loss_and_nobody_is_no_error() -> None:
    problem, _, _ = solved(0)
    losing = replace(problem.lendable, gain_e12=-problem.lendable.gain_e12 - 1)

    assert LendingModel(replace(problem, lendable=losing)).proposal().amount_fen.sum() == 0

    none = np.zeros(0, np.int64)
    nobody = LendingProblem(
        Lendable(none, none, none),
        Caps(np.array([5]), Entries(none, none, none)),
        LossTail(
            Entries(none, none, none),
            none,
            none,
            np.zeros((0, 1), np.int64),
            none,
            none,
            E6,
            NO_CAP,
        ),
    )
    assert LendingModel(nobody).proposal().earned_e12 == 0


def test_a_sum_is_exact_where_floating_point_is_not() -> None:
    entries = Entries(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([E12, 1, 333_333_333_333]))
    found = sums(entries, 3, np.array([10**13 - 1, 3]))

    assert found.e12() == [(10**13 - 1) * E12 + 3, (10**13 - 1) * 333_333_333_333, 0]
    assert found.above(np.array([10**13 - 1, 10**13, 0])).tolist() == [0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cap": [0], "room_fen": [-1]}, r"room_fen\[0\] is -1"),
        ({"candidate": [4], "gain_e12": [0], "most_fen": [10**13 + 1]}, r"most_fen\[4\]"),
        ({"candidate": [4], "gain_e12": [2 * E12], "most_fen": [0]}, r"gain_e12\[4\]"),
    ],
)
def test_a_figure_out_of_its_bounds_is_named(change: dict[str, list[int]], said: str) -> None:
    _, model, before = solved(0)
    asked = LendingChange(**{name: np.array(each) for name, each in change.items()})

    with pytest.raises(InvalidInput, match=said):
        model.proposal(asked)
    assert _bytes(model.proposal()) == _bytes(before)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"worst_e6": 0}, "worst_e6 is 0"),
        ({"tail_cap_fen": -2}, "tail_cap_fen is -2"),
        ({"cap_fen": np.zeros(3, np.int64)}, "cap_fen has shape"),
        ({"load_e6": np.zeros((99, 20), np.int64)}, "load_e6 must have a row"),
        ({"factor": np.full(2, 99)}, "factor has shape"),
    ],
)
def test_a_tail_that_does_not_belong_together_is_named(change: dict[str, Any], said: str) -> None:
    problem, _, _ = solved(0)
    with pytest.raises(InvalidInput, match=said):
        replace(problem, tail=replace(problem.tail, **change))


def test_a_solution_that_takes_too_long_is_an_error() -> None:
    with pytest.raises(NotConverged, match="not solved in 0 s"):
        LendingModel(economy(20, 800), seconds_max=0)
