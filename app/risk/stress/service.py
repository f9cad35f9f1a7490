"""Stress scenarios: computed once for a version and policy, then read."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from app.data.versions.networks import network_in
from app.platform.console.progress import Step, quietly
from app.platform.documents import Document, dumps
from app.platform.errors import Absent
from app.policy import Policy
from app.risk.stress import cascade
from app.risk.stress.cascade import IntArray, Round
from app.risk.stress.repository import ScenarioFolder
from app.risk.stress.schemas import id_of, is_closure
from graph.errors import Damaged
from graph.network import Network
from graph.scenarios import Places, Resolved, Scenario, plain, resolve
from graph.stores.base import Reader

LARGEST = 20
RECEIVABLES = ["seller", "buyer", "amount_fen", "paid_fen", "issued_on", "paid_on", "status"]
E12_PLACES = 12


@dataclass(frozen=True, slots=True)
class ScenarioStores:
    """Where a scenario reads and is kept: the version, saved networks, finished scenarios."""

    reader: Reader
    networks: Path
    scenarios: Path

    @classmethod
    def under(cls, reader: Reader, home: Path) -> "ScenarioStores":
        """Return the places in a data folder."""
        return cls(reader, home / "networks", home / "runs" / "scenarios")


def run_scenario(
    stores: ScenarioStores,
    scenario: Scenario,
    policy: Policy,
    *,
    cores: Collection[str] | None = None,
    progress: Step = quietly,
) -> Document:
    """
    Return what a scenario costs whom; it is computed where it is not there yet.

    The same scenario, version and policy have the same id and document: asking again is harmless.

    Args:
        stores: The version's reader (`ScenarioStores.under(reader, home)`), networks, scenarios.
        scenario: Who is hit by how much, and along what the shock runs.
        policy: The policy in force on the version's date.
        cores: Ids of the cores, where the scenario names any; by default what the version says.
        progress: Told of each round; how many there will be is not known.

    Returns:
        `{"scenario", "version", "as_of", "policy", "parameters", "channels", "closed", "rounds",
        "firms", "loss_fen", "others_fen"}`. A round: `{"round", "firms", "loss_fen", "largest"}`,
        what was lost in that round, by whom most. A firm: `{"id", "name", "closed", "loss_fen",
        "production_fen", "payments_fen", "loss_share", "round"}`: its loss over all rounds, the
        share of its production, the first round that hit it; largest loss first, then by id.
        `others_fen` leaves out the closed firms. A scenario that does more than close firms also
        has `name`, `hits` as they are written, and `hit_firms`; closed are then those that lose
        everything at once, `hit` marks all that are hit, and `others_fen` leaves these out.

    Raises:
        NotFound: A firm, core, sector or region that is hit is not in the version.
        InvalidInput: A hit selects nobody, or names a core that is none.
        NotConverged: Losses still moved at the policy's bound on rounds.
    """
    kept = ScenarioFolder(stores.scenarios)
    name = id_of(scenario, stores.reader.version.number, policy)
    with suppress(Damaged):
        if (found := kept.find(name)) is not None:
            return found
    kept.drop_damaged(name)
    document, figures = computed(stores, scenario, policy, cores=cores, progress=progress)
    kept.save(document, figures)
    return document


def computed(
    stores: ScenarioStores,
    scenario: Scenario,
    policy: Policy,
    *,
    cores: Collection[str] | None = None,
    progress: Step = quietly,
) -> tuple[Document, pa.Table]:
    """Return a scenario's document and who lost what in every round, computed anew."""
    number = stores.reader.version.number
    progress("network", None)
    network = network_in(stores.networks, number, lambda: stores.reader)
    hit = looked_up(network, scenario, policy, cores)
    rounds: list[Round] = []
    for each in cascade.run(
        network, receivables_of(stores), stores.reader.version.as_of, hit, policy
    ):
        progress(f"round {len(rounds)}", None)
        rounds.append(each)
    head = head_of(stores, scenario, policy) | {
        "parameters": _parameters(policy),
        "channels": list(scenario.channels),
    }
    document = head | _named(scenario, hit) | _document(network, _HitRows.of(scenario, hit), rounds)
    return document, _table(network, rounds)


