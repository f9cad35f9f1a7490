"""
A firm's own credit on its trade with a chain.

base_ic      = sum_j a_ij claims_ij w_jc + prepayments
own_i        = sales_share x sales of 12 months x grade factor
resilience_i = clip(1 - omega x worst_i, 0.3, 1)
unscaled_ic  = min(own_ic, base_ic) x resilience_i
"""

from collections.abc import Sequence
from typing import Generic

from app.chain.limits.facility import DAYS_OF_YEAR, Facility
from app.chain.limits.leaves import Amount, ClaimLeaves, FirmLeaves, PrepaidLeaves, share
from app.chain.limits.nodes import Algebra, Figure, Formula, Origin, Others, V

MONTHS_OF_YEAR = 12
MICRO = "micro"
UNRATED = "none"


class Relation(Generic[V]):
    """The formulas of own credit, read by one algebra."""

    def __init__(self, algebra: Algebra[V], origin: Origin) -> None:
        self._a = algebra
        self._f = Formula(algebra)
        self._o = origin
        self._facility = Facility(algebra, origin)

    def rate(self, claim: ClaimLeaves) -> V:
        """Return the advance rate of a claim: what it starts from, less its dilution."""
        a, f = self._a, self._f
        top = a.policy("rate_top", "a_verified" if claim.kind.verified else "a_unverified")
        free = a.policy("dilution_free", "dilution_free")
        above = f.less("above_free", self._dilution(claim), free, unit="rate")
        excess = f.not_below_zero("excess", above, unit="rate")
        left = f.less("rate_less_dilution", top, excess, unit="rate")
        return a.clip("rate", "rate", (left, f.constant("zero", 0, "rate"), top))

    def _dilution(self, claim: ClaimLeaves) -> V:
        if not claim.kind.sold:
            source = self._o.table("trades")
            return self._a.input("dilution", "rate", int(claim.kind.troubled), source)
        trades = self._o.table("trades")
        returned = self._f.sum(
            "returned",
            self._a.input("red_letters", "fen", claim.red_fen, trades),
            self._a.input("disputed", "fen", claim.disputed_fen, self._o.table("receivables")),
        )
        sold = self._a.input("blue_sales", "fen", claim.blue_fen, trades)
        return self._f.least(
            "dilution",
            self._f.constant("one", 1, "rate"),
            self._a.divide("returned_share", "rate", returned, sold),
            unit="rate",
        )

    def claim(self, claim: ClaimLeaves) -> V:
        """Return what a claim on one buyer brings into the base."""
        a, f, rows = self._a, self._f, self._o.table("receivables")
        estimated = {**self._o.table("invoices"), "estimated": True}
        gross = f.sum(
            "gross",
            a.input("receivables", "fen", claim.rows_fen, rows),
            a.input("estimated", "fen", claim.estimated_fen, estimated),
        )
        contra = a.input("contra", "fen", claim.contra_fen, rows)
        belonging = share(claim.belonging_e12)
        return f.product(
            f"claim:{claim.buyer}",
            self.rate(claim),
            f.less("claim", gross, contra),
            a.input("belonging", "share", belonging, self._o.analysis("belonging")),
        )

    def prepaid(self, prepaid: PrepaidLeaves) -> V:
        """Return what purchases from one seller a tier nearer bring into the base."""
        a, f = self._a, self._f
        over_year = f.product(
            "over_year",
            a.input("purchases", "fen", prepaid.purchases_fen, self._o.table("trades")),
            self._facility.uncovered(),
            a.policy("prepay_days", "prepay_days"),
        )
        divisor = f.product(
            "year_and_chains",
            f.constant("days_of_year", DAYS_OF_YEAR, "count"),
            a.input("chains", "count", prepaid.chains, self._o.analysis("chains")),
            unit="count",
        )
        return a.divide(f"prepaid:{prepaid.seller}", "fen", over_year, divisor)

    def base(
        self,
        claims: Sequence[ClaimLeaves],
        prepaid: Sequence[PrepaidLeaves],
        others: Others | None = None,
    ) -> V:
        """Return the base: claims part and prepayment part, and what is not listed of them."""
        run = self._o.analysis("claims")
        parts = [self.claim(claim) for claim in claims]
        parts += [self.prepaid(entry) for entry in prepaid]
        if others is not None:
            source = self._o.others("claims", others.count)
            parts.append(self._a.input("others", "fen", others.total_fen, source))
        if not parts:
            parts.append(self._a.input("claims", "fen", 0, run))
        return self._f.sum("base", *parts)

    def own_total(self, firm: FirmLeaves, sales_fen: int) -> V:
        """Return what the firm as a whole may borrow on its sales."""
        a, f = self._a, self._f
        sales = a.input("sales", "fen", sales_fen, self._o.table("trades"))
        capacity = f.product("share_of_sales", a.policy("sales_share", "sales_share"), sales)
        if firm.size == MICRO:
            months = f.product("micro_sales", a.policy("micro_months", "micro_months"), sales)
            year = f.constant("months_of_year", MONTHS_OF_YEAR, "count")
            capacity = f.least(
                "sales_capacity", capacity, a.divide("months_of_sales", "fen", months, year)
            )
        grade = a.policy("grade_factor", "grade_factors", key=firm.rating or UNRATED)
        return f.product("own_total", capacity, grade)

    def own(self, own_total: V, base: V, base_total: Figure) -> V:
        """Return the part of the firm's own capacity that this chain's base takes."""
        run = self._o.analysis("claims")
        whole = self._a.input("base_total", "fen", base_total, run)
        mine = self._a.input("base_here", "fen", self._figure(base), run)
        part = self._a.divide("own_share", "share", mine, whole)
        return self._f.product("own", own_total, part)

    def _figure(self, base: V) -> Figure:
        found = self._a.figure(base)
        return 0 if found is None else found

    def resilience(self, firm: FirmLeaves) -> V:
        """Return how much of its own credit the worst single failure leaves a firm."""
        a, f = self._a, self._f
        source = self._o.analysis("contagion")
        if firm.worst_firm is not None:
            source = {**source, "firm": firm.worst_firm}
        if firm.understated:
            source = {**source, "understated": list(firm.understated)}
        worst = a.input("worst", "share", share(firm.worst_e12), source)
        taken = f.product("taken", a.policy("omega", "omega"), worst, unit="ratio")
        one = f.constant("one", 1, "ratio")
        left = f.less("after_worst", one, taken, unit="ratio")
        low = a.policy("resilience_min", "resilience_min")
        return a.clip("resilience", "ratio", (left, low, one))

    def unscaled(self, own: V, base: V, resilience: V) -> V:
        """Return own credit before the chain's factor."""
        return self._f.product("unscaled", self._f.least("capacity", own, base), resilience)

    def default_chance(self, firm: FirmLeaves) -> V:
        """Return the firm's own probability of default; the unrated one where it has no grade."""
        if firm.rating is None:
            return self._a.policy("pd", "pd_unrated")
        return self._a.policy("pd", "pd_by_grade", key=firm.rating)

    def stressed_loss(self, chance: V, loss_e12: Amount, unscaled: V) -> V:
        """Return what is lost on own credit when the core fails."""
        a, f = self._a, self._f
        loss = a.input("loss", "share", share(loss_e12), self._o.analysis("contagion"))
        added = f.product("added", a.policy("delta", "delta"), loss, unit="share")
        one = f.constant("one", 1, "share")
        stressed = f.least(
            "stressed_pd", one, f.sum("chance", chance, added, unit="share"), unit="share"
        )
        return f.product("stressed_loss", unscaled, stressed, a.policy("lgd", "lgd"))
