"""
Invoices month by month: regular counts and gamma amounts on every pair.

A pair bills at even steps from a phase of its own, so that a year's sum is near its mean. Means
follow the pair's yearly amount, its seller's season and growth; relations begin and end. Red
letters take back part of what was sold, voided ones were wrong from the start and are written
beside the right one.
"""

import datetime as dt

import numpy as np
import polars as pl

from ingestion.demo.economy.names import parts
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.sectors import FloatArray, IntArray, sectors
from ingestion.demo.economy.world import World

RED, RED_POOR, POOR = 0.006, 0.12, 0.03
VOID = 0.025
SPREAD = 5.0  # Shape of the gamma; the deviation of an amount is its mean over the root of it.
RATE_POWER = 0.38
ROUND_YUAN, ROUND = 100, 0.2
FALL = 0.5  # A firm that will fail sells this much less at the end.
EPOCH = dt.date(1970, 1, 1)
SCHEMA = (
    "day",
    "edge",
    "seller",
    "buyer",
    "amount_fen",
    "kind",
    "status",
    "reddened",
)


def invoices(made: World) -> pl.DataFrame:
    """
    Return all invoices in the order of days; days count from the end, parties are rows.

    `reddened` says that a red letter takes something of this one back.
    """
    plan = made.plan
    random = plan.random("invoices")
    rate = _rates(made)
    begins, ends = _lives(random, made)
    growth = random.normal(0.06, 0.12, made.firms + made.flows.outside)
    phase = random.random(len(rate))
    months = []
    for month, start in enumerate(plan.month_starts()):
        alive = (begins <= month) & (month <= ends)
        count = np.floor(rate * (month + 1) + phase) - np.floor(rate * month + phase)
        months.append(_month(random, made, start, (count * alive).astype(np.int64), growth))
    blue = pl.concat(months)
    if len(blue):
        blue = _last_on_the_end(blue)
    red, blue = _red_letters(random, made, blue)
    void = blue.filter(pl.Series(random.random(len(blue)) < VOID))
    void = void.with_columns(status=pl.lit("void"), reddened=pl.lit(value=False))
    return pl.concat([blue, red, void]).sort("day", maintain_order=True)


def _last_on_the_end(blue: pl.DataFrame) -> pl.DataFrame:
    """Return the invoices with the last one on the last day, so that the data end there."""
    day = blue["day"].to_numpy().copy()
    day[-1] = 0
    return blue.with_columns(day=pl.Series(day))


def _rates(made: World) -> FloatArray:
    """Return the invoices a month on every pair: more where more is traded."""
    weight = made.flows.amount**RATE_POWER
    rate: FloatArray = weight * (made.plan.invoices / made.plan.months / weight.sum())
    return rate


