"""
A firm's own credit on its trade with a chain.

base_ic      = sum_j a_ij claims_ij w_jc + prepayments
own_i        = sales_share x sales of 12 months x grade factor
resilience_i = clip(1 - omega x worst_i, 0.3, 1)
unscaled_ic  = min(own_ic, base_ic) x resilience_i
"""

from decimal import Decimal
from typing import Generic

from app.limits.facility import DAYS_OF_YEAR, Facility, Origin
from app.limits.leaves import ClaimLeaves, FirmLeaves, MemberLeaves, PrepaidLeaves, share
from app.limits.nodes import Algebra, Formula, V

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
        verified = claim.delivered_fen >= claim.claim_fen
        rule = "a_verified" if verified else "a_unverified"
        top = self._a.policy("rate_top", rule)
        zero = self._f.constant("zero", 0, "rate")
        excess = self._f.most(
            "excess",
            self._f.constant("zero", 0, "rate"),
            self._a.subtract(
                "above_free",
                "rate",
                [self._dilution(claim), self._a.policy("dilution_free", "dilution_free")],
            ),
            unit="rate",
        )
        less = self._a.subtract("rate_less_dilution", "rate", [top, excess])
        return self._a.clip("rate", "rate", (less, zero, top))

    def _dilution(self, claim: ClaimLeaves) -> V:
        lost = claim.red_fen + claim.disputed_fen
        if claim.blue_fen <= 0:
            value = 1 if lost > 0 else 0
            return self._f.constant("dilution", value, "rate")
        returned = self._f.sum(
            "returned",
            self._a.input("red_letters", "fen", claim.red_fen, self._o.table("trades")),
            self._a.input("disputed", "fen", claim.disputed_fen, self._o.table("receivables")),
        )
        sold = self._a.input("blue_sales", "fen", claim.blue_fen, self._o.table("trades"))
        return self._f.least(
            "dilution",
            self._f.constant("one", 1, "rate"),
            self._a.divide("returned_share", "rate", returned, sold),
            unit="rate",
        )

    def claim(self, claim: ClaimLeaves) -> V:
        """Return what a claim on one buyer brings into the base."""
        estimated = {**self._o.table("invoices"), "estimated": True}
        gross = self._f.sum(
            "gross",
            self._a.input("receivables", "fen", claim.rows_fen, self._o.table("receivables")),
            self._a.input("estimated", "fen", claim.estimated_fen, estimated),
        )
        contra = self._a.input("contra", "fen", claim.contra_fen, self._o.table("receivables"))
        return self._f.product(
            f"claim:{claim.buyer}",
            self.rate(claim),
            self._a.subtract("claim", "fen", [gross, contra]),
            self._a.input(
                "belonging", "share", share(claim.belonging_e12), self._o.analysis("belonging")
            ),
        )

    def prepaid(self, prepaid: PrepaidLeaves) -> V:
        """Return what purchases from one seller a tier nearer bring into the base."""
        over_year = self._f.product(
            "over_year",
            self._a.input("purchases", "fen", prepaid.purchases_fen, self._o.table("trades")),
            self._facility.uncovered(),
            self._a.policy("prepay_days", "prepay_days"),
        )
        divisor = self._f.product(
            "year_and_chains",
            self._f.constant("days_of_year", DAYS_OF_YEAR, "count"),
            self._a.input("chains", "count", prepaid.chains, self._o.analysis("chains")),
            unit="count",
        )
        return self._a.divide(f"prepaid:{prepaid.seller}", "fen", over_year, divisor)

    def base(self, member: MemberLeaves) -> V:
        """Return the base: claims part and prepayment part."""
        parts = [self.claim(claim) for claim in member.claims if claim.belonging_e12]
        parts += [self.prepaid(entry) for entry in member.prepaid]
        if not parts:
            return self._a.input("base", "fen", 0, self._o.analysis("claims"))
        return self._a.largest("base", "fen", parts)

    def own_total(self, firm: FirmLeaves) -> V:
        """Return what the firm as a whole may borrow on its sales."""
        a, f = self._a, self._f
        sales = a.input("sales", "fen", firm.sales_fen, self._o.table("trades"))
        capacity = f.product("share_of_sales", a.policy("sales_share", "sales_share"), sales)
        if firm.size == MICRO:
            months = f.product("micro_sales", a.policy("micro_months", "micro_months"), sales)
            year = f.constant("months_of_year", MONTHS_OF_YEAR, "count")
            capacity = f.least(
                "sales_capacity", capacity, a.divide("months_of_sales", "fen", months, year)
            )
        grade = a.policy("grade_factor", "grade_factors", key=firm.rating or UNRATED)
        return f.product("own_total", capacity, grade)

    def own(self, firm: FirmLeaves, base: V, base_total: Decimal) -> V:
        """Return the part of the firm's own capacity that this chain's base takes."""
        whole = self._a.input("base_total", "fen", base_total, self._o.analysis("claims"))
        mine = self._a.input("base_here", "fen", self._a.value(base), self._o.analysis("claims"))
        part = self._a.divide("own_share", "share", mine, whole)
        return self._f.product("own", self.own_total(firm), part)

    def resilience(self, firm: FirmLeaves) -> V:
        """Return how much of its own credit the worst single failure leaves a firm."""
        a = self._a
        source = self._o.analysis("contagion")
        if firm.worst_firm is not None:
            source = {**source, "firm": firm.worst_firm}
        taken = self._f.product(
            "taken",
            a.policy("omega", "omega"),
            a.input("worst", "share", share(firm.worst_e12), source),
            unit="ratio",
        )
        one = self._f.constant("one", 1, "ratio")
        left = a.subtract("after_worst", "ratio", [one, taken])
        low = a.policy("resilience_min", "resilience_min")
        return a.clip("resilience", "ratio", (left, low, one))

    def unscaled(self, firm: FirmLeaves, base: V, base_total: Decimal) -> V:
        """Return own credit before the chain's factor."""
        capacity = self._f.least("capacity", self.own(firm, base, base_total), base)
        return self._f.product("unscaled", capacity, self.resilience(firm))

    def stressed_loss(self, firm: FirmLeaves, loss_e12: int, unscaled: V) -> V:
        """Return what is lost on own credit when the core fails."""
        a, f = self._a, self._f
        if firm.rating is None:
            alone = a.policy("pd", "pd_unrated")
        else:
            alone = a.policy("pd", "pd_by_grade", key=firm.rating)
        loss = a.input("loss", "share", share(loss_e12), self._o.analysis("contagion"))
        added = f.product("added", a.policy("delta", "delta"), loss, unit="share")
        chance = a.combine("sum", "chance", "share", [alone, added])
        one = f.constant("one", 1, "share")
        chance = f.least("stressed_pd", one, chance, unit="share")
        return f.product("stressed_loss", unscaled, chance, a.policy("lgd", "lgd"))
