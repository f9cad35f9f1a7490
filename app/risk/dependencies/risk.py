"""Risk on dependence: what others' worsening adds to the chance that a firm defaults."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.data.versions.networks import network_of
from app.data.versions.service import policy_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.policy import Policy
from app.risk.stress.cascade import debts_of
from app.risk.stress.service import RECEIVABLES
from graph.dependence import Chains, Dealings, Dependence, Links, chains, dependence
from graph.errors import InvalidInput
from graph.model import Version
from graph.network import Network

FloatArray = npt.NDArray[np.float64]
PLACES = 6  # Of probabilities and grades.
LEAST = 0.5 * 10**-PLACES


@dataclass(frozen=True, slots=True)
class RatingsChange:
    """
    What worsened: ratings since another version, or as somebody supposes.

    Args:
        against: The version that ratings are compared with; the one before by default.
        supposed: Ratings by firm, in place of those of the version; then nothing is compared.
    """

    against: int | None = None
    supposed: Mapping[str, str] | None = None


def risk_on_dependence(
    resources: Resources, change: RatingsChange, *, version: int | None = None
) -> Document:
    """
    Return whose chance of default others' change of rating moves, beside the own one.

    Returns:
        `{"version", "as_of", "policy", "against", "changed", "layers", "equity_unknown",
        "items"}`; `equity_unknown` counts firms that state no equity: they depend in full on who
        owes them, as those without any; `against` is the version compared with, or null where
        ratings were supposed; `changed` counts firms of another rating. An item: `{"id", "name",
        "pd", "pd_network", "notches", "capped", "chains"}`, most notches first; probabilities and
        grades as decimal strings, chains as `{"share", "firms"}` from whose rating changed to the
        firm.

    Raises:
        Absent: There is no such version.
        InvalidInput: There is no version to compare with, or a rating that the policy has not.
        NotFound: A rating is supposed of a firm that is not there.
        NotConverged: Too much was left out at the bound on layers.
    """
    found = resources.version(version)
    network = network_of(resources, found.number)
    policy = policy_of(resources, found.as_of)
    own = _chances(network.column("rating").to_pylist(), policy)
    if change.supposed is None:
        other = _before(resources, found, change.against)
        now, then = own, _earlier(resources, network, other, own)
    else:
        other = None
        now, then = _supposed(network, own, change.supposed, policy), own
    added = dependence(_links(resources, network, found), now, then)
    ways = (chains(added), chains(added, channel="favourable"))
    return {
        "version": found.number,
        "as_of": found.as_of.isoformat(),
        "policy": policy.version,
        "against": other and {"version": other.number, "as_of": other.as_of.isoformat()},
        "changed": int((now != then).sum()),
        "layers": added.layers,
        "equity_unknown": _unknown(network, "equity_fen"),
        "items": _items(network, added, ways),
    }


def _before(resources: Resources, version: Version, against: int | None) -> Version:
    if against is not None:
        return resources.version(against)
    earlier = [each for each in resources.store.versions() if each.number < version.number]
    if not earlier:
        raise InvalidInput(
            f"there is no version before {version.number} to compare ratings with: "
            "give --if FIRM=RATING, or --against VERSION"
        )
    return earlier[-1]


def _chances(ratings: list[str | None], policy: Policy) -> FloatArray:
    """Return the probability of default by rating; of those without one the policy's."""
    by_grade = policy.table("pd_by_grade")
    unrated = policy.decimal("pd_unrated")
    for rating in {each for each in ratings if each is not None}:
        if rating not in by_grade:
            raise InvalidInput(f"policy {policy.version}: pd_by_grade has no value for {rating!r}")
    return np.array(
        [float(unrated if each is None else by_grade[each]) for each in ratings], np.float64
    )


def _earlier(
    resources: Resources, network: Network, version: Version, own: FloatArray
) -> FloatArray:
    """Return the probabilities of another version; who was not there has not changed."""
    rows = resources.store.reader(version.number).columns("firms", ["firm", "rating"])
    known = dict(zip(rows["firm"].to_pylist(), rows["rating"].to_pylist(), strict=True))
    policy = policy_of(resources, version.as_of)
    there = [(row, known[firm]) for row, firm in enumerate(network.ids) if firm in known]
    found = own.copy()
    found[[row for row, _ in there]] = _chances([rating for _, rating in there], policy)
    return found


def _supposed(
    network: Network, own: FloatArray, supposed: Mapping[str, str], policy: Policy
) -> FloatArray:
    found = own.copy()
    found[network.rows(list(supposed))] = _chances(list(supposed.values()), policy)
    return found


def _links(resources: Resources, network: Network, version: Version) -> Links:
    """Return who depends on whom, by trades, unpaid receivables and equity of a version."""
    receivables = resources.store.reader(version.number).columns("receivables", RECEIVABLES)
    debts = debts_of(network, receivables, version.as_of)
    dealings = Dealings.of(
        network,
        creditors=debts.creditors,
        debtors=debts.debtors,
        receivable_fen=np.rint(np.asarray(debts.amounts)).astype(np.int64),
    )
    return Links.build(
        _stated(network, "equity_fen"),
        dealings,
        sales_fen=np.maximum(_stated(network, "revenue_fen"), 0),
        purchases_fen=np.maximum(_stated(network, "cost_fen"), 0),
    )


def _stated(network: Network, column: str) -> npt.NDArray[np.int64]:
    if column not in network.attributes.column_names:
        return np.zeros(len(network), np.int64)
    return np.array(network.column(column).fill_null(0).to_pylist(), np.int64)


def _unknown(network: Network, column: str) -> int:
    if column not in network.attributes.column_names:
        return len(network)
    return int(network.column(column).null_count)


def _items(network: Network, added: Dependence, ways: tuple[Chains, Chains]) -> list[Document]:
    names = network.column("name")
    moved = np.flatnonzero(np.abs(added.notches) >= LEAST)
    order = moved[np.argsort(-added.notches[moved], kind="stable")].tolist()
    shown = set(order)
    carrying = [_by_firm(each, network, shown) for each in ways]
    return [
        {
            "id": network.ids[row],
            "name": names[row].as_py(),
            "pd": _decimal(added.pd_own[row]),
            "pd_network": _decimal(added.pd_network[row]),
            "notches": _decimal(added.notches[row]),
            "capped": bool(added.capped[row]),
            "chains": carrying[int(added.added[row] < 0)].get(network.ids[row], []),
        }
        for row in order
    ]


def _by_firm(found: Chains, network: Network, rows: set[int]) -> dict[str, list[Document]]:
    wanted = {network.ids[row] for row in rows}
    carrying: dict[str, list[Document]] = {}
    columns = (found.to_pandas()[name].tolist() for name in ("firm", "share", "chain"))
    for firm, share, chain in zip(*columns, strict=True):
        if firm in wanted:
            carrying.setdefault(firm, []).append({"share": _decimal(share), "firms": [*chain]})
    return carrying


def _decimal(value: float) -> str:
    return f"{value:.{PLACES}f}"
