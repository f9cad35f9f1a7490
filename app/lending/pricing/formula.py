"""
The price of a loan, put together from its terms (docs/pricing.md).

APR = (ftp + opex + pd lgd + hurdle k + liquidity + adds - subsidy - tech discount) / (1 - pd)

to whole basis points, half up, held between the floor and the cap of the product. The terms are a
tree of the same operations as a limit's, so that each figure can be recomputed from its leaves.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from app.chain.limits.formulas.algebra import Algebra, Term
from app.chain.limits.formulas.exact import CUTTING, cut, written
from app.chain.limits.formulas.leaves import FirmLeaves
from app.lending.pricing.capital import capital
from app.policy.schemas.fifth import BUCKETS

YEARS_MAX = 5
BASIS_POINTS = 10_000
ENDS = (30, 90, 180, 360, 1080)  # The last day of each bucket of tenors but the last.
COUNTERPARTY_ONLY = "counterparty only"
IN_DEFAULT = "in default: probability of default 1"
NO_PROGRAMME = "no programme subsidises it"
NO_SCORE = "no technology score"
ONE = Decimal(1)
ZERO = Decimal(0)


class PricedTerms(Protocol):
    """What of a product its price reads."""

    @property
    def path(self) -> str:
        """Return which accounts it takes."""
        ...

    @property
    def rate_floor(self) -> Decimal:
        """Return the lowest rate."""
        ...

    @property
    def rate_cap(self) -> Decimal:
        """Return the highest rate."""
        ...

    @property
    def rate_add(self) -> Decimal:
        """Return what it adds to the rate."""
        ...


@dataclass(frozen=True, slots=True)
class PriceLeaves:
    """
    What a price is made from beside the policy.

    `payer` is whose credit carries the loan: of documents the core, else the firm; None where
    nothing but its trades is known of it.
    """

    payer: FirmLeaves | None
    terms: PricedTerms
    version: str  # Of the product.
    tenor_days: int


def bucket(tenor_days: int) -> str:
    """
    Return the bucket of a tenor, as the policy's tables have it.

    Example:
        >>> bucket(30), bucket(31), bucket(2000)
        ('to_30_days', 'to_90_days', 'longer')
    """
    place = sum(tenor_days > end for end in ENDS)
    return BUCKETS[place]


def price(algebra: Algebra, leaves: PriceLeaves) -> Term:
    """Return the rate a year, with its terms; absent, and why, where nothing can be priced."""
    if leaves.payer is None:
        return algebra.absent("price", "rate", COUNTERPARTY_ONLY)
    chance = _chance(algebra, leaves.payer)
    if chance.figure is None or chance.figure >= 1:
        return algebra.absent("price", "rate", IN_DEFAULT)
    one = algebra.constant("one", 1, "share")
    survival = algebra.less("survival", one, chance, unit="share")
    exact = algebra.divide("apr", _cost(algebra, leaves, chance), survival, unit="rate")
    bounds = (_of_product(algebra, leaves, key) for key in ("rate_floor", "rate_cap"))
    return algebra.clip("price", rounded(algebra, exact), *bounds, unit="rate")


def rounded(algebra: Algebra, exact: Term) -> Term:
    """Return a rate in whole basis points, half up."""
    many = algebra.constant("basis_points_of_one", BASIS_POINTS, "ratio")
    scaled = algebra.product("in_basis_points", exact, many, unit="ratio")
    half = algebra.input("half", "ratio", Decimal("0.5"), {"document": "definition"})
    moved = algebra.sum("half_more", scaled, half, unit="ratio")
    whole = algebra.floor("whole_basis_points", moved, unit="ratio")
    return algebra.divide("rounded", whole, many, unit="rate")


def _chance(algebra: Algebra, payer: FirmLeaves) -> Term:
    """Return the probability of default: by grade or unrated, and at least the floor."""
    if payer.rating is None:
        own = algebra.policy("pd_own", "pd_unrated")
    else:
        own = algebra.policy("pd_own", "pd_by_grade", key=payer.rating)
    return algebra.most("pd", own, algebra.policy("pd_floor", "pd_floor"), unit="share")


def _cost(algebra: Algebra, leaves: PriceLeaves, chance: Term) -> Term:
    """Return what a unit lent for a year costs the bank."""
    lgd = algebra.policy("lgd", "price_lgd", key=leaves.terms.path)
    key = bucket(leaves.tenor_days)
    parts = [
        algebra.policy("ftp", "ftp", key=key),
        algebra.policy("opex", "opex"),
        algebra.product("expected_loss", chance, lgd, unit="rate"),
        algebra.product(
            "capital_cost",
            algebra.policy("hurdle", "hurdle"),
            _capital(algebra, leaves, chance=chance, lgd=lgd),
            unit="rate",
        ),
        algebra.policy("liquidity", "liquidity", key=key),
        algebra.policy("price_add", "price_add"),
        _of_product(algebra, leaves, "rate_add"),
    ]
    if leaves.terms.path == "documents":
        parts.append(algebra.policy("operations_add", "operations_add"))
    return algebra.less(
        "cost",
        algebra.sum("gross", *parts, unit="rate"),
        algebra.absent("subsidy", "rate", NO_PROGRAMME),
        algebra.absent("tech_discount", "rate", NO_SCORE),
        unit="rate",
    )


def _capital(algebra: Algebra, leaves: PriceLeaves, *, chance: Term, lgd: Term) -> Term:
    """Return the capital that a unit lent ties up; its source says what it was computed from."""
    sales = _place_of_sales(algebra, leaves.payer)
    base = algebra.policy("day_base", "day_base").figure or ONE
    years = min(max(_cut_quotient(leaves.tenor_days, base), ONE), Decimal(YEARS_MAX))
    pd, loss = chance.figure or ZERO, lgd.figure or ZERO
    figures = {"pd": pd, "lgd": loss, "sales": sales, "years": years}
    told = " ".join(f"{name}={written(value)}" for name, value in figures.items())
    return algebra.input(
        "capital", "rate", capital(pd, loss, sales, years), {"document": f"CRE31 {told}"}
    )


def _place_of_sales(algebra: Algebra, payer: FirmLeaves | None) -> Decimal:
    """Return where sales lie between the bounds, 0 to 1; 1, which lowers nothing, if unknown."""
    sales = payer.sales_fen if payer else None
    if not isinstance(sales, int | Decimal):
        return ONE
    low, high = (
        algebra.policy(name, name).figure or ZERO
        for name in ("sme_sales_floor_fen", "sme_sales_cap_fen")
    )
    if sales >= high:
        return ONE
    return max(_cut_quotient(sales - low, high - low), ZERO) if sales > low else ZERO


def _of_product(algebra: Algebra, leaves: PriceLeaves, key: str) -> Term:
    """Return a rate that the product states."""
    value: Decimal = getattr(leaves.terms, key)
    return algebra.input(key, "rate", value, {"document": leaves.version, "key": key})


def _cut_quotient(first: Decimal | int, second: Decimal | int) -> Decimal:
    return cut(CUTTING.divide(Decimal(first), Decimal(second)))
