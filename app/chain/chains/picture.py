"""
The picture of one chain: who stands where, tied to whom one tier nearer, for how much.

Members are those of the run where it knows the core (it also lists holders of documents that no
trade reaches), else those that trades reach. What was pictured is kept for the next reader.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

import numpy as np
import numpy.typing as npt

from app.chain.chains.cores import cores_of
from app.chain.chains.listing import ChainHead
from app.chain.limits.documents import results_in
from app.chain.limits.shown import UNSEEN, Shown
from app.data.versions.networks import network_of
from app.data.versions.service import AskedVersion, policy_of, version_and_run
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.deps import Resources
from app.platform.documents import Documented
from app.platform.errors import Absent
from graph.chains import DIRECTIONS, DOWN, UP, Chain, find_chain
from graph.errors import NotFound
from graph.network import Network, TradeRows

MEMBER_BYTES, TIE_BYTES = 320, 120  # With the texts and numbers that each holds.
NOWHERE = 127  # The tier of a firm that does not stand on this side of the chain.
Int64Array = npt.NDArray[np.int64]
Standing = tuple[str, str, int]  # Firm, direction, tier.


@dataclass(frozen=True, slots=True)
class PictureMember(Documented):
    """
    A firm of a chain; `amount_fen` is its trade with partners one tier nearer the core.

    A core is not told what others trade among themselves: then amount and partner are None.
    """

    id: str
    name: str
    direction: str
    tier: int
    amount_fen: int | None
    via: str | None


@dataclass(frozen=True, slots=True)
class PictureTrade:
    """A trade between two members, or a member and the core, one tier apart."""

    supplier: str
    buyer: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PictureTier(Documented):
    """One tier on one side: how many firms, and their trade with the tier nearer."""

    direction: str
    tier: int
    firms: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A chain, members in order of direction, tier and id.

    `tiers` count all its firms. Where a reader may not know them all, `is_whole` is false, and
    members and ties are those that this reader knows.
    """

    core: str
    name: str
    head: ChainHead
    members: tuple[PictureMember, ...]
    ties: tuple[PictureTrade, ...]
    tiers: tuple[PictureTier, ...]
    is_whole: bool = True


def bytes_of(picture: Picture) -> int:
    """Return about what a picture takes in memory."""
    return MEMBER_BYTES * (1 + len(picture.members)) + TIE_BYTES * len(picture.ties)


def picture_of(resources: Resources, core: str, asked: AskedVersion, sight: Sight) -> Picture:
    """
    Return the picture of a core's chain, as far as a reader may see it.

    Raises:
        Absent: There is no such version, or this firm is no core in it.
        NotFound: The version has no such firm, or the chain is not the reader's.
    """
    if not sight.is_whole and not sight.is_own_chain(core):
        raise NotFound(UNSEEN)
    version, run = version_and_run(resources, asked)
    network = network_of(resources, version.number)
    results = None if run is None else results_in(resources, run.folder, EVERYTHING)
    if results is not None and core in results.cores:
        policy = results.policy
    else:
        run, results, policy = None, None, policy_of(resources, version.as_of)
        network.row(core)
        if core not in cores_of(resources, version.number):
            raise Absent(f"{core!r} is no core in version {version.number}")
    head = ChainHead(
        version=version.number,
        as_of=version.as_of.isoformat(),
        policy=policy.version if run is None else run.policy,
        run=None if run is None else run.run,
    )
    reach = (policy.whole("tiers_max"), policy.decimal("trade_share_min"))
    kept = resources.shelf("pictures", 1 / 4, bytes_of)
    key = (version.number, reach, core, head)
    whole = kept.made(key, lambda: _drawn(network, reach, core, head, results))
    if sight.is_whole:
        return whole
    if run is not None:
        known, _ = results_in(resources, run.folder, sight).members(core)
        return _as_its_core_knows(whole, {each.id for each in known})
    tiers = policy.whole("core_names_tiers")
    return _as_its_core_knows(whole, {each.id for each in whole.members if each.tier <= tiers})


