"""One chain as plain rows: what every export writes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.chains import DIRECTIONS, Chain, strengths
from graph.network import Network

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ListedMember:
    """One firm of a chain, on the side where it is listed."""

    id: str
    name: str
    rating: str | None
    direction: str
    tier: int
    up_tier: int
    down_tier: int
    via: str
    strength_fen: int


@dataclass(frozen=True, slots=True)
class ChainTrade:
    """What one firm of the chain sold another."""

    supplier: str
    buyer: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class ChainView:
    """A core, its members by direction, tier and id, and the trades among all of them."""

    core: str
    core_name: str
    members: tuple[ListedMember, ...]
    trades: tuple[ChainTrade, ...]


def view(network: Network, chain: Chain) -> ChainView:
    """Return the chain as rows."""
    names, ratings = (_text(network, name) for name in ("name", "rating"))
    along = strengths(network, chain)
    side, tier = chain.direction, chain.tier
    order = np.lexsort((chain.firm_rows, tier, side))
    members = tuple(
        ListedMember(
            id=network.ids[int(chain.firm_rows[m])],
            name=names[int(chain.firm_rows[m])] or network.ids[int(chain.firm_rows[m])],
            rating=ratings[int(chain.firm_rows[m])],
            direction=DIRECTIONS[int(side[m])],
            tier=int(tier[m]),
            up_tier=int(chain.up_tier[m]),
            down_tier=int(chain.down_tier[m]),
            via=network.ids[int(chain.via_rows[m])],
            strength_fen=int(along[m]),
        )
        for m in order
    )
    core = network.ids[chain.core_row]
    return ChainView(core, names[chain.core_row] or core, members, _trades(network, chain))


def _text(network: Network, name: str) -> list[str | None]:
    if name not in network.attributes.column_names:
        return [None] * len(network)
    found: list[str | None] = network.column(name).to_pylist()
    return found


def _trades(network: Network, chain: Chain) -> tuple[ChainTrade, ...]:
    trades = network.trades_among(np.append(chain.firm_rows, chain.core_row))
    ids = {row: network.ids[row] for row in np.unique(np.concatenate(trades[:2])).tolist()}
    rows = zip(*(column.tolist() for column in trades), strict=True)
    return tuple(ChainTrade(ids[supplier], ids[buyer], amount) for supplier, buyer, amount in rows)
