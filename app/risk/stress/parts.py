"""
Further questions about a scenario that was run, each computed once and kept beside it.

`rounds`: every change of production, why it came about and over which trade. `attribution`: what
each firm that is hit adds to the loss, and which trades carried it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.chain.runs.contagion import prepared, rules_of
from app.data.versions.networks import network_in
from app.platform.console.progress import Step, quietly
from app.platform.documents import Document
from app.policy import Policy
from app.risk.stress.cascade import debts_of
from app.risk.stress.repository import Part, ScenarioFolder
from app.risk.stress.service import (
    ScenarioStores,
    computed,
    head_of,
    looked_up,
    receivables_of,
    run_scenario,
)
from graph.attribution import PAIRS_MIN, Carried, Game, Shapley, carried_by, causes, hit_rows
from graph.clearing import Debts
from graph.contagion import Production, Rules, cut_e12
from graph.errors import Damaged, InvalidInput
from graph.network import Network
from graph.replay import record
from graph.scenarios import Resolved, Scenario, Stakes

PLAYERS_MAX = 100  # More firms are taken together by sector.
SETS_MAX = 5000  # Cascades that an attribution runs, about.
PAIRS_MOST = 100
CHANNELS = {"down": "production", "up": "orders"}


@dataclass(frozen=True)
class VersionGround:
    """What questions about a version are asked of."""

    stores: ScenarioStores
    policy: Policy

    @property
    def version_head(self) -> Document:
        """Return what every answer says of its version."""
        version = self.stores.reader.version
        day = version.as_of.isoformat()
        return {"version": version.number, "as_of": day, "policy": self.policy.version}

    @cached_property
    def network(self) -> Network:
        """Return the version's network."""
        return network_in(
            self.stores.networks, self.stores.reader.version.number, lambda: self.stores.reader
        )

    @cached_property
    def production(self) -> Production:
        """Return the network made ready for cascades."""
        return prepared(self.network, self.policy)

    @property
    def rules(self) -> Rules:
        """Return when a cascade stops."""
        return rules_of(self.policy)

    @cached_property
    def stakes(self) -> Stakes:
        """Return the sales that can be lost."""
        return Stakes.build(self.network.sales_fen, ids=self.network.ids)

    @property
    def debts(self) -> Debts:
        """Return who owes whom."""
        as_of = self.stores.reader.version.as_of
        return debts_of(self.network, receivables_of(self.stores), as_of)


@dataclass(frozen=True)
class Ground(VersionGround):
    """What questions about one scenario are asked of."""

    scenario: Scenario
    cores: Collection[str] | None = None

    @cached_property
    def head(self) -> Document:
        """Return what every answer says first."""
        return head_of(self.stores, self.scenario, self.policy)

    @cached_property
    def hit(self) -> Resolved:
        """Return the scenario as rows of firms."""
        return looked_up(self.network, self.scenario, self.policy, self.cores)


def keep(ground: Ground, part: Part, *, progress: Step = quietly) -> str:
    """
    Compute a part of a scenario unless it is there, and return the scenario's id.

    Raises:
        NotConverged: Losses still moved at the policy's bound on rounds.
        InvalidInput: Firms of too many sectors are hit for an attribution.
    """
    kept, name = ScenarioFolder(ground.stores.scenarios), str(ground.head["scenario"])
    if not kept.has(name, part):
        kept.drop_damaged(name, part)
        progress(part, None)
        kept.save(*answer(ground, part), part)
    return name


def losses(ground: Ground, *, progress: Step = quietly) -> Document:
    """Return who loses what in a scenario; computed where it is not there yet."""
    return run_scenario(
        ground.stores, ground.scenario, ground.policy, cores=ground.cores, progress=progress
    )


def replay(ground: Ground, *, progress: Step = quietly) -> str:
    """
    Compute a scenario and its rounds again, hold them against what was kept, and return its id.

    Raises:
        Damaged: A figure is another one than was kept.
    """
    was = losses(ground, progress=progress)
    again, figures = computed(
        ground.stores, ground.scenario, ground.policy, cores=ground.cores, progress=progress
    )
    kept = ScenarioFolder(ground.stores.scenarios)
    name = keep(ground, "rounds", progress=progress)
    if again != was or not figures.equals(kept.table(name)):
        raise Damaged(f"{name}: computed again its losses are others")
    if not answer(ground, "rounds")[1].equals(kept.table(name, "rounds")):
        raise Damaged(f"{name}: computed again its rounds are others")
    return name


def answer(ground: Ground, part: Part) -> tuple[Document, pa.Table]:
    """Return the document and the figures of a part, computed anew."""
    return _rounds(ground) if part == "rounds" else _attribution(ground)


