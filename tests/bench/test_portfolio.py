"""What to lend whom: cold, and where one chain changes, at two sizes."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from graph.portfolio import LendingChange, LendingModel, LendingProblem
from tests.bench.figures import processor, promise, record
from tests.graph.stress.portfolio.economies import TICKET_FEN, economy

# Chains, firms, scenarios in which a core fails; seconds cold, and of a change.
SIZES = {"demo": (100, 9_000, 100, 1.5, 0.1), "large": (1_000, 100_000, 200, 40, 1)}
CHANGES = 12


def changes(problem: LendingProblem, chains: int) -> Iterator[LendingChange]:
    """Yield one chain's change after the other: its risk doubles, three tenths of its room go."""
    entries, lendable = problem.caps.entries, problem.lendable
    for chain in range(0, chains, max(1, chains // CHANGES)):
        mine = entries.candidate[entries.row == chain]
        gain = lendable.gain_e12[mine] - problem.tail.expected_e12[mine]
        room = problem.caps.room_fen[[chain]] * 7 // 10
        yield LendingChange(mine, gain, lendable.most_fen[mine], np.array([chain]), room)


@pytest.mark.parametrize("size", SIZES)
def test_what_to_lend_and_one_chains_change(benchmark: BenchmarkFixture, size: str) -> None:
    chains, firms, singles, cold_seconds, warm_seconds = SIZES[size]
    problem = economy(chains, firms, singles=singles)
    made: list[LendingModel] = []

    def cold() -> None:
        """Load and solve the program."""
        made[:] = [LendingModel(problem)]

    spent = benchmark.pedantic(lambda: processor(cold), rounds=1, warmup_rounds=0)
    model = made[0]
    proposal = model.proposal()
    many = [
        processor(lambda change=change: model.proposal(change))  # type: ignore[misc]  # a default
        for change in islice(changes(problem, chains), CHANGES)
    ]

    what = f"what to lend, {chains:,} chains and {firms:,} firms"
    promise(benchmark, f"{what}, cold", spent, unit="s", at_most=cold_seconds)
    warm = float(np.median(many))
    promise(benchmark, f"{what}, one chain's change", warm, unit="s", at_most=warm_seconds)
    record(benchmark, f"{what}, the slowest change of {CHANGES}", max(many), unit="s")
    if size == "demo":
        _ticketed(benchmark, what, economy(chains, firms, singles=singles, ticket=TICKET_FEN))
    assert proposal.earned_e12 > 0


def _ticketed(benchmark: BenchmarkFixture, what: str, problem: LendingProblem) -> None:
    """Note what minimum tickets cost, in time and in what is earned."""
    made: list[LendingModel] = []
    spent = processor(lambda: made.append(LendingModel(problem)))
    record(benchmark, f"{what}, with minimum tickets, cold", spent, unit="s")
    proposal = made[0].proposal()
    lost = 1 - proposal.earned_e12 / 10**12 / (proposal.bound_fen or 1)
    record(benchmark, f"{what}, of what is earned, lost to tickets at most", lost, unit="")
