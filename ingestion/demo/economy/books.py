"""
Firms' statements, ratings and loans, plausible beside their invoices.

Cores get one of a few profiles each, so that every term of a facility decides somewhere: need,
rating and worth, cash, the law; one core has no statement, one nobody lends on, one no cash, one
far more confirmed than its worth carries.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ingestion.demo.economy.draws import by_weight
from ingestion.demo.economy.sectors import BoolArray, FloatArray, IntArray, sectors
from ingestion.demo.economy.world import World

# What the profiles are cut to, in the terms of a facility (shares of need, worth by rating, cash).
NEED_OF_PURCHASES, NEED_OF_SALES = 0.8 * 0.5 * 90 / 365, 0.7 * 0.5 * 60 / 365 * 0.7
WORTH_SHARES = np.array([0.6] * 3 + [0.4] * 3 + [0.2] * 3 + [0.08] * 2)
CASH_SHARE = 0.5
LEGAL_YUAN = 5e9
PROFILES = (
    "need",
    "untold",
    "barred",
    "rate",
    "cash",
    "crowded",
    "legal",
    "rate only",
    "cash only",
    "no cash",
)
LATER_PROFILES = ("need", "rate", "cash", "legal")
LATER_CHANCES = np.array([0.56, 0.2, 0.18, 0.06])
SIZES = ("micro", "small", "medium", "large")
SIZE_YUAN = np.array([3e6, 2e7, 4e8])
TOLD, PARTLY, UNRATED = 0.55, 0.2, 0.14
PARTS = ("inventory", "receivable", "payable", "prepaid", "advances", "own_funds", "cost")


@dataclass(frozen=True, slots=True)
class Year:
    """Sales and purchases of every firm by its valid invoices of the last 365 days, in yuan."""

    sales: FloatArray
    purchases: FloatArray


def year(made: World, invoices: pl.DataFrame) -> Year:
    """Return what the invoices of the last year say of every listed firm."""
    valid = invoices.filter((pl.col("status") == "valid") & (pl.col("day") > -365))
    yuan = valid["amount_fen"].to_numpy() / 100.0
    count = made.firms + made.flows.outside
    sold = np.bincount(valid["seller"].to_numpy(), yuan, count)[: made.firms]
    bought = np.bincount(valid["buyer"].to_numpy(), yuan, count)[: made.firms]
    return Year(np.maximum(sold, 0.0), np.maximum(bought, 0.0))


def books(made: World, trade: Year) -> Mapping[str, FloatArray | list[str | None] | BoolArray]:
    """Return the columns of statements in yuan (nan = not told), ratings and sizes."""
    random = made.plan.random("books")
    revenue = _revenue(random, made, trade)
    grade = _grades(random, made, revenue)
    columns = _statement(random, made, revenue)
    columns["loans"] = _loans(random, made, revenue)
    columns["expected_growth"] = np.round(random.normal(0.06, 0.09, made.firms), 3)
    rating: list[str | None] = [f"R{each}" for each in grade.tolist()]
    for firm in made.fates.failed.tolist():
        rating[firm] = "D"
    unrated = random.random(made.firms) < UNRATED
    unrated[: made.cores] = False
    for firm in np.flatnonzero(unrated).tolist():
        rating[firm] = None if rating[firm] != "D" else "D"
    _keep_back(random, made, columns)
    need = NEED_OF_PURCHASES * trade.purchases + NEED_OF_SALES * trade.sales
    for core in range(made.cores):
        profile = PROFILES[core] if core < len(PROFILES) else _later(random)
        if profile == "barred":
            grade[core], rating[core] = 14, "R14"
        _shape(random, columns, core, profile, need=float(need[core]), grade=int(grade[core]))
    size = [SIZES[place] for place in np.searchsorted(SIZE_YUAN, revenue).tolist()]
    return {**columns, "rating": rating, "size": list(size)}


def _later(random: np.random.Generator) -> str:
    return LATER_PROFILES[int(by_weight(random, LATER_CHANCES, 1)[0])]


def _revenue(random: np.random.Generator, made: World, trade: Year) -> FloatArray:
    """Return revenues near what was invoiced; cores also sell to people, who get no invoice."""
    revenue = np.maximum(trade.sales, trade.purchases * 0.6)
    revenue *= np.exp(random.normal(0.0, 0.04, made.firms))
    revenue[: made.cores] = np.maximum(
        made.flows.sales[: made.cores], trade.sales[: made.cores] * 1.02
    )
    small = revenue <= 0
    revenue[small] = random.uniform(0.1e6, 2.5e6, int(small.sum()))
    return revenue


def _grades(random: np.random.Generator, made: World, revenue: FloatArray) -> IntArray:
    """Return grades 1 to 15: better for larger firms, worse for those that will fail."""
    quality = random.normal(0.0, 1.0, made.firms) + 0.25 * (np.log10(revenue) - 7.5)
    quality[made.fates.failing] -= 0.9
    grade = np.clip(np.round(7.2 - 2.3 * quality), 1, 15).astype(np.int64)
    grade[: made.cores] = np.clip(np.round(5 - 2 * quality[: made.cores]), 1, 9)
    return grade


def _statement(
    random: np.random.Generator, made: World, revenue: FloatArray
) -> dict[str, FloatArray]:
    """Return a whole statement of every firm."""
    count = made.firms
    known = sectors()
    margin = np.clip(known.margin[made.sector] + random.normal(0.0, 0.04, count), 0.02, 0.6)
    cost = revenue * (1.0 - margin)
    days = known.days[made.sector] * np.exp(random.normal(0.0, 0.35, (count, 3)))
    profit = revenue * (margin * random.uniform(0.05, 0.55, count) - 0.02)
    worth = revenue * np.exp(random.normal(-1.0, 0.5, count))
    columns = {
        "capital": np.round(worth * random.uniform(0.2, 0.8, count) / 1e4) * 1e4 + 1e5,
        "revenue": revenue.copy(),  # Kept back later; sizes go by what it really is.
        "cost": cost,
        "profit": profit,
        "equity": worth * random.uniform(1.0, 1.25, count),
        "cash": revenue * random.uniform(0.03, 0.2, count),
        "tangible_net_worth": worth,
        "operating_cash_flow": profit * random.uniform(0.2, 1.7, count),
        "short_debt": revenue * random.uniform(0.0, 0.2, count),
        "inventory": cost * days[:, 0] / 360,
        "receivable": revenue * days[:, 1] / 360,
        "payable": cost * days[:, 2] / 360,
        "prepaid": cost * random.uniform(0.0, 0.05, count),
        "advances": revenue * random.uniform(0.0, 0.04, count),
    }
    tied = np.maximum(columns["inventory"] + columns["receivable"] - columns["payable"], 0.0)
    columns["own_funds"] = tied * random.beta(1.6, 4.0, count)
    columns["working_capital_loans"] = tied * random.beta(1.0, 4.5, count)
    return columns


def _loans(random: np.random.Generator, made: World, revenue: FloatArray) -> FloatArray:
    """Return loans of this bank: none at most firms, nearly the lawful most at a few large ones."""
    loans = np.where(random.random(made.firms) < 0.35, revenue * random.beta(1, 8, made.firms), 0)
    loans = np.minimum(np.round(loans / 1e4) * 1e4, 0.5 * LEGAL_YUAN)
    suppliers = np.flatnonzero(made.role == 1)
    largest = suppliers[np.argsort(-revenue[suppliers], kind="stable")]
    few = largest[: max(2, made.firms // 1_500)]
    loans[few] = LEGAL_YUAN - np.round(random.uniform(2.0, 30.0, len(few))) * 1e5
    return loans


def _keep_back(random: np.random.Generator, made: World, columns: dict[str, FloatArray]) -> None:
    """Take statements away: all of some firms, single columns of others."""
    kind = random.random(made.firms)
    kind[: made.cores] = 0.0
    untold = kind > TOLD + PARTLY
    partly = (kind > TOLD) & ~untold
    for name, column in columns.items():
        if name not in ("loans", "capital"):
            column[untold] = np.nan
        if name in PARTS:
            column[partly & (random.random(made.firms) < 0.4)] = np.nan


def _shape(
    random: np.random.Generator,
    columns: dict[str, FloatArray],
    core: int,
    profile: str,
    *,
    need: float,
    grade: int,
) -> None:
    """Set a core's worth, cash and loans so that its profile decides over its facility."""
    share = float(WORTH_SHARES[grade - 1]) if grade <= len(WORTH_SHARES) else 0.1
    scale = max(need, 1e6)
    tight, wide = float(random.uniform(0.5, 0.95)), float(random.uniform(1.6, 3.0))
    worth = scale * {"rate": tight, "crowded": 0.12}.get(profile, wide) / share
    cash = scale * (tight if profile == "cash" else wide) / CASH_SHARE
    if profile == "no cash":
        cash = -0.1 * scale
    columns["tangible_net_worth"][core] = worth
    columns["equity"][core] = worth * 1.12
    columns["cash"][core] = 0.55 * abs(cash)
    columns["operating_cash_flow"][core] = 0.75 * abs(cash)
    columns["short_debt"][core] = 1.3 * abs(cash) - cash
    columns["loans"][core] = min(0.3 * scale, LEGAL_YUAN / 2)
    if profile == "legal":
        columns["loans"][core] = LEGAL_YUAN - min(tight * scale, 0.9 * LEGAL_YUAN)
    gone = {
        "untold": [name for name in columns if name not in ("loans", "capital")],
        "rate only": ["cash", "operating_cash_flow"],
        "cash only": ["tangible_net_worth", "equity"],
    }
    for name in gone.get(profile, []):
        columns[name][core] = np.nan
