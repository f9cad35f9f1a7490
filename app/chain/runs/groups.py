"""The connected groups of a version, with every tie that makes them (docs/groups.md)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from app.chain.limits.compute import RunOutcome
from app.chain.limits.inputs import LimitInputs
from app.chain.limits.ledger import controlled, standing
from app.chain.limits.totals import firm_totals
from app.policy import Policy
from graph.groups import SIDES, Control, Groups, Reliances, groups, reliances
from graph.network import Network

ENDS = ("group", "firm", "controller", "source", "target")
TIES = (
    *("group", "kind", "source", "target", "share", "amount_fen", "whole_fen"),
    *("holding", "from_on", "to_on"),
)


@dataclass(frozen=True, slots=True)
class VersionTies:
    """What can tie firms of a version, whatever they may borrow."""

    held: pl.DataFrame  # The holdings that stand on its date.
    control: Control
    relied: Reliances


def ties_of(
    network: Network, holdings: pl.DataFrame, as_of: dt.date, policy: Policy
) -> VersionTies:
    """
    Return what can tie firms of a version: control, and reliance of any firm on any partner.

    Args:
        network: Who sells whom what.
        holdings: Who holds shares of whom; ends are rows of the network.
        as_of: The version's date.
        policy: The policy in force.
    """
    held = standing(holdings, as_of)
    relied = reliances(network, share=policy.decimal("dependence_share"))
    return VersionTies(held, controlled(held, len(network)), relied)


def connected(
    ties: VersionTies, inputs: LimitInputs, outcome: RunOutcome, policy: Policy
) -> Mapping[str, pl.DataFrame]:
    """
    Return the tables of a run that tell its groups.

    `groups`: group, firm (a group is its first member), controller (or null), held_units (what
    the controller's block holds, in units of 1e-15), total_fen (or null), in order of ids.
    `group_ties`: a row a holding, link of control or reliance that ties a group (`TIES`); a
    holding leads from owner to owned, a reliance from who relies to the partner.

    Args:
        ties: What can tie firms of the version.
        inputs: The version's rows.
        outcome: Its limits: dependence counts between firms whose totals are large.
        policy: The policy in force.
    """
    totals = _totals(outcome, policy)
    relied = ties.relied.among(_large(totals, len(inputs.ids), policy))
    found = groups(ties.control, relied)
    tables = {
        "groups": _members(found, ties.control).join(totals, on="firm", how="left"),
        "group_ties": _ties(found, ties, relied),
    }
    return {name: _named(frame, inputs.ids) for name, frame in tables.items()}


def _named(frame: pl.DataFrame, ids: tuple[str, ...]) -> pl.DataFrame:
    """Return a table with firms by id instead of by row."""
    names = pl.Series(ids, dtype=pl.String)
    ends = [name for name in ENDS if name in frame.columns]
    return frame.with_columns(names.gather(frame[name]).alias(name) for name in ends)


def _totals(outcome: RunOutcome, policy: Policy) -> pl.DataFrame:
    """Return the total of every firm that has one; of a core its facility where that is more."""
    granted = {row: int(amount.split(".")[0]) for row, amount in _facilities(outcome)}
    cores = pl.DataFrame(
        {"firm": granted.keys(), "total_fen": granted.values()},
        schema={"firm": pl.Int64, "total_fen": pl.Int64},
    )
    every = pl.concat([firm_totals(outcome.members, outcome.firms, policy), cores])
    return every.group_by("firm").agg(pl.col("total_fen").max()).sort("firm")


def _facilities(outcome: RunOutcome) -> list[tuple[int, str]]:
    known = outcome.cores.filter(pl.col("facility").is_not_null())
    return list(known.select("row", "facility").iter_rows())


def _large(totals: pl.DataFrame, firms: int, policy: Policy) -> npt.NDArray[np.bool_]:
    """Return whose total is above the share of tier-1 capital that dependence is looked for at."""
    bound = int(policy.decimal("identify_from") * policy.whole("tier1_net_fen"))
    large = np.zeros(firms, np.bool_)
    large[totals.filter(pl.col("total_fen") > bound)["firm"].to_numpy()] = True
    return large


def _members(found: Groups, control: Control) -> pl.DataFrame:
    rows = found.firm_rows
    columns = {
        "group": found.member_group_rows,
        "firm": rows,
        "controller": control.controller_rows[rows],
        "held_units": control.held_units[rows],
    }
    return (
        pl.DataFrame(columns)
        .cast(pl.Int64)
        .with_columns(pl.when(pl.col("controller") >= 0).then(pl.col("controller")))
    )


def _ties(found: Groups, ties: VersionTies, relied: Reliances) -> pl.DataFrame:
    holdings = ties.held.filter(pl.Series(ties.control.joins, dtype=pl.Boolean)).select(
        "kind", "share", "from_on", "to_on", source="owner", target="owned", holding="id"
    )
    reliances = pl.DataFrame(
        {
            "kind": pl.Series(np.array(SIDES)[relied.sides], dtype=pl.String),
            "source": relied.firm_rows.astype(np.int64),
            "target": relied.partner_rows.astype(np.int64),
            "amount_fen": relied.amount_fen,
            "whole_fen": relied.total_fen,
        }
    )
    group_of = pl.DataFrame({"source": found.firm_rows, "group": found.member_group_rows})
    return (
        pl.concat([holdings, reliances], how="diagonal_relaxed")
        .join(group_of.cast(pl.Int64), on="source")
        .select(TIES)
        .sort("group", "target", "source", "kind", "holding")
    )
