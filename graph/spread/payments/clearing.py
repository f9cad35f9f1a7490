"""What firms pay each other when some cannot pay in full, and what their creditors lose."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.arrays.dtypes import BoolArray, FloatArray, IntArray
from graph.errors import InvalidInput, NotConverged
from graph.network.firms import (
    FirmRows,
    Frame,
    PairColumns,
    checked_count,
    checked_ids,
    doubles,
    firm_frame,
    pairs_of,
    refuse,
    refuse_endless,
    refuse_outside,
    refuse_size,
    rows_of,
)
from graph.spread.payments.kernels import clearing as kernel

Seniority = Literal["pari-passu", "senior"]


@dataclass(frozen=True, slots=True)
class Debts:
    """
    Who owes whom, in any one unit of money; equal pairs are added up.

    Args:
        firms: Number of firms; rows are 0 to firms - 1.
        creditors: Row or id of the firm that is owed, by claim.
        debtors: Row or id of the firm that owes, another one.
        amounts: What it owes, not negative.
        external_assets: What each firm has besides its claims; negative: what it lacks.
        external_liabilities: What each firm owes to others than these firms.
        ids: What the firms are called, in row order.
    """

    firms: int
    creditors: npt.ArrayLike
    debtors: npt.ArrayLike
    amounts: npt.ArrayLike
    external_assets: npt.ArrayLike
    external_liabilities: npt.ArrayLike
    ids: Sequence[str] | None = field(default=None, repr=False)

    @property
    def named(self) -> FirmRows:
        """Return the firms by row or id, or raise `InvalidInput`."""
        return FirmRows(self.firms, checked_ids(self.ids, self.firms))

    def columns(self) -> PairColumns:
        """
        Return the claims as arrays: rows of creditors and debtors, amounts.

        Raises:
            InvalidInput: They differ in length, name no firm, or a firm owes itself.
        """
        checked_count("firms", self.firms)
        ends = {"creditors": self.creditors, "debtors": self.debtors}
        claims = pairs_of(self.named, self.amounts, ends)
        refuse(claims.first == claims.second, "creditors", "has a claim on itself")
        return claims

    def outside(self) -> tuple[FloatArray, FloatArray]:
        """Return assets and liabilities outside, or raise `InvalidInput`."""
        assets = doubles(self.external_assets, "external_assets").copy()
        liabilities = doubles(self.external_liabilities, "external_liabilities").copy()
        for name, values in (("external_assets", assets), ("external_liabilities", liabilities)):
            refuse_size(values, self.firms, name)
            refuse(~np.isfinite(values), name, "is missing")
            refuse_endless(values, name)
        refuse(liabilities < 0, "external_liabilities", "is negative")
        return assets, liabilities

    def with_losses(self, rows: Sequence[int] | Sequence[str], amounts: Sequence[float]) -> Self:
        """
        Return the same debts after these firms, by row or id, lost so much of their assets outside.

        Raises:
            InvalidInput: A row is no firm, or a loss is missing.
        """
        assets = doubles(self.external_assets, "external_assets").copy()
        places, losses = rows_of(rows, self.named, "rows"), doubles(amounts, "losses")
        if places.shape != losses.shape:
            raise InvalidInput("rows and losses differ in length")
        refuse_outside(places, self.firms, "rows")
        refuse(~np.isfinite(losses), "losses", "is missing")
        np.subtract.at(assets, places, losses)
        return replace(self, external_assets=assets)


@dataclass(frozen=True, slots=True)
class Clearing:
    """What every firm owes and pays, inside and outside together, and when it failed."""

    liability: FloatArray
    payment: FloatArray
    defaulted: BoolArray
    round: IntArray  # Level of the fictitious-default sequence, from 1; 0 never.
    levels: tuple[FloatArray, ...]  # Share of its debts inside that each firm pays, by level.
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, liability, payment, defaulted, round."""
        columns = {"liability": self.liability, "payment": self.payment}
        failed = {"defaulted": self.defaulted, "round": self.round}
        return firm_frame(self.ids, **columns, **failed)


def clear(
    debts: Debts,
    *,
    recovery_external: float = 1.0,
    recovery_internal: float = 1.0,
    seniority: Seniority = "pari-passu",
) -> Clearing:
    """
    Return the greatest payments that all firms can make at once.

    Args:
        debts: Claims, and what stands outside.
        recovery_external: Share of its external assets that a defaulted firm still has.
        recovery_internal: Share of what it is paid that a defaulted firm still has.
        seniority: `senior`: creditors outside are paid first; `pari-passu`: all alike.

    Raises:
        InvalidInput: A column or recovery is not what it must be.
        NotConverged: A level's equations have no finite solution.

    Example:
        Firm 0 owes 1 ten and has six; 1 owes 2 eight and has one.

        >>> found = clear(Debts(3, [1, 2], [0, 1], [10.0, 8.0], [6.0, 1.0, 0.0], [0.0, 0.0, 0.0]))
        >>> found.payment.round(6).tolist(), found.round.tolist()
        ([6.0, 7.0, 0.0], [1, 2, 0])
    """
    terms = checked_terms(recovery_external, recovery_internal, seniority)
    return cleared(kernel_debts(debts), terms, debts.ids)


