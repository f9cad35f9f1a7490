"""The effect of an application: a read of the run and the book, and one small what-if."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.books.business_day import business_day
from app.books.ledger.figures import DOCUMENTS
from app.books.ledger.known import Row
from app.books.ledger.paths import path_of
from app.books.ledger.reading import accounts_of
from app.books.rules.service import rules_on
from app.chain.groups.service import NoGroups, groups_in
from app.chain.limits.documents import results_of
from app.chain.limits.shown import Shown
from app.data.versions.networks import network_of
from app.data.versions.service import AskedVersion, policy_of
from app.lending.applications import repository as asked_for
from app.lending.applications.moves import absent
from app.lending.products.book import Product, ProductBook
from app.platform.auth.sight import EVERYTHING
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.process.kept import Kept
from app.policy import Policy
from app.risk.effect import repository
from app.risk.effect.losses import LossGround, LossSums
from app.risk.effect.points import dependents, point_of
from app.risk.effect.shares import BANK, BankLent, Borrowed, ShareRules, shares
from app.risk.portfolio.gains import Gains, PayerKnown
from app.risk.portfolio.gathering import carried
from app.risk.portfolio.losses import CarriedRisk, sector_loads_e6
from app.risk.portfolio.standing import UNKNOWN, Lent
from graph.network import Network

KEPT, GAINS_BYTES = 1 / 32, 2**18
SECTOR_BYTES = 200  # Of a firm: its id, its sector and their places.


Sectors = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class EffectGround:
    """What an effect is read from: the run, its network, the policy and products of the day."""

    results: Shown
    network: Network
    policy: Policy
    products: Sequence[Product]
    gains: Gains
    sectors: Sectors

    def sector(self, firm: str) -> str:
        """Return the sector of a firm, or that it is not told."""
        return self.sectors.get(firm) or UNKNOWN

    def known(self, firm: str) -> PayerKnown | None:
        """Return what a price reads of a firm; None of who is known as a counterparty only."""
        leaves = self.results.leaves_of(firm) if self.results.knows(firm) else None
        if leaves is None:
            return None
        sales = leaves.sales_fen
        return PayerKnown(leaves.rating, int(sales) if isinstance(sales, int) else None)

    def lost(self, firm: str) -> Mapping[str, int]:
        """Return what a firm loses of its production where each core fails, in 10^-12."""
        return self.results.losses_of(firm) if self.results.knows(firm) else {}

    def name(self, firm: str) -> str:
        """Return what a firm is called; one that the run has not, by its id."""
        return self.results.name(firm) if self.results.knows(firm) else firm

    def risk(self, lent: Lent) -> CarriedRisk:
        """Return the risk of what is lent."""
        return carried(lent, self.known(lent.payer), self.products, self.gains, self.policy)


def effect(resources: Resources, application: str, amount_fen: int | None = None) -> Document:
    """
    Return what an application would do: losses of the chain, shares of caps, who depends on it.

    Args:
        resources: What this process has open.
        application: The application.
        amount_fen: What would be lent; by default what is recommended, offered, was found by the
            machine or asked for. What is drawn counts as it stands.

    Raises:
        Absent: There is none of this id, or no version with limits.
        Unready: Policies, rules or products cannot be used.
    """
    _, row = asked_for.one(resources.records, application)
    if row is None:
        raise absent(application)
    ground, now = _ground(resources), resources.now()
    chain = repository.of_chain(resources.records, row["core"], row["firm"], now)
    own = repository.of_application(resources.records, application, row["firm"])
    own_fen = sum(use["left_fen"] for use in chain if use["use"] in own)
    amount = own_fen if row["drawn_fen"] else amount_fen or _amount(row)
    borrowed = Borrowed(
        row["firm"], row["core"], bool(json.loads(row["documents"])), own_fen, amount
    )
    others = [ground.risk(_lent(use)) for use in chain if use["use"] not in own]
    added = Lent(row["core"], row["firm"], row["product"], borrowed.by_document, amount)
    head = ground.results.head
    return {
        "application": application,
        "state": row["state"],
        "date": business_day(resources).isoformat(),
        "version": head.version,
        "run": head.run,
        "policy": ground.policy.version,
        "firm": _firm(ground, row["firm"]),
        "amount_fen": amount,
        "counted_fen": own_fen,
        "chain": _chain(ground, row["core"], others, ground.risk(added)),
        "shares": _shares(resources, ground, borrowed, chain),
        "single_point": _point(ground, row),
        "dependents": dependents(ground.network, row["firm"], ground.policy),
    }


def _ground(resources: Resources) -> EffectGround:
    day = business_day(resources)
    policy, results = policy_of(resources, day), results_of(resources, AskedVersion(), EVERYTHING)
    products = ProductBook(resources.settings.policy).on(day)
    shelf: Kept[Gains] = resources.shelf("gains", KEPT, lambda _: GAINS_BYTES)
    gains = shelf.made(policy.version, lambda: Gains(policy))
    network = network_of(resources, results.head.version)
    sectors: Kept[Sectors] = resources.shelf("sectors", KEPT, lambda kept: SECTOR_BYTES * len(kept))
    by_firm = sectors.made(results.head.version, lambda: _sectors(network))
    return EffectGround(results, network, policy, products, gains, by_firm)


def _sectors(network: Network) -> Sectors:
    told = network.column("sector").to_pylist()
    return dict(zip(network.ids.arrow.to_pylist(), told, strict=True))


def _amount(row: Row) -> int:
    """Return what would be lent: as recommended, offered, found by the machine, or asked for."""
    recommended = json.loads(row["recommended"] or "{}").get("amount_fen")
    found = json.loads(row["decision"] or "{}").get("amount_fen")
    amounts = (recommended, row["offered_fen"], found, row["amount_fen"])
    return int(next(each for each in amounts if each))


def _lent(use: Row) -> Lent:
    kinds = {each.account.partition(":")[0] for each in path_of(use["path"])}
    by_document = bool(kinds & set(DOCUMENTS))
    return Lent(use["core"], use["firm"], use["product"], by_document, use["left_fen"])


def _chain(
    ground: EffectGround, core: str | None, others: Sequence[CarriedRisk], added: CarriedRisk
) -> Document:
    on = LossGround(
        ground.sector,
        ground.lost,
        ground.policy.decimal("delta"),
        sector_loads_e6(ground.policy),
        frozenset(ground.results.cores),
        ground.name,
    )
    found = LossSums(on)
    for each in others:
        found.add(each)
    before = found.document()
    found.add(added)
    return {"core": core and _firm(ground, core), "before": before, "after": found.document()}


def _shares(
    resources: Resources, ground: EffectGround, borrowed: Borrowed, chain: Sequence[Row]
) -> list[Document]:
    records, now, firm, core = resources.records, resources.now(), borrowed.firm, borrowed.core
    by_firm = repository.lent_by_firm(records, now)
    groups = None
    with suppress(NoGroups):
        groups = groups_in(resources, ground.results)
    lent = BankLent(
        by_firm,
        [] if core is None else chain,
        accounts_of(records, [f"core:{core}"], now),
        groups,
        {each: ground.sector(each) for each in {*by_firm, firm}},
    )
    sector, group = ground.sector(firm), lent.group(firm)
    named: dict[str, tuple[str, str]] = {"firm": (firm, ground.name(firm))}
    if core is not None:
        named["core"] = (core, ground.name(core))
    named["sector"] = (sector, sector)
    if group is not None:
        named["group"] = (group, ground.name(group))
    named[BANK] = (BANK, BANK)
    rules = rules_on(resources, business_day(resources))
    return shares(named, borrowed, lent, ShareRules(rules, ground.policy))


def _point(ground: EffectGround, row: Mapping[str, str | None]) -> Document | None:
    if row["core"] is None:
        return None
    return point_of(ground.network, str(row["core"]), str(row["firm"]), ground.policy)


def _firm(ground: EffectGround, firm: str) -> Document:
    return {"id": firm, "name": ground.name(firm)}
