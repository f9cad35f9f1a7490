"""
The leaves of a limit: what a run gathers once and stores, and the formulas read.

Money is whole fen, shares are whole numbers at a scale of 1e12, dates are the version's. A leaf
that is not known is None; nothing stands in for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

SCALE = 12
SHARE_ONE = 10**SCALE
STATEMENT = (
    "revenue_fen",
    "cost_fen",
    "profit_fen",
    "inventory_fen",
    "receivable_fen",
    "payable_fen",
    "prepaid_fen",
    "advances_fen",
    "own_funds_fen",
    "working_capital_loans_fen",
)
COUNTERPARTY = "counterparty only"
NO_STATEMENT = "no statement of the core"
NO_SALES = "no invoices in 365 days"


def share(value_e12: int) -> Decimal:
    """
    Return a share that is stored as a whole number.

    Example:
        >>> share(500_000_000_000)
        Decimal('0.500000000000')
    """
    return Decimal(value_e12).scaleb(-SCALE)


@dataclass(frozen=True, slots=True)
class CoreLeaves:
    """What the facility of one chain is made of."""

    core: str
    colour: str
    rating: str | None
    tangible_net_worth_fen: int | None
    operating_cash_flow_fen: int | None
    cash_fen: int | None
    short_debt_fen: int | None
    loans_fen: int | None
    purchases_fen: int
    sales_fen: int
    confirmed_fen: int
    vouchers_fen: int
    reserved_fen: int

    @property
    def has_facility(self) -> bool:
        """Return whether the rate cap or the cash cap is known."""
        return self.knows_rate or self.knows_cash

    @property
    def knows_rate(self) -> bool:
        """Return whether the rate cap is known."""
        return self.rating is not None and self.tangible_net_worth_fen is not None

    @property
    def knows_cash(self) -> bool:
        """Return whether the cash cap is known."""
        return None not in (self.operating_cash_flow_fen, self.cash_fen, self.short_debt_fen)


@dataclass(frozen=True, slots=True)
class ChainLeaves:
    """What a run found for a whole chain; absent where there is no facility."""

    room_fen: Decimal | None
    relation_total_fen: Decimal | None
    stressed_loss_fen: Decimal | None
    stress_budget_fen: Decimal | None


@dataclass(frozen=True, slots=True)
class FirmLeaves:
    """What is known of a firm as a whole."""

    firm: str
    size: str | None
    rating: str | None
    loans_fen: int | None
    sales_fen: int | None
    statement: Mapping[str, int] | None
    expected_growth: Decimal | None
    worst_e12: int
    worst_firm: str | None


@dataclass(frozen=True, slots=True)
class ClaimLeaves:
    """What a firm has to claim from one buyer, and what tells its advance rate."""

    buyer: str
    rows_fen: int
    estimated_fen: int
    contra_fen: int
    blue_fen: int
    red_fen: int
    disputed_fen: int
    delivered_fen: int
    belonging_e12: int = 0

    @property
    def claim_fen(self) -> int:
        """Return what is left of the claim."""
        return self.rows_fen + self.estimated_fen - self.contra_fen


@dataclass(frozen=True, slots=True)
class PrepaidLeaves:
    """What a distributor buys from one seller, and in how many chains it stands below it."""

    seller: str
    purchases_fen: int
    chains: int


@dataclass(frozen=True, slots=True)
class MemberLeaves:
    """One firm in one chain."""

    core: str
    firm: str
    held_fen: int
    loss_e12: int
    claims: tuple[ClaimLeaves, ...] = ()
    prepaid: tuple[PrepaidLeaves, ...] = ()
    arrived: Mapping[str, int] = field(default_factory=dict)