def _rounds(ground: Ground) -> tuple[Document, pa.Table]:
    network, hit = ground.network, ground.hit
    if not len(hit.shocks.rows):
        return {**ground.head, "rounds": 0, "changes": 0}, pa.table({"round": pa.array([])})
    recording = record(ground.production, hit.shocks, rules=ground.rules)
    found = recording.table()
    columns = {
        "round": found["round"],
        **_named(network, "firm", found["firm"]),
        "channel": pa.array([CHANNELS[each] for each in found["channel"].to_pylist()]),
        "reason": found["reason"],
        "before_e12": pa.array(cut_e12(found["before"].to_numpy())),
        "after_e12": pa.array(cut_e12(found["after"].to_numpy())),
        **_named(network, "through", found["through"]),
        "share_e4": pa.array(np.rint(found["share"].to_numpy() * 10**4).astype(np.int64)),
        **_named(network, "mover", found["mover"]),
    }
    head = {**ground.head, "rounds": len(recording), "changes": len(found)}
    return head, pa.table(columns)


def _named(network: Network, column: str, ids: pa.ChunkedArray) -> Mapping[str, Any]:
    rows = pc.index_in(ids, value_set=network.ids.arrow)
    return {column: ids, f"{column}_name": network.column("name").take(rows)}


def _attribution(ground: Ground) -> tuple[Document, pa.Table]:
    network, hit = ground.network, ground.hit
    by, labels = _players(network, hit)
    count = len(set(labels)) if labels is not None else len(hit_rows(hit))
    pairs = max(PAIRS_MIN, min(PAIRS_MOST, SETS_MAX // (2 * count)))
    debts = ground.debts if len(hit.unpaid.rows) else None
    game = Game(labels, pairs=pairs)
    found = causes(
        ground.production, hit, ground.stakes, debts=debts, game=game, rules=ground.rules
    )
    carried = _carried(ground)
    production_fen = carried.total_fen if carried else 0
    document = {
        **ground.head,
        "by": by,
        "exact": found.exact,
        "cascades": found.cascades,
        "loss_fen": found.total_fen,
        "players": _parts(network, hit, found, by),
        "production_fen": production_fen,
        "payments_fen": found.total_fen - production_fen,
        "first_fen": sum(carried.first_fen.tolist()) if carried else 0,
    }
    trades = _trades(network, carried)
    return document | {"trades": len(trades)}, trades


def _players(network: Network, hit: Resolved) -> tuple[str, list[str] | None]:
    """Return what the players are, and their labels where they are no single firms."""
    rows = hit_rows(hit)
    if len(rows) <= PLAYERS_MAX:
        return "firm", None
    sectors = network.column("sector").take(pa.array(rows)).fill_null("").to_pylist()
    if len(set(sectors)) > PLAYERS_MAX:
        told = f"{len(rows)} firms of {len(set(sectors))} sectors are hit"
        raise InvalidInput(f"{told}: an attribution has {PLAYERS_MAX} of either at most")
    return "sector", sectors


def _parts(network: Network, hit: Resolved, found: Shapley, by: str) -> list[Document]:
    names = network.column("name")
    called = (
        [(network.ids[row], names[row].as_py()) for row in hit_rows(hit).tolist()]
        if by == "firm"
        else [(sector, sector) for sector in found.players]
    )
    parts = [
        {"id": id_, "name": name, "loss_fen": part, "error_fen": round(error)}
        for (id_, name), part, error in zip(
            called, found.part_fen.tolist(), found.error_fen.tolist(), strict=True
        )
    ]
    return sorted(parts, key=lambda part: (-part["loss_fen"], part["id"]))


def _carried(ground: Ground) -> Carried | None:
    if not len(ground.hit.shocks.rows):
        return None
    return carried_by(ground.production, ground.hit.shocks, ground.stakes, rules=ground.rules)


def _trades(network: Network, carried: Carried | None) -> pa.Table:
    """Return the trades that carried anything, those that carried most first."""
    nobody = np.zeros(0, np.int64)
    ends, lost = (nobody, nobody), (nobody, nobody)
    if carried is not None:
        some = carried.inputs_fen + carried.orders_fen
        kept = np.flatnonzero(some > 0)
        kept = kept[np.argsort(-some[kept], kind="stable")]  # Trades stand in order of ids.
        ends = (carried.suppliers[kept], carried.buyers[kept])
        lost = (carried.inputs_fen[kept], carried.orders_fen[kept])
    names, columns = network.column("name"), {}
    for name, rows in zip(("supplier", "buyer"), ends, strict=True):
        columns[name] = network.ids.arrow.take(pa.array(rows))
        columns[f"{name}_name"] = names.take(pa.array(rows))
    return pa.table(columns | {"inputs_fen": pa.array(lost[0]), "orders_fen": pa.array(lost[1])})
