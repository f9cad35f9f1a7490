"""Where a firm stands among single points of failure, and who depends on it."""

from collections.abc import Iterable

import numpy as np

from app.platform.documents import Document
from app.policy import Policy
from graph.network import Network
from graph.single_points import Articulations, Region, Supply, articulations, region

NAMED_MAX = 20  # Firms that are named, the largest first.


def point_of(network: Network, core: str, firm: str, policy: Policy) -> Document:
    """
    Return the rank of a firm among the single points of failure of a core, and whom it stops.

    Args:
        network: Who trades with whom.
        core: The core.
        firm: The firm; one that nothing hangs on has no rank.
        policy: The policy in force: how many tiers are followed.
    """
    near = region(Supply.of(network), core, tiers_max=policy.whole("tiers_max"))
    points = articulations(near)
    row = network.row(firm)
    found = np.flatnonzero(points.firm_rows == row).tolist()
    head = {"points": len(points), "purchases_fen": points.purchases_fen, "tier": _tier(near, row)}
    if not found:
        none = dict.fromkeys(("starved", "starved_fen", "cut_off", "cut_off_fen"), 0)
        return {**head, "rank": None, **none, "sole": False, "starves": [], "cuts_off": []}
    return {**head, "rank": found[0] + 1, **_costs(network, points, found[0])}


def dependents(network: Network, firm: str, policy: Policy) -> Document:
    """
    Return who buys of a firm, or sells to it, so much that it depends on it.

    Args:
        network: Who trades with whom.
        firm: The firm.
        policy: The policy in force: the share of all purchases or sales that makes one dependent.
    """
    row, least = network.row(firm), float(policy.decimal("dependence_share"))
    sold = slice(network.out_indptr[row], network.out_indptr[row + 1])
    bought = slice(network.in_indptr[row], network.in_indptr[row + 1])
    found = [
        *_sides("buys", network.out_indices[sold], network.out_amount_fen[sold], network),
        *_sides("sells", network.in_indices[bought], network.in_amount_fen[bought], network),
    ]
    hang = [each for each in found if each[3] >= least]
    hang.sort(key=lambda each: (-each[2], each[1], each[0]))
    names = network.column("name")
    return {
        "count": len(hang),
        "from_share": str(policy.decimal("dependence_share")),
        "items": [
            {
                "id": network.ids[other],
                "name": names[other].as_py(),
                "how": how,
                "amount_fen": amount,
                "share": f"{share:.6f}",
            }
            for how, other, amount, share in hang[:NAMED_MAX]
        ],
    }


def _sides(
    how: str, rows: Iterable[int], amounts: Iterable[int], network: Network
) -> list[tuple[str, int, int, float]]:
    """Return partners of a firm with the trade, and what it is of all that they buy or sell."""
    indptr, fen = (
        (network.in_indptr, network.in_amount_fen)
        if how == "buys"
        else (network.out_indptr, network.out_amount_fen)
    )
    found = []
    for other, amount in zip(rows, amounts, strict=True):
        whole = int(fen[indptr[other] : indptr[other + 1]].sum())
        if whole > 0 and amount > 0:
            found.append((how, int(other), int(amount), float(amount) / whole))
    return found


def _tier(near: Region, row: int) -> int | None:
    """Return the tier of a firm upstream of a core; None where it does not supply it."""
    found = np.flatnonzero(near.firm_rows == row).tolist()
    return int(near.tier[found[0]]) if found else None


def _costs(network: Network, points: Articulations, place: int) -> Document:
    names = ("starved", "starved_fen", "cut_off", "cut_off_fen", "sole")
    return {
        **{name: getattr(points, name)[place].item() for name in names},
        "starves": _named(network, points.starved_rows(place).tolist()),
        "cuts_off": _named(network, points.cut_off_rows(place).tolist()),
    }


def _named(network: Network, rows: list[int]) -> list[Document]:
    names = network.column("name")
    return [{"id": network.ids[row], "name": names[row].as_py()} for row in rows[:NAMED_MAX]]
