"""What to lend: the program solved, minimum tickets held, amounts cut to whole fen."""

from dataclasses import dataclass, field, replace

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.stress.portfolio.exact import earned_e12
from graph.stress.portfolio.problem import E6, E12, LendingProblem
from graph.stress.portfolio.rows import UNIT_FEN, program, usable
from graph.stress.portfolio.solver import Solved, Solver
from graph.stress.portfolio.trimming import trimmed

SECONDS_MAX = 600.0
SMALL = 1e-7  # In units: what is smaller is nothing, a tenth of a fen.
NEAR_FEN = 0.01  # What is so near a whole fen is that fen.
PATIENT = 0.7  # In the first half of rounds only what is below this part of its ticket is given up.
ROUNDS_MAX = 8
CHANGED_ROUNDS_MAX = 3  # Where something changes, what is small is given up sooner.
NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class LendingChange:
    """
    What is otherwise than in the problem: entries of candidates, and caps.

    Args:
        candidate: Whose figures change.
        gain_e12: Their gains.
        most_fen: The most that they can be lent.
        cap: Which caps change.
        room_fen: What is left of them.
    """

    candidate: IntArray = field(default_factory=lambda: NONE)
    gain_e12: IntArray = field(default_factory=lambda: NONE)
    most_fen: IntArray = field(default_factory=lambda: NONE)
    cap: IntArray = field(default_factory=lambda: NONE)
    room_fen: IntArray = field(default_factory=lambda: NONE)

    def applied(self, problem: LendingProblem) -> LendingProblem:
        """
        Return the problem with the change.

        Raises:
            InvalidInput: A figure is out of its bounds.
        """
        gain, most = problem.lendable.gain_e12.copy(), problem.lendable.most_fen.copy()
        room = problem.caps.room_fen.copy()
        gain[self.candidate], most[self.candidate] = self.gain_e12, self.most_fen
        room[self.cap] = self.room_fen
        return replace(
            problem,
            lendable=replace(problem.lendable, gain_e12=gain, most_fen=most),
            caps=replace(problem.caps, room_fen=room),
        )


@dataclass(frozen=True, slots=True)
class LendingProposal:
    """
    What to lend, what it earns, and what one more fen of each cap would.

    Prices are a year's, in 10^-6 fen a fen: of the program once minimum tickets are settled.

    Args:
        amount_fen: By candidate.
        earned_e12: All of them a year, in 10^-12 fen, exactly.
        bound_fen: What no choice can earn more than: that of the program without tickets; None of
            a change.
        room_price_e6: By cap.
        loss_price_e6: By scenario.
        tail_price_e6: Of the loss over the tail.
        rounds: How often the program was solved.
    """

    amount_fen: IntArray
    earned_e12: int
    bound_fen: int | None
    room_price_e6: IntArray
    loss_price_e6: IntArray
    tail_price_e6: int
    rounds: int


class LendingModel:
    """
    A problem that stays loaded: what changes little is solved again from where it stood.

    A proposal depends on the problem and the change alone, not on what was asked before.

    Args:
        problem: The problem.
        seconds_max: How long one solution of the program may take.
    """

    def __init__(self, problem: LendingProblem, *, seconds_max: float = SECONDS_MAX) -> None:
        self._problem = problem
        self._rows = program(problem)
        self._solver = Solver(self._rows, seconds_max)
        first = self._solver.solve()
        self._bound_fen = round(-first.least * UNIT_FEN)
        self._upper = _upper(problem)
        self._last, self._rounds = self._ticketed(problem, first, self._upper, ROUNDS_MAX)
        self._basis = self._solver.basis()

    def proposal(self, change: LendingChange | None = None) -> LendingProposal:
        """
        Return what to lend.

        Where something changes, what was given up elsewhere for its ticket stays given up.

        Args:
            change: What is otherwise than in the problem.

        Raises:
            InvalidInput: A figure of the change is out of its bounds.
            NotConverged: It was not found within the bounds.
        """
        if change is None:
            return self._told(self._problem, self._last, self._upper, self._rounds)
        problem, upper = change.applied(self._problem), self._upper.copy()
        upper[change.candidate] = _upper(problem)[change.candidate]
        self._set(problem, change, upper, change.candidate)
        try:
            self._solver.start_at(self._basis)
            last, rounds = self._ticketed(problem, self._solver.solve(), upper, CHANGED_ROUNDS_MAX)
            return self._told(problem, last, upper, rounds)
        finally:
            self._set(self._problem, change, self._upper, np.flatnonzero(upper != self._upper))

    def _set(
        self, problem: LendingProblem, change: LendingChange, upper: FloatArray, bound: IntArray
    ) -> None:
        """Give the loaded program the figures that a change touches, and bounds of columns."""
        at = change.candidate
        self._solver.bound_columns(bound, upper[bound])
        self._solver.cost_columns(at, -problem.lendable.gain_e12[at] / E12)
        self._solver.bound_rows(change.cap, problem.caps.room_fen[change.cap] / UNIT_FEN)

    def _ticketed(
        self, problem: LendingProblem, solved: Solved, upper: FloatArray, rounds_max: int
    ) -> tuple[Solved, int]:
        """
        Return a solution without amounts below their tickets, and how often it was solved.

        What is small is given up, more and more of it, and what that sets free is lent anew.
        """
        ticket, rounds = problem.lendable.ticket_fen / UNIT_FEN, 1
        for patience in range(rounds_max):
            found = solved.columns[: len(ticket)]
            short = (found > SMALL) & (found < ticket - SMALL)
            part = PATIENT if patience < rounds_max // 2 else 1.0
            given_up = np.flatnonzero(short & (found < part * ticket))
            if not len(given_up):
                given_up = np.flatnonzero(short)
            if not len(given_up):
                return solved, rounds
            upper[given_up] = 0
            self._solver.bound_columns(given_up, np.zeros(len(given_up)))
            solved, rounds = self._solver.solve(), rounds + 1
        return solved, rounds  # What is short still is given up without lending it anew.

    def _told(
        self, problem: LendingProblem, last: Solved, upper: FloatArray, rounds: int
    ) -> LendingProposal:
        amount = trimmed(problem, _whole(problem, last.columns[: len(upper)], upper))
        caps, scenarios = len(problem.caps.room_fen), len(problem.tail)
        at = self._rows.first_loss
        return LendingProposal(
            amount_fen=amount,
            earned_e12=earned_e12(problem, amount),
            bound_fen=self._bound_fen if problem is self._problem else None,
            room_price_e6=_prices(last.row_duals[:caps]),
            loss_price_e6=_prices(last.column_duals[at : at + scenarios]),
            tail_price_e6=int(_prices(last.row_duals[-1:])[0]),
            rounds=rounds,
        )


def _upper(problem: LendingProblem) -> FloatArray:
    """Return the most that can be lent to each, in the units of the program."""
    return usable(problem.lendable.most_fen, problem.lendable.ticket_fen) / UNIT_FEN


def _whole(problem: LendingProblem, columns: FloatArray, upper: FloatArray) -> IntArray:
    """Return amounts in whole fen, cut down; nothing where a ticket is not reached."""
    amount = np.floor(np.clip(columns, 0, upper) * UNIT_FEN + NEAR_FEN).astype(np.int64)
    amount = np.minimum(amount, problem.lendable.most_fen)
    found: IntArray = np.where(amount < problem.lendable.ticket_fen, 0, amount)
    return found


def _prices(duals: FloatArray) -> IntArray:
    """Return what one more fen earns, from what it costs less."""
    found: IntArray = np.maximum(np.rint(-duals * E6), 0).astype(np.int64)
    return found
