"""What a run takes from a version: its rows, chains, belonging and production losses."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from app.limits.inputs import Inputs
from app.limits.papers import Papers
from app.policy import Policy
from graph.chains import Chains, belonging, find_chains
from graph.contagion import Economy, Rules, Scenarios, cut_e12, losses, observe, prepare
from graph.contagion.economy import Production
from graph.model import table
from graph.network import Network
from graph.stores.base import Reader
from ingestion.lake import Lake

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run reads: the version's reader, the lake, the folder of networks."""

    reader: Reader
    lake: Lake
    networks: Path
    threads: int


def network_of(reader: Reader, folder: Path) -> Network:
    """Return a version's network; it is built and saved where it is not there yet."""
    place = folder / str(reader.version.number)
    if not place.is_dir():
        trades = reader.columns("trades", ["supplier", "buyer", "amount_fen", "count"])
        Network.build(reader.columns("firms"), trades).save(place)
    return Network.open(place)


def inputs_of(
    place: Place,
    policy: Policy,
    cores: Sequence[str],
    *,
    run: str,
    reserved: Mapping[str, int],
) -> Inputs:
    """Return what the limits of a version read."""
    reader = place.reader
    firms = pl.DataFrame(pl.from_arrow(reader.columns("firms")))
    network = network_of(reader, place.networks)
    row_of = pl.DataFrame({"firm": firms["firm"]}).with_row_index("row").cast({"row": pl.Int64})
    rows = network.rows(list(cores))
    chains = find_chains(
        network,
        rows,
        tiers_max=policy.whole("tiers_max"),
        share_min=policy.decimal("trade_share_min"),
    )
    production = prepare(
        Economy.of(network), replaceability=policy.flag("contagion.replaceability")
    )
    lost = core_losses(production, rows, policy, threads=place.threads)
    trades = _rows(reader.columns("trades"), row_of, ("supplier", "buyer"))
    return Inputs(
        version=reader.version.number,
        as_of=reader.version.as_of,
        run=run,
        ids=tuple(firms["firm"]),
        firms=firms,
        cores=tuple(int(row) for row in rows),
        trades=trades,
        papers=_papers(place, row_of, policy),
        holdings=_rows(reader.columns("holdings"), row_of, ("owner", "owned")),
        chains=chain_frame(chains),
        belonging=_belonging(network, rows, policy),
        losses=lost,
        worst=worst_frame(
            production, trades, chains, policy=policy, lost=lost, threads=place.threads
        ),
        colours={},
        reserved={int(network.row(core)): amount for core, amount in reserved.items()},
    )


def _rows(found: pa.Table, row_of: pl.DataFrame, ends: tuple[str, ...]) -> pl.DataFrame:
    """Return a table whose ends are rows of the network instead of ids."""
    frame = pl.DataFrame(pl.from_arrow(found))
    for end in ends:
        known = row_of.select(pl.col("firm").alias(end), pl.col("row").alias("_row"))
        frame = frame.join(known, on=end, how="left", maintain_order="left")
        frame = frame.with_columns(pl.col("_row").alias(end)).drop("_row")
    return frame


def _papers(place: Place, row_of: pl.DataFrame, policy: Policy) -> Papers:
    as_of = place.reader.version.as_of
    first = as_of - dt.timedelta(days=policy.whole("open_days"))
    recent = place.lake.pair_totals(place.reader.version.number, after=first, until=as_of)
    named = _rows(recent.select(["seller", "buyer", "total_fen"]), row_of, ("seller", "buyer"))
    other = pl.col("seller") != pl.col("buyer")
    receivables, vouchers = (table(name).ends for name in ("receivables", "vouchers"))
    return Papers(
        receivables=_rows(place.reader.columns("receivables"), row_of, receivables),
        vouchers=_rows(place.reader.columns("vouchers"), row_of, vouchers),
        recent=named.filter(other),
        as_of=as_of,
    )


