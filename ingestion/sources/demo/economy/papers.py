"""The papers of an economy: firms' books, invoices, orders, receivables, vouchers and the rest."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from ingestion.sources.demo.economy import names
from ingestion.sources.demo.economy.world import Floats, Rows, World

TAX = 0.13
SEASON = np.array([0.9, 0.7, 1.0, 1.0, 1.05, 1.1, 1.0, 1.0, 1.1, 1.0, 1.1, 1.25])
SIZES = ("micro", "small", "medium", "large")
SIZE_YUAN = np.array([3e6, 3e7, 4e8])
RED, VOID, REPEATED = 0.012, 0.02, 0.0015
FAILING = 0.012
RATED = 0.8  # Part of the firms without a statement that are rated all the same.
MONTH_DAYS = 30
RECEIVABLE_DAYS, RECEIVABLE_SHARE = 240, 0.15
EAGER, CONFIRM_DAYS = 4, 5
FINANCED, DISPUTED = 0.03, 0.015
YEAR_DAYS = 365


@dataclass(frozen=True, slots=True)
class Span:
    """The days an economy covers."""

    end: dt.date
    months: int

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return self.months * MONTH_DAYS

    def day(self, back: Rows) -> pl.Series:
        """Return the dates that lie so many days before the end."""
        last = pl.Series([self.end]).cast(pl.Int32)[0]
        return pl.Series((last - back).astype(np.int32)).cast(pl.Date)


def ids(world: World) -> np.ndarray:
    """Return the id of every firm: cores C, others F."""
    cores = [f"C{number:04d}" for number in range(1, world.cores + 1)]
    others = [f"F{number:06d}" for number in range(1, len(world) - world.cores + 1)]
    return np.array([*cores, *others], dtype=object)


def sums(world: World) -> tuple[Floats, Floats]:
    """Return yearly sales and purchases of every firm inside the economy."""
    sales = np.bincount(world.supplier, world.amount, len(world)).astype(np.float64)
    return sales, np.bincount(world.buyer, world.amount, len(world)).astype(np.float64)


def firms(draw: np.random.Generator, world: World, span: Span) -> pl.DataFrame:
    """Return the firms table: names, codes, books that are partly missing, ratings."""
    count = len(world)
    sales, bought = sums(world)
    core = world.level == 0
    outside = np.where(core, 2.2, draw.uniform(1.05, 1.5, count))
    revenue = np.maximum(np.maximum(sales, bought * 1.15) * outside, 1e5)
    cost = revenue * draw.uniform(0.6, 0.9, count)
    profit = (revenue - cost) * draw.uniform(-0.1, 0.6, count)
    told = draw.random(count) < np.where(core, 0.97, 0.6)
    told[: min(2, world.cores)] = [True, False][: min(2, world.cores)]
    grades = _grades(draw, profit / revenue, core)
    rated = told | core | (draw.random(count) < RATED)
    rated[min(1, world.cores - 1)] = world.cores == 1
    frame = {
        "firm": ids(world),
        "name": names.firm_names(draw, world.region, world.sector),
        "uscc": names.codes(draw, world.region),
        "sector": [names.SECTORS[s][0] for s in world.sector],
        "region": [names.REGIONS[r] for r in world.region],
        "size": [SIZES[s] for s in np.searchsorted(SIZE_YUAN, revenue)],
        "founded_on": span.day(draw.integers(400, 9000, count)),
        "core": core.tolist(),
        "rating": _where(rated, np.array(grades, dtype=object)),
    }
    books = _books(draw, revenue, cost, profit)
    told_money = {f"{name}_fen": _where(told, _fen(value)) for name, value in books.items()}
    rest = {
        "capital_fen": _fen(revenue * draw.uniform(0.05, 0.5, count)),
        "loans_fen": _loans(draw, revenue, world.cores),
        "expected_growth": _where(told, np.round(draw.normal(0.06, 0.08, count), 3)),
        "statement_on": _where(told, np.array([span.end] * count, dtype=object)),
    }
    return pl.DataFrame({**frame, **told_money, **rest}, strict=False)


def _books(
    draw: np.random.Generator, revenue: Floats, cost: Floats, profit: Floats
) -> dict[str, Floats]:
    """Return a statement of every firm, in yuan."""
    count = len(revenue)
    worth = revenue * draw.lognormal(-0.9, 0.6, count)
    return {
        "revenue": revenue,
        "cost": cost,
        "profit": profit,
        "equity": worth * 1.1,
        "cash": revenue * draw.uniform(0.02, 0.25, count),
        "tangible_net_worth": worth,
        "operating_cash_flow": profit * draw.uniform(0.4, 1.6, count),
        "short_debt": revenue * draw.uniform(0.0, 0.22, count),
        "inventory": cost * draw.uniform(0.04, 0.2, count),
        "receivable": revenue * draw.uniform(0.08, 0.3, count),
        "payable": cost * draw.uniform(0.04, 0.2, count),
        "prepaid": cost * draw.uniform(0.0, 0.06, count),
        "advances": revenue * draw.uniform(0.0, 0.05, count),
        "own_funds": revenue * draw.uniform(0.0, 0.06, count),
        "working_capital_loans": revenue * draw.uniform(0.0, 0.05, count),
    }


def _loans(draw: np.random.Generator, revenue: Floats, cores: int) -> Rows:
    """Return loans in fen; a few firms, and one core, have nearly all the law lets them."""
    loans = _fen(revenue * draw.uniform(0.0, 0.1, len(revenue)))
    loans[cores::997] = 499_990_000_000
    loans[2:3] = 499_000_000_000
    return loans


def _grades(draw: np.random.Generator, margin: Floats, core: np.ndarray) -> list[str]:
    score = 9.0 - 35.0 * margin + draw.normal(0.0, 2.0, len(margin)) - np.where(core, 4.0, 0.0)
    places = np.clip(np.round(score), 1, 15).astype(int)
    grades = [f"R{place}" for place in places]
    if core.sum() > 4:  # noqa: PLR2004  # One core that nobody lends on.
        grades[3] = "R14"
    for place in range(int(core.sum()), len(grades), 401):
        grades[place] = "D"
    return grades


def _fen(yuan: Floats) -> Rows:
    return np.round(yuan * 100.0).astype(np.int64)


def _where(told: np.ndarray, values: np.ndarray) -> list[object]:
    plain = values.tolist()
    return [value if flag else None for flag, value in zip(told, plain, strict=True)]


def invoices(draw: np.random.Generator, world: World, span: Span, count: int) -> pl.DataFrame:
    """Return about so many invoices: heavy-tailed, with a season, growing, some red or void."""
    years = span.days / YEAR_DAYS
    lines = np.maximum(1, draw.poisson(count * _activity(world)))
    edge = np.repeat(np.arange(len(lines)), lines)
    back = _days_back(draw, len(edge), span)
    weight = draw.lognormal(0.0, 0.7, len(edge))
    whole = np.bincount(edge, weight, len(lines))
    yuan = world.amount[edge] * years * weight / whole[edge]
    amount = np.maximum(_fen(yuan), 100)
    red = draw.random(len(edge)) < RED
    amount = np.where(red, -(amount // 3), amount)
    frame = pl.DataFrame(
        {
            "issued_on": span.day(back),
            "edge": edge,
            "amount_fen": amount,
            "tax_fen": np.round(amount * TAX).astype(np.int64),
            "kind": np.where(red, "red", "blue"),
            "status": np.where(draw.random(len(edge)) < VOID, "void", "valid"),
        }
    )
    firm = ids(world)
    ends = {
        "seller": pl.Series(firm[world.supplier[edge]], dtype=pl.String),
        "buyer": pl.Series(firm[world.buyer[edge]], dtype=pl.String),
    }
    made = frame.with_columns(**ends).sort("issued_on", maintain_order=True)
    total = pl.col("amount_fen") + pl.col("tax_fen")
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(8)
    return made.with_columns(total_fen=total, number=number)


def _activity(world: World) -> Floats:
    weight = world.amount**0.45
    return np.asarray(weight / weight.sum(), np.float64)


def _days_back(draw: np.random.Generator, count: int, span: Span) -> Rows:
    """Return days before the end: more lately, following the season of the year."""
    month_back = np.arange(span.months)
    month = (span.end.month - 1 - month_back) % 12
    weight = SEASON[month] * 0.992**month_back
    chosen = draw.choice(month_back, count, p=weight / weight.sum())
    return (chosen * MONTH_DAYS + draw.integers(0, MONTH_DAYS, count)).astype(np.int64)


def failing(draw: np.random.Generator, world: World) -> Rows:
    """Return the firms that will fail after the last day."""
    others = np.arange(world.cores, len(world))
    count = max(1, int(len(others) * FAILING))
    return np.sort(draw.choice(others, count, replace=False))


def receivables(
    draw: np.random.Generator,
    made: pl.DataFrame,
    world: World,
    span: Span,
    weak: Rows,
) -> pl.DataFrame:
    """Return receivables from the last invoices: tenor, delay that drifts, confirmation."""
    first = span.end - dt.timedelta(days=RECEIVABLE_DAYS)
    recent = made.filter(pl.col("issued_on") > first)
    share = min(1.0, RECEIVABLE_SHARE * len(made) / max(1, len(recent)))
    sound = (pl.col("status") == "valid") & (pl.col("amount_fen") > 0)
    own = recent.filter(sound).filter(pl.Series(draw.random(recent.filter(sound).height) < share))
    count = len(own)
    buyer = world.buyer[own["edge"].to_numpy()]
    back = (pl.Series([span.end] * count, dtype=pl.Date) - own["issued_on"]).dt.total_days()
    age = back.to_numpy()
    tenor = draw.choice([30, 60, 90, 120], count, p=[0.2, 0.4, 0.3, 0.1])
    delay = np.round(draw.normal(2.0, 6.0, count)) + np.where(np.isin(buyer, weak), 45, 0)
    paid_back = age - tenor - delay.astype(np.int64)
    agreed = _agreed(draw, world, buyer, age)
    status = _status(draw, agreed, paid_back >= 0)
    return pl.DataFrame(
        {
            "number": "R" + own["number"],
            "seller": own["seller"],
            "buyer": own["buyer"],
            "amount_fen": own["total_fen"],
            "issued_on": own["issued_on"],
            "due_on": span.day((age - tenor).astype(np.int64)),
            "confirmed_on": _some(agreed, span.day(np.maximum(age - 5, 0))),
            "paid_on": _some(paid_back >= 0, span.day(np.maximum(paid_back, 0))),
            "status": pl.Series(status.tolist(), dtype=pl.String),
            "registry_id": _some(agreed, pl.Series("Z" + own["number"])),
        }
    )


def _agreed(draw: np.random.Generator, world: World, buyer: Rows, age: Rows) -> np.ndarray:
    """Return which receivables a core has confirmed; a few cores confirm nearly all."""
    eager = np.where(buyer % 9 == EAGER, 0.95, 0.45)
    return np.asarray(
        (world.level[buyer] == 0) & (draw.random(len(buyer)) < eager) & (age > CONFIRM_DAYS)
    )


def _status(draw: np.random.Generator, agreed: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Return the status words; a few open ones are financed or disputed."""
    fate = draw.random(len(paid))
    status = np.where(agreed, "confirmed", "open").astype(object)
    status[fate < FINANCED] = "financed"
    status[fate > 1.0 - DISPUTED] = "disputed"
    status[paid] = "paid"
    return status


def _some(flags: np.ndarray, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(flags)).then(values)).to_series()
