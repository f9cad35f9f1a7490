"""
Receivables from invoices: tenor, delay of payment, confirmation, dispute, finance.

Every receivable is one valid blue invoice between listed firms that no red letter touches, over
its total with tax. How late a buyer pays is its habit; of a firm that will fail it drifts.
"""

import numpy as np
import polars as pl

from ingestion.demo.economy.draws import by_weight
from ingestion.demo.economy.sectors import BoolArray, FloatArray, IntArray
from ingestion.demo.economy.world import World

WINDOW_DAYS = 300  # Of most pairs; of firms that fail, and of a sample, the whole span is kept.
SAMPLE = 0.02
TENORS = np.array([30, 45, 60, 90, 120])
TENOR_CHANCES = np.array([0.22, 0.13, 0.37, 0.2, 0.08])
BAD_PAYERS = 0.08
DRIFT_DAYS = 70
EAGER, EAGER_PLACE = 0.85, 5  # Every tenth core, the sixth first, confirms nearly all.
DISPUTED, DISPUTED_POOR = 0.004, 0.08
FINANCED, FINANCED_OPEN, VOID = 0.06, 0.012, 0.003
CONFIRM_DAYS = (3, 25)


def receivables(made: World, invoices: pl.DataFrame) -> pl.DataFrame:
    """
    Return receivables in the order of issue; days count from the end.

    Args:
        made: The economy.
        invoices: All invoices with total and number.
    """
    random = made.plan.random("receivables")
    own = _chosen(random, made, invoices)
    edge, buyer = own["edge"].to_numpy(), own["buyer"].to_numpy()
    issued = own["day"].to_numpy()
    tenor = TENORS[by_weight(random, TENOR_CHANCES, len(made.supplier))][edge]
    due = issued + tenor
    paid = _paid(random, made, buyer, issued, due)
    confirmed = _confirmed(random, made, buyer, issued)
    status = _status(random, own["seller"].to_numpy(), confirmed <= 0, paid <= 0)
    registered = (status == "financed") | ((confirmed <= 0) & (random.random(len(own)) < 0.4))
    frame = own.select(
        number=pl.lit("AR") + pl.col("number"),
        seller="seller",
        buyer="buyer",
        amount_fen="total_fen",
        day="day",
        due=pl.Series(due),
        confirmed=_known(confirmed),
        paid=_known(np.where(status == "paid", paid, 1)),
        status=pl.Series(status.tolist(), dtype=pl.String),
    )
    entry = pl.int_range(len(frame), eager=True).cast(pl.String).str.zfill(14)
    known = pl.when(pl.Series(registered)).then("ZD" + entry)
    return frame.with_columns(registry_id=known)


def _known(days: IntArray) -> pl.Series:
    """Return days up to the end, later ones as unknown."""
    return pl.select(pl.when(pl.Series(days) <= 0).then(pl.Series(days))).to_series()


def _chosen(random: np.random.Generator, made: World, invoices: pl.DataFrame) -> pl.DataFrame:
    """Return the invoices whose pairs report receivables, as many as the plan asks for."""
    sound = (pl.col("status") == "valid") & (pl.col("kind") == "blue") & ~pl.col("reddened")
    inside = pl.Series(made.inside)[invoices["edge"].to_numpy()]
    own = invoices.filter(sound & inside)
    watched = random.random(made.firms) < SAMPLE
    watched[made.fates.failing] = watched[made.fates.failed] = True
    recent = (own["day"].to_numpy() > -WINDOW_DAYS) | watched[own["buyer"].to_numpy()]
    own = own.filter(pl.Series(recent))
    counts = np.bincount(own["edge"].to_numpy(), minlength=len(made.supplier))
    order = np.argsort(random.random(len(counts)) - watched[_listed(made, made.buyer)])
    told = np.zeros(len(counts), dtype=np.bool_)
    told[order[: int(np.searchsorted(np.cumsum(counts[order]), made.plan.receivables)) + 1]] = True
    return own.filter(pl.Series(told[own["edge"].to_numpy()]))


def _listed(made: World, firms: IntArray) -> IntArray:
    """Return rows with parties outside put on the last firm, which trades nothing."""
    return np.minimum(firms, made.firms - 1)


def _paid(
    random: np.random.Generator, made: World, buyer: IntArray, issued: IntArray, due: IntArray
) -> IntArray:
    """Return the day of payment; after the end where it has not come yet."""
    habit = random.gamma(1.2, 4.0, made.firms) - 2.0
    bad = random.random(made.firms) < BAD_PAYERS
    bad[: made.cores] &= np.arange(made.cores) % 3 == 0
    habit[bad] += random.uniform(20.0, 50.0, int(bad.sum()))
    delay = habit[buyer] + random.normal(0.0, 4.0, len(buyer)) + _drift(made, buyer, due)
    paid = np.maximum(due + np.round(delay).astype(np.int64), issued + 1)
    gone = np.ones(made.firms, dtype=np.int64)
    gone[made.fates.failed] = made.fates.failed_on_day
    never = (gone[buyer] <= 0) & (paid > gone[buyer])
    return np.where(never, 9_999, paid)


def _drift(made: World, buyer: IntArray, due: IntArray) -> FloatArray:
    """Return the days that payments of a firm on its way to failure come later."""
    since = np.zeros(made.firms)
    since[made.fates.failing] = made.fates.drifts_from_day
    begins = np.minimum(since[buyer], -1)
    way = np.clip((due - begins) / -begins, 0.0, 1.5)
    days: FloatArray = np.where(since[buyer] < 0, DRIFT_DAYS * way, 0.0)
    return days


def _confirmed(
    random: np.random.Generator, made: World, buyer: IntArray, issued: IntArray
) -> IntArray:
    """Return the day a core confirms; after the end where it has not."""
    willing = random.uniform(0.08, 0.32, made.cores)
    willing[EAGER_PLACE::10] = EAGER
    core = buyer < made.cores
    chance = np.where(core, willing[np.minimum(buyer, made.cores - 1)], 0.0)
    day = issued + random.integers(*CONFIRM_DAYS, len(buyer))
    return np.where(random.random(len(buyer)) < chance, day, 9_999)


def _status(
    random: np.random.Generator, seller: IntArray, confirmed: BoolArray, paid: BoolArray
) -> np.ndarray:
    """Return the status words; a few claims are disputed, financed or void."""
    poor = random.random(int(seller.max(initial=0)) + 1) < 0.03
    fate = random.random(len(seller))
    status = np.where(confirmed, "confirmed", "open").astype(object)
    status[fate > 1.0 - np.where(confirmed, FINANCED, FINANCED_OPEN)] = "financed"
    status[fate < np.where(poor[seller], DISPUTED_POOR, DISPUTED)] = "disputed"
    status[paid] = "paid"
    status[(fate > 0.5) & (fate < 0.5 + VOID)] = "void"
    return status
