"""Single points of failure around a core, in money."""

from typing import Any

from app.chain.chains.cores import cores_of
from app.data.versions.networks import network_of
from app.data.versions.service import policy_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from graph.network import Network
from graph.single_points import Articulations, CutTrades, Shared, Supply, around


def weak_points(
    resources: Resources, core: str, *, version: int | None = None, tiers: int | None = None
) -> Document:
    """
    Return who the supply of a core cannot go around, and what depends on them.

    Args:
        resources: What is configured.
        core: Id of the core.
        version: Of the graph; the current one by default.
        tiers: Trades up to which chains are followed; the policy's by default.

    Returns:
        `{"core", "version", "as_of", "policy", "tiers", "firms", "trades", "raw_inputs",
        "purchases_fen", "points", "shared_firms", "shared", "trade_cut", "firm_cut"}`.
        A point: `{"id", "name", "tier", "starved", "starved_fen", "cut_off", "cut_off_fen",
        "sole"}`, the costliest first.
        A common supplier: `{"id", "name", "tier", "hidden", "drawing", "drawing_fen",
        "traced_fen"}`. Cuts: `core_side` and `source_side`, with `value_fen` or `firms`.

    Raises:
        Absent: There is no such version, or this firm is no core in it.
        InvalidInput: Too many or too few tiers.
        NotConverged: A cut took more steps than are allowed.
    """
    found = resources.version(version)
    network = network_of(resources, found.number)
    if core not in cores_of(resources, found.number):
        raise Absent(f"{core!r} is no core in version {found.number}")
    policy = policy_of(resources, found.as_of)
    if tiers is None:
        tiers = policy.whole("tiers_max")
    near = around(Supply.of(network), core, tiers_max=tiers)
    return {
        "core": _firm(network, near.core_row),
        "version": found.number,
        "as_of": found.as_of.isoformat(),
        "policy": policy.version,
        "tiers": tiers,
        "firms": near.firms,
        "trades": near.trades,
        "raw_inputs": near.raw_inputs,
        "purchases_fen": near.purchases_fen,
        "points": _points(network, near.articulations),
        "shared_firms": near.shared.found,
        "shared": _shared(network, near.shared),
        "trade_cut": {
            "value_fen": near.trade_cut.value_fen,
            "core_side": _trades(network, near.trade_cut.core_side),
            "source_side": _trades(network, near.trade_cut.source_side),
        },
        "firm_cut": {
            "firms": near.firm_cut.value,
            "core_side": [_firm(network, row) for row in near.firm_cut.core_side.tolist()],
            "source_side": [_firm(network, row) for row in near.firm_cut.source_side.tolist()],
        },
    }


def _points(network: Network, found: Articulations) -> list[Document]:
    names = ("tier", "starved", "starved_fen", "cut_off", "cut_off_fen", "sole")
    return _rows(network, found, names)


def _shared(network: Network, found: Shared) -> list[Document]:
    return _rows(network, found, ("tier", "hidden", "drawing", "drawing_fen", "traced_fen"))


def _rows(
    network: Network, found: Articulations | Shared, names: tuple[str, ...]
) -> list[Document]:
    columns: list[list[Any]] = [getattr(found, name).tolist() for name in names]
    return [
        _firm(network, row) | dict(zip(names, values, strict=True))
        for row, *values in zip(found.firm_rows.tolist(), *columns, strict=True)
    ]


def _trades(network: Network, cut: CutTrades) -> list[Document]:
    return [
        {
            "supplier": _firm(network, supplier),
            "buyer": _firm(network, buyer),
            "amount_fen": amount,
        }
        for supplier, buyer, amount in zip(
            cut.supplier_rows.tolist(),
            cut.buyer_rows.tolist(),
            cut.amount_fen.tolist(),
            strict=True,
        )
    ]


def _firm(network: Network, row: int) -> Document:
    return {"id": network.ids[row], "name": network.column("name")[row].as_py()}