def head_of(stores: ScenarioStores, scenario: Scenario, policy: Policy) -> Document:
    """Return what every document about a scenario says first."""
    version = stores.reader.version
    return {
        "scenario": id_of(scenario, version.number, policy),
        "version": version.number,
        "as_of": version.as_of.isoformat(),
        "policy": policy.version,
    }


def looked_up(
    network: Network, scenario: Scenario, policy: Policy, cores: Collection[str] | None
) -> Resolved:
    """Return a scenario as rows of the network's firms."""
    if is_closure(scenario):
        network.rows(list(scenario.closed or ()))  # Refuses who is not there in plain words.
    return resolve(network, [scenario], Places(cores, policy.decimal("trade_share_min")))


@dataclass(frozen=True, slots=True)
class _HitRows:
    """The rows of who is hit, and of who loses everything at once; whether the two are told."""

    rows: set[int]
    closed: set[int]
    told: bool

    @classmethod
    def of(cls, scenario: Scenario, hit: Resolved) -> "_HitRows":
        """Return them of a scenario that was looked up."""
        shocks, unpaid = hit.shocks, hit.unpaid
        first = np.maximum(np.asarray(shocks.down), np.asarray(shocks.up))
        all_lost = np.asarray(shocks.rows)[first >= 1.0].tolist()
        all_unpaid = unpaid.rows[unpaid.shares >= 1.0].tolist()
        rows = {*np.asarray(shocks.rows).tolist(), *unpaid.rows.tolist()}
        return cls(rows, {*all_lost, *all_unpaid}, not is_closure(scenario))


def _named(scenario: Scenario, hit: Resolved) -> Document:
    """Return what a document says of a scenario that does more than close firms."""
    if is_closure(scenario):
        return {}
    hits = plain([scenario.ordered()])["scenarios"][0]["hits"]
    return {
        "name": scenario.name,
        "hits": hits,
        "hit_firms": len(_HitRows.of(scenario, hit).rows),
    }


@lru_cache(maxsize=1)
def receivables_of(stores: ScenarioStores) -> pa.Table:
    """Return who owes whom in a version; who computes many scenarios reads it once."""
    return stores.reader.columns("receivables", RECEIVABLES)


def read_scenario(scenarios: Path, scenario: str) -> Document:
    """
    Return a finished scenario's document.

    Raises:
        Absent: There is no such scenario.
    """
    return ScenarioFolder(scenarios).read(scenario)


def scenario_text(scenarios: Path, scenario: str) -> str:
    """
    Return a finished scenario's document with its id, as JSON; nothing is read but its text.

    Raises:
        Absent: There is no such scenario.
    """
    text = ScenarioFolder(scenarios).text(scenario)
    return f'{{"id":{dumps(scenario)},{text.removeprefix("{")}'


def read_round(scenarios: Path, scenario: str, number: int) -> Document:
    """
    Return everybody who lost in one round, largest loss first, then by id.

    Returns:
        `{"scenario", "round", "firms", "loss_fen", "items": [{"id", "name", "loss_fen",
        "loss_share"}]}`.

    Raises:
        Absent: There is no such scenario, or it has no such round.
    """
    kept = ScenarioFolder(scenarios)
    rounds = kept.read(scenario)["rounds"]
    if not 0 <= number < len(rounds):
        raise Absent(f"scenario {scenario!r} has rounds 0 to {len(rounds) - 1}, not {number}")
    items = [
        {
            "id": row["id"],
            "name": row["name"],
            "loss_fen": row["loss_fen"],
            "loss_share": share(row["loss_e12"]),
        }
        for row in kept.round(scenario, number).to_pylist()
    ]
    head = {name: rounds[number][name] for name in ("round", "firms", "loss_fen")}
    return {"scenario": scenario, **head, "items": items}