class Recoveries(NamedTuple):
    """What a failed firm recovers outside and inside, and whether creditors outside come first."""

    external: float
    internal: float
    first: bool


def checked_terms(external: float, internal: float, seniority: Seniority) -> Recoveries:
    """Return the terms, or raise `InvalidInput`."""
    if not (0.0 <= external <= 1.0 and 0.0 <= internal <= 1.0):
        raise InvalidInput("a recovery is not in [0, 1]")
    if seniority not in ("pari-passu", "senior"):
        raise InvalidInput(f"seniority {seniority!r} is neither 'pari-passu' nor 'senior'")
    return Recoveries(external, internal, seniority == "senior")


def cleared(
    columns: kernel.DebtMatrix, terms: Recoveries, ids: Sequence[str] | None = None
) -> Clearing:
    """Return the greatest payments, or raise `NotConverged`."""
    found = kernel.clear(columns, terms.external, terms.internal, terms.first)
    if found is None:
        raise NotConverged("the payments of a level have no finite solution")
    owed = columns.inside + columns.outside
    failed = found.rounds > 0
    means = kernel.recovered(columns, found.shares[-1], terms.external, terms.internal)
    paid = np.where(failed, np.clip(means, 0.0, owed), owed)
    return Clearing(owed, paid, failed, found.rounds, tuple(found.shares), ids)


def kernel_debts(debts: Debts) -> kernel.DebtMatrix:
    """Return the debts as the kernels take them, or raise `InvalidInput`."""
    creditors, debtors, amounts = debts.columns()
    assets, liabilities = debts.outside()
    shape = (debts.firms, debts.firms)
    claims = sparse.coo_array((amounts, (creditors, debtors)), shape=shape).tocsr()
    inside = np.bincount(debtors, amounts, debts.firms).astype(np.float64)
    return kernel.DebtMatrix(claims, inside, liabilities, assets)


@dataclass(frozen=True, slots=True)
class Unpaid:
    """What creditors lose when firms stop paying."""

    levels: tuple[FloatArray, ...]  # Loss of every firm after each level; the first is zero.
    round: IntArray  # Level at which a firm failed, 1 for those that stopped; 0 never.
    ids: Sequence[str] | None = field(default=None, repr=False)

    def to_pandas(self) -> Frame:
        """Return a row a firm: firm, loss, round."""
        return firm_frame(self.ids, loss=self.losses, round=self.round)

    @property
    def losses(self) -> FloatArray:
        """Return what every firm loses in the end."""
        return self.levels[-1]


def stop_paying(
    debts: Debts, rows: Sequence[int] | Sequence[str], *, recovery: npt.ArrayLike = 0.0
) -> Unpaid:
    """
    Return what creditors lose when these firms pay only a share of what they owe.

    External assets are taken as the cash a firm can pay with; before the shock nobody defaults,
    so a firm whose cash and claims do not cover its debts is taken to have just enough: it passes
    every loss on. A firm that stopped collects nothing for itself; its debtors still owe it.

    Args:
        debts: Claims, cash as external assets, and debts outside.
        rows: The firms that stop, by row or id.
        recovery: The share in [0, 1] that they still pay: one for all or one for each.

    Raises:
        InvalidInput: A row is no firm, or a column or recovery is not what it must be.

    Example:
        Firm 0 owes 1 ten and stops; 1 owes 2 eight and has cash of three.

        >>> debts = Debts(3, [1, 2], [0, 1], [10.0, 8.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0])
        >>> stop_paying(debts, [0]).losses.tolist()
        [0.0, 10.0, 5.0]
    """
    creditors, debtors, amounts = debts.columns()
    cash, outside = debts.outside()
    stopped = np.zeros(debts.firms, np.bool_)
    closed = rows_of(rows, debts.named, "rows")
    refuse_outside(closed, debts.firms, "rows")
    stopped[closed] = True
    pays = np.ones(debts.firms)
    pays[closed] = _recoveries(recovery, len(closed))
    owed = np.bincount(debtors, amounts, debts.firms) + outside
    due = np.bincount(creditors, amounts, debts.firms)
    means = np.where(stopped, pays * owed, np.maximum(cash, owed - due))
    open_claims = ~stopped[creditors]
    gone = np.bincount(debtors[~open_claims], amounts[~open_claims], debts.firms)
    kept = replace(
        debts,
        creditors=creditors[open_claims],
        debtors=debtors[open_claims],
        amounts=amounts[open_claims],
        external_assets=means,
        external_liabilities=outside + gone,
    )
    found = clear(kept)
    missing = kernel_debts(kept).claims
    lost = tuple(missing @ (1.0 - shares) for shares in found.levels)
    return Unpaid(lost, found.round, debts.ids)


def _recoveries(given: npt.ArrayLike, firms: int) -> FloatArray:
    shares = np.array(given, np.float64)
    if shares.ndim and shares.shape != (firms,):
        raise InvalidInput(f"recovery has {shares.size} entries for {firms} firms that stop")
    if not ((shares >= 0.0) & (shares <= 1.0)).all():
        raise InvalidInput("a recovery is not in [0, 1]")
    return np.broadcast_to(shares, firms)