def chain_frame(chains: Chains) -> pl.DataFrame:
    """Return chains as a frame: core, firm, direction, tier and the tiers of both sides."""
    names = np.array(["up", "down"])
    return pl.DataFrame(
        {
            "core": chains.member_core_rows.astype(np.int64),
            "firm": chains.firm_rows.astype(np.int64),
            "direction": names[chains.direction.astype(np.int64)],
            "tier": chains.tier.astype(np.int64),
            "up_tier": chains.up_tier.astype(np.int64),
            "down_tier": chains.down_tier.astype(np.int64),
        },
        schema_overrides={"direction": pl.String},
    )


def _belonging(network: Network, rows: Rows, policy: Policy) -> pl.DataFrame:
    shares = belonging(network, rows, steps_max=policy.whole("tiers_max"))
    return pl.DataFrame(
        {
            "firm": shares.firm_rows.astype(np.int64),
            "core": shares.core_rows.astype(np.int64),
            "share_e12": shares.share_e12.astype(np.int64),
        }
    )


def rules_of(policy: Policy) -> Rules:
    """Return when a cascade stops, by the policy."""
    tolerance = float(Fraction(policy.decimal("contagion.tolerance")))
    return Rules(tolerance=tolerance, rounds_max=policy.whole("contagion.rounds_max"))


def core_losses(
    production: Production, rows: Rows, policy: Policy, *, threads: int
) -> pl.DataFrame:
    """Return what every firm loses of its production when each core closes alone."""
    found = losses(production, Scenarios.alone(rows), rules=rules_of(policy), threads=threads)
    parts = []
    for core, lost in zip(rows, found, strict=True):
        shares = cut_e12(lost.loss)
        keep = shares > 0
        parts.append(
            pl.DataFrame(
                {
                    "core": np.full(int(keep.sum()), core, np.int64),
                    "firm": lost.rows[keep].astype(np.int64),
                    "loss_e12": shares[keep].astype(np.int64),
                }
            )
        )
    empty = pl.DataFrame(schema={"core": pl.Int64, "firm": pl.Int64, "loss_e12": pl.Int64})
    return pl.concat([empty, *parts]).sort("core", "firm")


def worst_frame(
    production: Production,
    trades: pl.DataFrame,
    chains: Chains,
    *,
    policy: Policy,
    lost: pl.DataFrame,
    threads: int,
) -> pl.DataFrame:
    """
    Return each firm's largest loss when one core of its chains or one main partner closes.

    Returns:
        firm, worst_e12, worst_firm: the closing firm with the smallest row on a tie.
    """
    by_core = chain_frame(chains).select("core", "firm").join(lost, on=["core", "firm"])
    pairs = main_partners(trades, policy.whole("contagion.partners"))
    closed, offsets = np.unique(pairs["partner"].to_numpy(), return_index=True)
    ends = np.append(offsets, len(pairs)).astype(np.int64)
    shares = observe(
        production,
        Scenarios.alone(closed),
        ends,
        pairs["firm"].to_numpy(),
        rules=rules_of(policy),
        threads=threads,
    )
    by_partner = pairs.with_columns(loss_e12=pl.Series(cut_e12(shares), dtype=pl.Int64))
    causes = pl.concat(
        [
            by_core.select("firm", "loss_e12", cause="core"),
            by_partner.select("firm", "loss_e12", cause="partner"),
        ]
    ).filter((pl.col("loss_e12") > 0) & (pl.col("firm") != pl.col("cause")))
    ranked = causes.sort("firm", "loss_e12", "cause", descending=[False, True, False])
    first = ranked.unique("firm", keep="first", maintain_order=True)
    return first.select("firm", worst_e12="loss_e12", worst_firm="cause")


def main_partners(trades: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return each firm's largest buyers and suppliers: partner, firm, sorted and distinct."""
    positive = trades.filter(pl.col("amount_fen") > 0)
    sides = []
    for firm, partner in (("supplier", "buyer"), ("buyer", "supplier")):
        ranked = positive.select(firm=firm, partner=partner, amount="amount_fen").sort(
            "firm", "amount", "partner", descending=[False, True, False]
        )
        sides.append(ranked.group_by("firm", maintain_order=True).head(count))
    found = pl.concat([side.select("partner", "firm") for side in sides])
    return found.unique().sort("partner", "firm")