def share(e12: int) -> str:
    """
    Return a share in units of 1e-12 as a decimal string.

    Example:
        >>> share(400_000_000_000), share(10**12), share(0), share(1)
        ('0.4', '1', '0', '0.000000000001')
    """
    whole, part = divmod(int(e12), 10**E12_PLACES)
    places = f"{part:0{E12_PLACES}d}".rstrip("0")
    return f"{whole}.{places}" if places else str(whole)


def _parameters(policy: Policy) -> Document:
    names = ("tolerance", "rounds_max", "replaceability")
    values = {name: policy.rule(f"contagion.{name}").value for name in names}
    return {"method": "rounds"} | {
        name: value if isinstance(value, bool | int) else str(value)
        for name, value in values.items()
    }


def _document(network: Network, hit: _HitRows, rounds: Sequence[Round]) -> Document:
    names = network.column("name")
    production, payments, shares = (
        np.sum([getattr(each, name) for each in rounds], axis=0)
        for name in ("production_fen", "payments_fen", "share_e12")
    )
    first = np.argmax(np.array([each.hit for each in rounds]), axis=0)
    loss_fen = production + payments
    rows = _order(loss_fen, (loss_fen > 0) | (shares > 0) | _at(hit.rows, len(network)))
    firms = [
        {
            "id": network.ids[row],
            "name": names[row].as_py(),
            "closed": row in hit.closed,
            **({"hit": row in hit.rows} if hit.told else {}),
            "loss_fen": int(loss_fen[row]),
            "production_fen": int(production[row]),
            "payments_fen": int(payments[row]),
            "loss_share": share(shares[row]),
            "round": int(first[row]),
        }
        for row in rows
    ]
    closed = sorted(hit.closed)
    return {
        "closed": [{"id": network.ids[row], "name": names[row].as_py()} for row in closed],
        "rounds": [_round(network, number, each) for number, each in enumerate(rounds)],
        "firms": firms,
        "loss_fen": int(loss_fen.sum()),
        "others_fen": int(loss_fen[~_at(hit.rows, len(network))].sum()),
    }


def _round(network: Network, number: int, each: Round) -> dict[str, Any]:
    names, loss_fen = network.column("name"), each.loss_fen
    rows = _order(loss_fen, each.hit)
    return {
        "round": number,
        "firms": len(rows),
        "loss_fen": int(loss_fen.sum()),
        "largest": [
            {
                "id": network.ids[row],
                "name": names[row].as_py(),
                "loss_fen": int(loss_fen[row]),
                "loss_share": share(each.share_e12[row]),
            }
            for row in rows[:LARGEST]
        ],
    }


def _table(network: Network, rounds: Sequence[Round]) -> pa.Table:
    """Return who lost what in every round, in the order in which it is read."""
    found = [_order(each.loss_fen, each.hit) for each in rounds]
    rows = np.array([row for part in found for row in part], np.int64)
    numbers = np.repeat(np.arange(len(rounds)), [len(part) for part in found])
    columns = {
        name: np.concatenate(
            [np.asarray(getattr(e, name))[p] for e, p in zip(rounds, found, strict=True)]
        ).astype(np.int64)
        for name in ("loss_fen", "share_e12")
    }
    return pa.table(
        {
            "round": pa.array(numbers, pa.int64()),
            "id": network.ids.arrow.take(pa.array(rows)),
            "name": network.column("name").take(pa.array(rows)),
            "loss_fen": pa.array(columns["loss_fen"]),
            "loss_e12": pa.array(columns["share_e12"]),
        }
    )


def _order(loss_fen: IntArray, kept: Any) -> list[int]:
    """Return the rows kept, largest loss first; rows stand in id order, which breaks ties."""
    rows = np.flatnonzero(kept)
    ordered: list[int] = rows[np.argsort(-loss_fen[rows], kind="stable")].tolist()
    return ordered


def _at(rows: set[int], count: int) -> Any:
    marks = np.zeros(count, np.bool_)
    marks[list(rows)] = True
    return marks