def _as_its_core_knows(whole: Picture, named: Collection[str]) -> Picture:
    """Return the firms that a core knows by name, and its own trade with them."""
    return replace(
        whole,
        members=tuple(
            each if each.via in (None, whole.core) else replace(each, amount_fen=None, via=None)
            for each in whole.members
            if each.id in named
        ),
        ties=tuple(
            tie
            for tie in whole.ties
            if (tie.supplier == whole.core and tie.buyer in named)
            or (tie.buyer == whole.core and tie.supplier in named)
        ),
        is_whole=False,
    )


def _drawn(
    network: Network,
    reach: tuple[int, Decimal],
    core: str,
    head: ChainHead,
    results: Shown | None,
) -> Picture:
    chain = find_chain(network, core, tiers_max=reach[0], share_min=reach[1])
    rows, amounts = _ties(network, chain)
    names = network.column("name")
    members = []
    standings = _reached(network, chain)
    if results is not None:
        listed, _ = results.members(core)
        standings = [(each.id, each.direction, each.tier) for each in listed]
    for firm, direction, tier in standings:
        row = network.row(firm)
        via, amount = amounts.get((row, direction), (None, 0))
        members.append(PictureMember(firm, names[row].as_py(), direction, tier, amount, via))
    name = names[chain.core_row].as_py()
    return Picture(core, name, head, tuple(members), rows, _tiers(members))


def _tiers(members: Sequence[PictureMember]) -> tuple[PictureTier, ...]:
    """Return firms and trade by direction and tier, up before down, nearest first."""
    found = []
    for (direction, tier), group in groupby(members, lambda m: (m.direction, m.tier)):
        amounts = [each.amount_fen or 0 for each in group]
        found.append(PictureTier(direction, tier, len(amounts), sum(amounts)))
    return tuple(found)


def _reached(network: Network, chain: Chain) -> list[Standing]:
    sides, tiers = chain.direction.tolist(), chain.tier.tolist()
    rows = zip(chain.firm_rows.tolist(), sides, tiers, strict=True)
    found = [(network.ids[row], DIRECTIONS[side], tier) for row, side, tier in rows]
    return sorted(found, key=lambda row: (row[1] != DIRECTIONS[UP], row[2], row[0]))


def _ties(
    network: Network, chain: Chain
) -> tuple[tuple[PictureTrade, ...], dict[tuple[int, str], tuple[str, int]]]:
    """Return the trades one tier apart, and by member and side its main partner and its trade."""
    ids, found = _SharedIds(network.ids), []
    sums: dict[tuple[int, str], tuple[str, int]] = {}
    for side, tiers, vias in (
        (UP, chain.up_tier, chain.up_via_rows),
        (DOWN, chain.down_tier, chain.down_via_rows),
    ):
        here = np.flatnonzero(tiers)
        rows = chain.firm_rows[here].astype(np.int64)
        tier_of = np.full(len(network), NOWHERE, np.int8)
        tier_of[rows] = tiers[here]
        tier_of[chain.core_row] = 0
        near = _nearer(network, rows, chain.core_row, tier_of, up=side == UP)
        member = near.supplier_rows if side == UP else near.buyer_rows
        totals = np.zeros(len(network), np.int64)
        np.add.at(totals, member, near.amounts_fen)
        for row, via, total in zip(
            rows.tolist(), vias[here].tolist(), totals[rows].tolist(), strict=True
        ):
            sums[row, DIRECTIONS[side]] = (ids[via], total)
        trades = zip(*(column.tolist() for column in near), strict=True)
        found += [PictureTrade(ids[supplier], ids[buyer], fen) for supplier, buyer, fen in trades]
    return tuple(sorted(set(found), key=lambda tie: (tie.supplier, tie.buyer))), sums


class _SharedIds(dict[int, str]):
    """Ids of firms by row; whoever names a firm again is given the same text."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__()
        self._ids = ids

    def __missing__(self, row: int) -> str:
        found = self[row] = self._ids[row]
        return found


def _nearer(
    network: Network, rows: Int64Array, core_row: int, tier_of: npt.NDArray[np.int8], *, up: bool
) -> TradeRows:
    """Return the trades of firms on one side with partners one tier nearer."""
    trades = network.trades_among(np.append(rows, core_row))
    step = tier_of[trades.supplier_rows] - tier_of[trades.buyer_rows]
    near = step == (1 if up else -1)
    return TradeRows(*(column[near] for column in trades))
