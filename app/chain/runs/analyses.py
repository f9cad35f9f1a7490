"""The analyses of a run: chains, absorption shares and production losses of a version's network."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.runs.contagion import prepared, rules_of
from app.policy import Policy
from graph.chains import DIRECTIONS, Chains, belonging, find_chains
from graph.contagion import (
    Observers,
    Production,
    Rules,
    Scenarios,
    cut_e12,
    losses,
    observe,
)
from graph.network import Network

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Analyses:
    """
    What was found in a network, firms and cores being its rows.

    `chains`: core, firm, direction, tier, up_tier, down_tier (0 where none).
    `belonging`: firm, core, share_e12. `losses`: core, firm, loss_e12, where above nothing.
    `partner_losses`: closed, firm, loss_e12: what one end of a trade loses when the other fails.
    """

    chains: pl.DataFrame
    belonging: pl.DataFrame
    losses: pl.DataFrame
    partner_losses: pl.DataFrame


def analyse(network: Network, cores: Rows, policy: Policy, *, threads: int) -> Analyses:
    """
    Return the chains of the cores, whose sales end at them, and who loses when somebody fails.

    Raises:
        InvalidInput: The policy asks for a method that is not there.
        NotConverged: Losses still moved after the policy's bound on rounds.
    """
    chains = find_chains(
        network,
        cores,
        tiers_max=policy.whole("tiers_max"),
        share_min=policy.decimal("trade_share_min"),
        threads=threads,
    )
    shares = belonging(network, cores, steps_max=policy.whole("tiers_max"), threads=threads)
    production, rules = prepared(network, policy), rules_of(policy)
    return Analyses(
        chains=chain_frame(chains),
        belonging=_frame(firm=shares.firm_rows, core=shares.core_rows, share_e12=shares.share_e12),
        losses=core_losses(production, cores, rules, threads=threads),
        partner_losses=partner_losses(production, network, rules, threads=threads),
    )


def chain_frame(chains: Chains) -> pl.DataFrame:
    """Return chains as a frame: core, firm, direction, tier and the tiers of both sides."""
    names = dict(enumerate(DIRECTIONS))
    return _frame(
        core=chains.member_core_rows,
        firm=chains.firm_rows,
        direction=chains.direction,
        tier=chains.tier,
        up_tier=chains.up_tier,
        down_tier=chains.down_tier,
    ).with_columns(pl.col("direction").replace_strict(names, return_dtype=pl.String))


def core_losses(production: Production, cores: Rows, rules: Rules, *, threads: int) -> pl.DataFrame:
    """Return what every firm loses of its production when each core closes alone."""
    parts = [_frame(core=NONE, firm=NONE, loss_e12=NONE)]
    found = losses(production, Scenarios.alone(cores), rules=rules, threads=threads)
    for core, lost in zip(cores, found, strict=True):
        shares = cut_e12(lost.loss)
        keep = shares > 0
        closed = np.full(int(keep.sum()), core)
        parts.append(_frame(core=closed, firm=lost.rows[keep], loss_e12=shares[keep]))
    return pl.concat(parts).sort("core", "firm")


def partner_losses(
    production: Production, network: Network, rules: Rules, *, threads: int
) -> pl.DataFrame:
    """Return what one end of every trade loses of its production when the other end closes."""
    suppliers = np.repeat(np.arange(len(network)), np.diff(network.out_indptr))
    buyers = np.asarray(network.out_indices, np.int64)
    ends = np.concatenate([suppliers * len(network) + buyers, buyers * len(network) + suppliers])
    closed, firm = np.divmod(np.unique(ends), max(1, len(network)))
    first = np.unique(closed, return_index=True)[1]
    shares = observe(
        production,
        Scenarios.alone(closed[first]),
        Observers(np.append(first, len(closed)), firm),
        rules=rules,
        threads=threads,
    ).loss
    return _frame(closed=closed, firm=firm, loss_e12=cut_e12(shares)).filter(
        (pl.col("loss_e12") > 0) & (pl.col("closed") != pl.col("firm"))
    )


def _frame(**columns: npt.NDArray[np.integer]) -> pl.DataFrame:
    return pl.DataFrame({name: np.asarray(each, np.int64) for name, each in columns.items()})


NONE = np.zeros(0, np.int64)
