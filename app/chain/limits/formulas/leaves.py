"""
The leaves of a limit: what a run gathers once and stores, and the formulas read.

Money is whole fen, shares are whole numbers at a scale of 1e12. A leaf that is not known is None;
nothing stands in for it. Leaves are single figures, or columns of them for firms of one kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.chain.limits.formulas.algebra import Amount
from app.chain.limits.formulas.columns import ExactColumn
from app.chain.limits.formulas.exact import EXACT, PLACES_OF_SHARES

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
NO_NEED = "neither statement nor sales"


def share(value_e12: int | ExactColumn) -> Decimal | ExactColumn:
    """
    Return a share (or a column of them) that is stored as whole numbers.

    Example:
        >>> share(500_000_000_000)
        Decimal('0.500000000000')
    """
    if isinstance(value_e12, ExactColumn):
        return ExactColumn(value_e12.values, PLACES_OF_SHARES, value_e12.there)
    return Decimal(value_e12).scaleb(-PLACES_OF_SHARES, EXACT)


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
    confirmed_paid_fen: int = 0  # Paid already of confirmed receivables; none of their faces.
    confirmed_here_fen: int = 0  # Faces of receivables that were confirmed on the platform.
    confirmed_event: int = 0  # The last event of the book that touched one of them.
    issued_here_fen: int = 0  # Faces of vouchers issued on the platform, accepted or not.
    issued_event: int = 0
    reserved_event: int = 0

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
    """What a run found for a whole chain that has a facility."""

    room_fen: Decimal
    relation_total_fen: Decimal
    stressed_loss_fen: Decimal
    stress_budget_fen: Decimal


@dataclass(frozen=True, slots=True)
class FirmLeaves:
    """What is known of a firm as a whole, or of many firms of whom the same is known."""

    size: str | None
    rating: str | None
    loans_fen: Amount | None
    sales_fen: Amount | None
    statement: Mapping[str, Amount] | None
    expected_growth: Amount | None
    worst_e12: int | ExactColumn
    worst_firm: str | None = None
    # Of revenue and cost those that are stated below the trades inside: shares are of the trades.
    understated: tuple[str, ...] = ()
    # Of the working-capital loans of the statement what was ours, and the event that last moved it.
    lent_fen: Amount = 0
    lent_event: int = 0


@dataclass(frozen=True, slots=True)
class PaperLeaves:
    """A document that the platform knows, and the event that last touched it."""

    kind: str
    number: str
    amount_fen: int
    event: int


@dataclass(frozen=True, slots=True)
class HeldLeaves:
    """What documents that a firm holds come to, and what does not count of them."""

    amounts_fen: Amount
    paid_fen: Amount = 0
    pledged_fen: Amount = 0
    pledged_count: Amount = 0
    papers: Sequence[PaperLeaves] = ()  # Those that the book knows; part of the amounts.


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """
    What decides which formula tells the advance rate of a claim.

    `verified`: delivered orders cover the claim. `sold`: there are gross sales to compare with.
    `troubled`: there are red letters or disputes.
    """

    verified: bool
    sold: bool
    troubled: bool


@dataclass(frozen=True, slots=True)
class ClaimLeaves:
    """What a firm has to claim from one buyer, and what tells its advance rate."""

    buyer: str
    rows_fen: Amount
    estimated_fen: Amount
    contra_fen: Amount
    blue_fen: Amount
    red_fen: Amount
    disputed_fen: Amount
    kind: ClaimKind
    paid_fen: Amount = 0
    pledged_fen: Amount = 0
    pledged_count: Amount = 0
    belonging_e12: int | ExactColumn = 0


@dataclass(frozen=True, slots=True)
class PrepaidLeaves:
    """What a distributor buys from one seller, and in how many chains it stands below it."""

    seller: str
    purchases_fen: Amount
    chains: Amount


@dataclass(frozen=True, slots=True)
class Others:
    """What a long sum does not list: how many parts, and what they come to."""

    count: int
    total_fen: Decimal