def _lives(random: np.random.Generator, made: World) -> tuple[IntArray, IntArray]:
    """Return the first and last month of every pair; pairs of failed firms end with them."""
    months = made.plan.months
    count = len(made.supplier)
    new, gone = random.random(count) < 0.1, random.random(count) < 0.06
    begins = np.where(new, random.integers(0, max(1, months - 1), count), 0)
    ends = np.where(gone, random.integers(months // 2, months, count), months - 1)
    for firm, day in zip(made.fates.failed, made.fates.failed_on_day, strict=True):
        touched = (made.supplier == firm) | (made.buyer == firm)
        ends[touched] = np.minimum(ends[touched], months - 1 + int(day) // 30)
    return begins, ends


def _month(
    random: np.random.Generator, made: World, start: dt.date, count: IntArray, growth: FloatArray
) -> pl.DataFrame:
    """Return one month's invoices in the order of days."""
    edge = np.repeat(np.arange(len(count)), count)
    day = np.sort(_days(random, made.plan, start, len(edge)))
    edge = random.permutation(edge)
    seller = made.supplier[edge]
    sector = made.sector[np.minimum(seller, made.firms - 1)]
    years = (made.plan.day(start) + 183) / 365.0
    mean = made.flows.amount[edge] / 12.0 / np.maximum(_rates(made)[edge], 1e-12)
    mean *= sectors().season[sector, start.month - 1] * (1.0 + growth[seller]) ** years
    mean *= _decline(made, seller, day)
    yuan = mean * random.gamma(SPREAD, 1.0 / SPREAD, len(edge))
    return _frame(day, edge, made, _fen(random, yuan))


def _fen(random: np.random.Generator, yuan: FloatArray) -> IntArray:
    """Return amounts in fen, at least ten yuan; some are round."""
    even = np.round(yuan / ROUND_YUAN) * ROUND_YUAN
    amount = np.where((random.random(len(yuan)) < ROUND) & (even > 0), even, yuan)
    return np.maximum(np.round(amount * 100.0), 1_000).astype(np.int64)


def _frame(day: IntArray, edge: IntArray, made: World, amount_fen: IntArray) -> pl.DataFrame:
    count = len(edge)
    return pl.DataFrame(
        {
            "day": day,
            "edge": edge,
            "seller": made.supplier[edge],
            "buyer": made.buyer[edge],
            "amount_fen": amount_fen,
            "kind": pl.repeat("blue", count, eager=True),
            "status": pl.repeat("valid", count, eager=True),
            "reddened": pl.repeat(value=False, n=count, eager=True),
        }
    )


def _days(random: np.random.Generator, plan: Plan, start: dt.date, count: int) -> IntArray:
    """Return days of a month before the end: working days, the last ones busier."""
    following = dt.date(start.year + start.month // 12, start.month % 12 + 1, 1)
    last = min(following - dt.timedelta(days=1), plan.end)
    days = np.arange((last - start).days + 1)
    weekday = (start.weekday() + days) % 7
    weight = np.select([weekday == 6, weekday == 5], [0.1, 0.25], 1.0)
    weight[-5:] *= 1.5
    drawn = random.choice(days, count, p=weight / weight.sum())
    return (drawn + plan.day(start)).astype(np.int64)


def _decline(made: World, seller: IntArray, day: IntArray) -> FloatArray:
    """Return the factor on sales: below one on the way to a failure."""
    drifts = np.zeros(made.firms + made.flows.outside)
    drifts[made.fates.failing] = made.fates.drifts_from_day
    since = drifts[seller]
    way = np.where(since < 0, np.clip((day - since) / np.minimum(since, -1) * -1.0, 0.0, 1.0), 0.0)
    factor: FloatArray = 1.0 - FALL * way
    return factor


def _red_letters(
    random: np.random.Generator, made: World, blue: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return red letters, and the invoices with those marked that they correct."""
    poor = random.random(made.firms + made.flows.outside) < POOR
    chance = np.where(poor[blue["seller"].to_numpy()], RED_POOR, RED)
    later = blue["day"].to_numpy() + random.integers(3, 40, len(blue))
    drawn = (random.random(len(blue)) < chance) & (later <= 0)
    taken = blue.filter(pl.Series(drawn))
    share = np.where(random.random(len(taken)) < 0.6, 1.0, random.uniform(0.1, 0.6, len(taken)))
    back = -np.round(taken["amount_fen"].to_numpy() * share).astype(np.int64)
    red = taken.with_columns(
        day=pl.Series(later[drawn]), amount_fen=pl.Series(back), kind=pl.lit("red")
    )
    return red, blue.with_columns(reddened=pl.Series(drawn))


def dated(rows: pl.DataFrame, plan: Plan, *names: str) -> pl.DataFrame:
    """Return rows with the named columns turned from days before the end into dates."""
    last = (plan.end - EPOCH).days
    return rows.with_columns((pl.col(name) + last).cast(pl.Int32).cast(pl.Date) for name in names)


def taxed(rows: pl.DataFrame, made: World) -> pl.DataFrame:
    """Return invoices with tax and total by the seller's sector."""
    rate = sectors().tax[made.sector[np.minimum(rows["seller"].to_numpy(), made.firms - 1)]]
    tax = np.round(rows["amount_fen"].to_numpy() * rate / 100.0).astype(np.int64)
    return rows.with_columns(tax_fen=pl.Series(tax)).with_columns(
        total_fen=pl.col("amount_fen") + pl.col("tax_fen")
    )


def numbered(rows: pl.DataFrame, made: World) -> pl.DataFrame:
    """Return invoices with numbers of twenty digits: year, province, running number."""
    divisions = [str(each["code"])[:2] for each in parts()["places"]]
    listed = [divisions[place] for place in made.place]
    province = np.array([*listed, *["11"] * made.flows.outside], dtype=object)
    year = rows["issued_on"].dt.strftime("%y")
    running = pl.int_range(1, len(rows) + 1, eager=True).cast(pl.String).str.zfill(16)
    prefix = pl.Series(province[rows["seller"].to_numpy()], dtype=pl.String)
    return rows.with_columns(number=year + prefix + running)
