"""The drawing of a chain: its firms by tier and grade, and the trade between these groups."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from app.chain.chains.picture import Picture, picture_of
from app.chain.limits.shown import Shown
from app.data.versions.networks import network_of
from app.data.versions.service import AskedVersion
from app.platform.deps import Resources
from app.platform.web.charts import INK, Flow, Group, grade_of
from graph.network import Network

GROUP_BYTES, FLOW_BYTES = 160, 240
UP = "up"
Drawing = tuple[Sequence[Group], Sequence[Flow]]


def drawing_of(resources: Resources, results: Shown, core: str) -> Drawing:
    """
    Return the firms of a chain by tier and grade, and the trade between these groups.

    A core is shown one group a tier, without a grade.

    Raises:
        NotFound: There is no such core, or it is not the reader's.
    """
    if not results.sight.is_whole:
        shown = AskedVersion(results.head.version)
        return by_tier(picture_of(resources, core, shown, results.sight))

    def draw() -> Drawing:
        """Return the chain with its firms grouped by tier."""
        network = network_of(resources, results.head.version)
        members, _ = results.members(core)
        where = {each.id: column_of(each.direction, each.tier) for each in members}
        return grouped(network, {**where, core: 0})

    kept = resources.shelf("drawings", 1 / 16, _bytes_of)
    return kept.made((results.head.run, core), draw)


def _bytes_of(drawing: Drawing) -> int:
    groups, flows = drawing
    return GROUP_BYTES * (1 + len(groups)) + FLOW_BYTES * len(flows)


def column_of(direction: str, tier: int) -> int:
    """
    Return the column of a tier in the drawing: suppliers below zero, the core at zero.

    Example:
        >>> column_of("up", 2), column_of("down", 1)
        (-2, 1)
    """
    return -tier if direction == UP else tier


def by_tier(picture: Picture) -> Drawing:
    """Return one group a tier, without a grade, and the trade of each tier with the one nearer."""
    groups, flows = [Group(0, INK, 1)], []
    for each in picture.tiers:
        column = column_of(each.direction, each.tier)
        near = column_of(each.direction, each.tier - 1)
        ends = (column, near) if each.direction == UP else (near, column)
        groups.append(Group(column, INK, each.firms))
        flows.append(Flow((ends[0], INK), (ends[1], INK), each.amount_fen))
    return groups, flows


def grouped(network: Network, columns: Mapping[str, int]) -> Drawing:
    """
    Return firms by column and grade, and the trade between groups in neighbouring columns.

    Args:
        network: The network of the version.
        columns: Where each firm of the chain stands: the core at 0, suppliers below.
    """
    rows = np.array(network.rows(list(columns)), np.int64)
    at = np.array(list(columns.values()), np.int64)
    ratings = network.column("rating").take(pa.array(rows)).to_pylist()
    members = pl.DataFrame(
        {"row": rows, "column": at, "grade": [grade_of(rating) for rating in ratings]}
    )
    counted = members.group_by("column", "grade").len().sort("column", "grade")
    groups = [Group(column, grade, firms) for column, grade, firms in counted.iter_rows()]
    among = network.trades_among(rows)
    trades = pl.DataFrame(
        {
            "row": among.supplier_rows,
            "buyer": among.buyer_rows,
            "amount_fen": among.amounts_fen,
        }
    )
    flows = (
        trades.join(members, on="row")
        .join(members.rename({"row": "buyer"}), on="buyer", suffix="_to")
        .filter(pl.col("column_to") == pl.col("column") + 1)
        .group_by("column", "grade", "column_to", "grade_to")
        .agg(pl.col("amount_fen").sum())
        .sort("column", "grade", "column_to", "grade_to")
    )
    return groups, [Flow((a, b), (c, d), amount) for a, b, c, d, amount in flows.iter_rows()]
