"""
Which nodes of a tree a reader may see, by code: what is not listed here is withheld.

A list names the steps that are shown with what is below them; numbers, which stand alone because
others' figures are behind them; those of them that are given up where a step would tell what is
withheld beside them; what is the reader's own wherever it stands, as pairs of a code and the code
above it; and the parts of that, which are shown below it and nowhere else: the same words stand
below claims on others, too. A code about a firm is listed by its word and colon (`claim:`). A code
that a formula gains is withheld until somebody lists it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.chain.limits.formulas.leaves import NO_NEED, NO_SALES

NOT_SHOWN = "not shown"
_TERMS = (  # What holds for every firm: advance rates, caps, cycles and days.
    "advance_rate rate_top dilution_free margin uncovered prepay_days cycle_days "
    "days_of_turnover days_of_year product_cap_total omega resilience_min one zero"
)
_LIMIT = "limit smallest need funding product_cap documents relation unscaled capacity base"
_NEED = (
    "need_total sales sales_of_cycle cycle_need documents_total goods stock owed less_profit "
    "cost_of_sales balance_grown stock_capital owed_capital working_capital capital_needed "
    "capital_left growth_factor grown"
)
_STATEMENT = (
    "revenue cost profit inventory receivable payable prepaid advances own_funds "
    "working_capital_loans loans_in_statement loans_of_others lent_by_us expected_growth"
)
_CLAIMS = (
    "held amounts from_files receivable_document: voucher_document: paid pledged_elsewhere "
    "claim: claim gross receivables estimated contra rate "
    "rate_less_dilution excess above_free dilution returned returned_share red_letters disputed "
    "blue_sales belonging prepaid: purchases over_year year_and_chains chains claims others"
)
_STRENGTH = "resilience after_worst taken worst"
_REACHABLE = "reachable reachable_exact passable from: arrived"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one reader may see of one kind of tree."""

    steps: frozenset[str]
    numbers: Mapping[str, str] = field(default_factory=dict)  # Code, and the analysis behind it.
    gives_way: frozenset[str] = frozenset()
    own: frozenset[tuple[str, str]] = frozenset()  # Code above, code: found in what is withheld.
    parts: frozenset[tuple[str, str]] = frozenset()  # The same, shown below what is own.
    reasons: frozenset[str] = frozenset()

    def shows(self, above: str, code: str) -> bool:
        """Return whether a node with this code, below that one, is shown."""
        pair = (above, kind_of(code))
        return kind_of(code) in self.steps or pair in self.own or pair in self.parts

    def reason(self, given: str) -> str:
        """Return why something is absent, in words that tell nothing of others."""
        return given if set(given.split("; ")) <= self.reasons else NOT_SHOWN


def kind_of(code: str) -> str:
    """
    Return a code as lists name it.

    Example:
        >>> kind_of("claim:F7"), kind_of("claim")
        ('claim:', 'claim')
    """
    word, colon, _ = code.partition(":")
    return word + colon


OWN_LIMIT = Allowed(
    steps=frozenset(
        f"{_TERMS} {_LIMIT} {_NEED} {_STATEMENT} {_CLAIMS} {_STRENGTH} {_REACHABLE}".split()
    ),
    numbers={
        "document_factor": "facility",
        "chain_factor": "chain",
        "share": "documents and claims",
    },
    # Own capacity is sales times a part that the grade decides, so that it tells the grade. Where
    # it is the smaller, the relation would tell it in turn; the chain's factor goes with it then.
    gives_way=frozenset({"chain_factor"}),
    own=frozenset(
        {
            ("capacity", "base"),
            ("unscaled", "resilience"),
            ("share_of_sales", "sales"),
            ("legal_room", "loans"),
        }
    ),
    reasons=frozenset(
        {NO_SALES, NO_NEED, "no growth given", "everywhere is zero", "base_total is zero"}
    ),
)
OWN_FACILITY = Allowed(
    steps=frozenset({"facility"}),
    own=frozenset(
        {
            ("up_over_year", "purchases"),
            ("down_over_year", "sales"),
            ("worth", "tangible_net_worth"),
            ("cash_capacity", "free_cash"),
            ("free_cash", "cash_there"),
            ("free_cash", "short_debt"),
            ("cash_there", "operating_cash_flow"),
            ("cash_there", "cash"),
            ("legal_room", "loans"),
        }
    ),
)


def limit_in_own_chain(core: str) -> Allowed:
    """Return what a core sees of the limit of a firm in its chain: what it promised that firm."""
    return Allowed(
        steps=frozenset({"limit", "reachable"}),
        own=frozenset({("documents", "held"), (f"claim:{core}", "claim")}),
        parts=frozenset(
            {
                ("claim", "gross"),
                ("claim", "paid"),
                ("claim", "contra"),
                ("held", "amounts"),
                ("held", "paid"),
                *(("amounts", code) for code in ("from_files", "others")),
                ("amounts", "receivable_document:"),
                ("amounts", "voucher_document:"),
                ("gross", "receivables"),
                ("gross", "estimated"),
            }
        ),
    )
