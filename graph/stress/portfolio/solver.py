"""HiGHS as one thread runs it: the same program and basis give the same figures everywhere."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import NotConverged
from graph.stress.portfolio.beginning import at_most, part_of
from graph.stress.portfolio.rows import ENDLESS, ProgramRows

OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "solver": "simplex",
    "presolve": "off",  # Takes longer here than what it leaves away would.
}
AGAIN: dict[str, Any] = {  # Where a solution stands already, and little is otherwise.
    "simplex_dual_edge_weight_strategy": 1,  # Devex: exact weights take longer than the way there.
    "dual_simplex_cost_perturbation_multiplier": 0.0,  # Costs that were moved are solved for twice.
}
LARGE = 10_000  # Columns from which the first solution begins where a part of it stands.
ITERATIONS_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class Solved:
    """A solution: columns, what one more of each row and of each column's bound costs."""

    columns: FloatArray
    row_duals: FloatArray
    column_duals: FloatArray
    least: float


class Solver:
    """
    A linear program that stays loaded, so that what changes little is solved in a moment.

    Args:
        rows: The program.
        seconds_max: How long one solution may take.
    """

    def __init__(self, rows: ProgramRows, seconds_max: float) -> None:
        import highspy  # noqa: PLC0415  # What solves nothing need not wait for it.

        self._optimal = highspy.HighsModelStatus.kOptimal
        self._highs: Any = _quiet(highspy)
        for name, value in OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.setOptionValue("simplex_iteration_limit", ITERATIONS_MAX)
        self._seconds_max = seconds_max
        self._highs.passModel(_loaded(highspy.HighsLp(), rows, highspy.MatrixFormat.kColwise))
        if rows.amounts >= LARGE:
            self._begin(rows)

    def _begin(self, rows: ProgramRows) -> None:
        """Stand where a part of the program stands when it is solved (`beginning`)."""
        from highspy import HighsBasisStatus  # noqa: PLC0415  # The same.

        part = part_of(rows)
        smaller = Solver(part.rows, self._seconds_max)
        most = at_most(rows, smaller.solve().row_duals)
        basis = smaller.basis()
        columns = [HighsBasisStatus.kUpper if each else HighsBasisStatus.kLower for each in most]
        for column, status in zip(np.flatnonzero(part.columns), basis.col_status, strict=True):
            columns[column] = status
        basis.col_status = columns
        self._highs.setBasis(basis)

    def solve(self) -> Solved:
        """
        Return the best solution, from the basis that is there.

        Raises:
            NotConverged: It was not found within the bounds.
        """
        until = self._highs.getRunTime() + self._seconds_max  # Its clock counts all solutions.
        self._highs.setOptionValue("time_limit", until)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status != self._optimal:
            said = self._highs.modelStatusToString(status)
            raise NotConverged(f"the program was not solved in {self._seconds_max:g} s: {said}")
        found = self._highs.getSolution()
        return Solved(
            np.array(found.col_value),
            np.array(found.row_dual),
            np.array(found.col_dual),
            float(self._highs.getInfo().objective_function_value),
        )

    def basis(self) -> Any:
        """Return where the last solution stands, to begin there again."""
        return self._highs.getBasis()

    def start_at(self, basis: Any) -> None:
        """Forget what was done since, so that the same way is gone again from a basis."""
        for name, value in AGAIN.items():
            self._highs.setOptionValue(name, value)
        self._highs.clearSolver()
        self._highs.setBasis(basis)

    def bound_columns(self, columns: IntArray, upper: FloatArray) -> None:
        """Set how large columns may be; they may always be nothing."""
        places = columns.astype(np.int32)
        self._highs.changeColsBounds(len(places), places, np.zeros(len(places)), upper)

    def cost_columns(self, columns: IntArray, cost: FloatArray) -> None:
        """Set what columns cost."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), cost)

    def bound_rows(self, rows: IntArray, upper: FloatArray) -> None:
        """Set how large rows may be, which have no lower bound."""
        lower = np.full(len(rows), -ENDLESS)
        self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower, upper)


def _quiet(highspy: Any) -> Any:
    """Return a solver that prints nothing: with callbacks it would print its name."""

    class Quiet(highspy.Highs):  # type: ignore[misc]  # of a module that is loaded here
        """Without callbacks, which are nobody's here."""

        def enableCallbacks(self) -> None:  # noqa: N802  # its name there
            """Leave them off."""

    return Quiet()


def _loaded(found: Any, rows: ProgramRows, by_columns: Any) -> Any:
    found.num_row_, found.num_col_ = rows.matrix.shape
    found.col_cost_ = rows.cost
    found.col_lower_, found.col_upper_ = rows.column_lower, rows.column_upper
    found.row_lower_, found.row_upper_ = rows.row_lower, rows.row_upper
    found.a_matrix_.format_ = by_columns
    found.a_matrix_.start_ = rows.matrix.indptr
    found.a_matrix_.index_ = rows.matrix.indices
    found.a_matrix_.value_ = rows.matrix.data
    return found
