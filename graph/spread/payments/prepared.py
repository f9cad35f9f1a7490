"""A network cleared once, and the losses that it may meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from graph.arrays.dtypes import FloatArray
from graph.errors import InvalidInput
from graph.network.firms import (
    KnownFirms,
    doubles,
    refuse,
    refuse_endless,
    refuse_outside,
    rows_of,
    whole,
)
from graph.spread.payments.clearing import (
    Clearing,
    Debts,
    Recoveries,
    Seniority,
    checked_terms,
    cleared,
    kernel_debts,
)
from graph.spread.payments.kernels import clearing as exact
from graph.spread.payments.kernels import decrements as kernel
from graph.spread.payments.kernels.clearing import SHORT
from graph.spread.shocks import names_of, refuse_twice

WAITS = 1e-13  # Of a scenario's losses: what a payment falls by and does not pass on.


@dataclass(frozen=True, slots=True)
class AssetLosses:
    """
    Scenarios one after another, as flat columns: who loses how much of its external assets.

    Args:
        offsets: Where each scenario begins in the columns; one more than there are scenarios.
        rows: Firms with a loss, by row or id, each at most once in a scenario.
        amounts: What each loses, in the unit of the debts, not negative.
    """

    offsets: npt.ArrayLike
    rows: npt.ArrayLike
    amounts: npt.ArrayLike

    def __len__(self) -> int:
        return len(np.asarray(self.offsets)) - 1

    @classmethod
    def alone(cls, rows: npt.ArrayLike, amounts: npt.ArrayLike) -> Self:
        """Return one scenario a row: that firm alone has that loss."""
        return cls(np.arange(len(np.asarray(rows)) + 1), rows, amounts)

    @classmethod
    def together(cls, rows: Sequence[int] | Sequence[str], amounts: Sequence[float]) -> Self:
        """Return one scenario: all these firms have their losses at once."""
        return cls(np.array([0, len(rows)]), rows, amounts)

    def checked(self, network: KnownFirms | int) -> kernel.FirstLosses:
        """
        Return the columns as the kernel takes them.

        Args:
            network: Who knows the firms by id, or how many there are.

        Raises:
            InvalidInput: They do not fit together, a firm stands twice in one scenario, or a loss
                is negative or missing.
        """
        firms = network if isinstance(network, int) else len(network)
        offsets, rows = whole(self.offsets, "offsets"), rows_of(self.rows, network, "rows")
        amounts = doubles(self.amounts, "amounts")
        if rows.shape != amounts.shape:
            raise InvalidInput("rows and amounts differ in length")
        if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(rows):
            raise InvalidInput("offsets do not run from 0 to the number of losses")
        refuse(np.diff(offsets) < 0, "offsets", "is larger than the next")
        refuse_outside(rows, firms, "rows")
        refuse(~np.isfinite(amounts), "amounts", "is missing")
        refuse_endless(amounts, "amounts")
        refuse(amounts < 0, "amounts", "is a gain: payments that rise need a network cleared anew")
        refuse_twice(offsets, rows, firms)
        scenarios = np.repeat(np.arange(len(self)), np.diff(offsets))
        lost = np.bincount(scenarios, amounts, len(self))
        return kernel.FirstLosses(offsets, rows, amounts, WAITS * lost.astype(np.float64))

    def names(self, network: KnownFirms) -> Any:
        """Return a column of what scenarios are called: by their firm where all have one."""
        return names_of(network, self.offsets, self.rows)


@dataclass(frozen=True, slots=True)
class Cleared:
    """A network with the payments before any loss, ready for losses."""

    found: Clearing
    recovery_external: float
    recovery_internal: float
    seniority: Seniority
    columns: exact.DebtMatrix
    before: kernel.Before

    def __len__(self) -> int:
        return len(self.found.payment)

    @property
    def ids(self) -> Sequence[str] | None:
        """Return what the firms are called, in row order."""
        return self.found.ids

    @property
    def terms(self) -> Recoveries:
        """Return what a failed firm recovers, and who comes first."""
        return checked_terms(self.recovery_external, self.recovery_internal, self.seniority)


def prepare(
    debts: Debts,
    *,
    recovery_external: float = 1.0,
    recovery_internal: float = 1.0,
    seniority: Seniority = "pari-passu",
) -> Cleared:
    """
    Clear a network once, and lay it out by debtor for `clear_many`; arguments as for `clear`.

    Raises:
        InvalidInput: A column or recovery is not what it must be.
        NotConverged: A level's equations have no finite solution.

    Example:
        >>> base = prepare(Debts(2, [1], [0], [10.0], [12.0, 0.0], [0.0, 0.0]))
        >>> base.found.payment.tolist()
        [10.0, 0.0]
    """
    terms = checked_terms(recovery_external, recovery_internal, seniority)
    columns = kernel_debts(debts)
    found = cleared(columns, terms, debts.ids)
    by_debtor = columns.claims.tocsc()
    owing = kernel.Liabilities(
        by_debtor.indptr.astype(np.int64), by_debtor.indices.astype(np.int32), by_debtor.data
    )
    before = kernel.Before(owing, _firms(columns, found, terms), terms.external, terms.internal)
    kernel.settle(before)
    return Cleared(found, recovery_external, recovery_internal, seniority, columns, before)


def _firms(columns: exact.DebtMatrix, found: Clearing, terms: Recoveries) -> FloatArray:
    """Return what stands before any loss, a row a firm."""
    firms = np.zeros((len(found.payment), kernel.WIDTH))
    firms[:, kernel.OUTSIDE] = columns.assets
    firms[:, kernel.DUE] = columns.claims @ found.levels[-1]
    firms[:, kernel.OWED] = found.liability
    firms[:, kernel.ENOUGH] = found.liability * (1.0 - SHORT)
    firms[:, kernel.BASE] = columns.inside if terms.first else found.liability
    firms[:, kernel.FIRST] = columns.outside if terms.first else 0.0
    firms[:, kernel.SHARE] = found.levels[-1]
    firms[:, kernel.FAILED] = found.defaulted
    return firms
