"""A chain as the run that is served has it, for exports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.chain.limits.documents import results_in
from app.chain.limits.shown import MemberResult
from app.data.versions.networks import network_of
from app.data.versions.service import AskedVersion, policy_of, version_and_run
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from graph.chains import Chain, find_chain
from graph.network import Network

UP_WORD = "up"


@dataclass(frozen=True, slots=True)
class Served:
    """A chain with the network that it stands in, and its firms' limits; None without a run."""

    network: Network
    chain: Chain
    limits: Sequence[MemberResult] | None


def served_chain(resources: Resources, core: str, asked: AskedVersion) -> Served:
    """
    Return a core's chain: found by the policy of the run that is read, with every firm it lists.

    Where no run has seen the core, it is what trades reach by the policy in force.

    Raises:
        Absent: There is no such version, or none yet.
        NotFound: The version has no such firm.
    """
    version, run = version_and_run(resources, asked)
    network = network_of(resources, version.number)
    results = None if run is None else results_in(resources, run.folder, EVERYTHING)
    seen = results is not None and core in results.cores
    policy = results.policy if seen and results else policy_of(resources, version.as_of)
    found = find_chain(
        network,
        core,
        tiers_max=policy.whole("tiers_max"),
        share_min=policy.decimal("trade_share_min"),
    )
    if not seen or results is None:
        return Served(network, found, None)
    members, _ = results.members(core)
    return Served(network, _with_listed(network, found, members), members)


def _with_listed(network: Network, chain: Chain, members: Sequence[MemberResult]) -> Chain:
    """Return a chain with those whom no trade reaches too: holders of the core's documents."""
    rows = network.rows([each.id for each in members])
    beside = np.flatnonzero(~np.isin(rows, chain.firm_rows))
    listed = [members[at] for at in beside.tolist()]
    up = np.array([each.tier if each.direction == UP_WORD else 0 for each in listed], np.int8)
    down = np.array([each.tier if each.direction != UP_WORD else 0 for each in listed], np.int8)
    firms = np.concatenate([chain.firm_rows, rows[beside].astype(np.int32)])
    order = np.argsort(firms, kind="stable")

    def merged(column: np.ndarray, more: np.ndarray) -> np.ndarray:
        """Return two columns as one, in the common order."""
        whole: np.ndarray = np.concatenate([column, more.astype(column.dtype)])[order]
        return whole

    core = np.full(len(listed), chain.core_row)  # They stand next to it.
    return Chain(
        firm_rows=firms[order],
        up_tier=merged(chain.up_tier, up),
        down_tier=merged(chain.down_tier, down),
        up_via_rows=merged(chain.up_via_rows, np.where(up > 0, core, -1)),
        down_via_rows=merged(chain.down_via_rows, np.where(down > 0, core, -1)),
        core_row=chain.core_row,
    )
