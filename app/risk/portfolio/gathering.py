"""A lending problem from what the bank has: candidates, every cap over them, scenarios."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.lending.products.book import Product
from app.policy import Policy
from app.risk.portfolio.candidates import LoanCandidate, candidates, readable
from app.risk.portfolio.gains import Gains, PayerKnown, given_up, in_e12
from app.risk.portfolio.losses import CarriedRisk, StressLosses
from app.risk.portfolio.standing import UNKNOWN, BankStanding, Lent
from graph.portfolio import E12, Caps, Entries, Lendable, LendingProblem


@dataclass(frozen=True, slots=True)
class CapLine:
    """One cap: its kind, what it is called, and what is left of it."""

    kind: str
    name: str
    room_fen: int


@dataclass(slots=True)
class CapLines:
    """Caps with those who count in them, as they are gathered."""

    lines: list[CapLine] = field(default_factory=list)
    entries: list[tuple[int, int, int]] = field(default_factory=list)
    _place: dict[str, int] = field(default_factory=dict)

    def count(self, line: CapLine, candidate: int, weight_e12: int = E12) -> None:
        """Count a candidate in a cap, which is made where it is not there."""
        if line.name not in self._place:
            self._place[line.name] = len(self.lines)
            self.lines.append(line)
        if weight_e12:
            self.entries.append((self._place[line.name], candidate, weight_e12))

    def caps(self) -> Caps:
        """Return them as columns."""
        columns = np.array(self.entries, np.int64).reshape(-1, 3)
        rooms = np.array([line.room_fen for line in self.lines], np.int64)
        return Caps(rooms, Entries(columns[:, 0], columns[:, 1], columns[:, 2]))


@dataclass(frozen=True, slots=True)
class Appetite:
    """What the bank wants to lend at most, by its policy and by whoever asks."""

    policy: Policy
    sector_cap_fen: int
    budget_fen: int | None

    @property
    def book_fen(self) -> int:
        """Return what the book may hold."""
        return self.policy.whole("book_cap_fen")


class Capping:
    """
    The caps over candidates: accounts of the book, exposures, and what the bank wants to risk.

    Args:
        standing: What the bank could lend and has lent.
        appetite: What it wants to lend at most.
        lent: What is lent already, which takes room of what is no account.
    """

    def __init__(
        self, standing: BankStanding, appetite: Appetite, lent: Sequence[CarriedRisk]
    ) -> None:
        self._standing = standing
        self._kappa = in_e12(appetite.policy.decimal("kappa_relation"))
        self._own = _of_the_bank(appetite, lent)
        self._sector_cap_fen, self._by_sector = appetite.sector_cap_fen, dict[str, int]()
        for each in lent:
            sector = self._sector(each.firm)
            self._by_sector[sector] = self._by_sector.get(sector, 0) + each.amount_fen

    def lines_of(self, candidate: LoanCandidate) -> Iterator[tuple[CapLine, int]]:
        """Yield every cap that a candidate counts in, and at what weight."""
        core, firm = candidate.core, candidate.firm
        yield self._account("bank", "bank")
        group = self._standing.groups.of(firm)
        if group is not None:
            yield self._account("group", f"group:{group}")
        yield self._account("firm", f"firm:{firm}")
        yield self._account("chain", f"chain:{core}:{firm}")
        if candidate.by_document:  # It took its room of the core when it was confirmed or issued.
            room = self._standing.documents.get((core, firm), 0)
            yield CapLine("document", f"documents:{core}:{firm}", room), E12
        else:
            yield self._account("core", f"core:{core}", self._kappa)
            yield self._account("relation", f"relation:{core}:{firm}")
        product = f"product:{candidate.product.terms.id}"
        if product in self._standing.rooms["product"]:
            yield self._account("product", product)
        sector = self._sector(firm)
        room = max(0, self._sector_cap_fen - self._by_sector.get(sector, 0))
        yield CapLine("sector", f"sector:{sector}", room), E12
        weights = (E12, candidate.gain.expected_e12, candidate.gain.capital_e12)
        yield from zip(self._own, weights, strict=False)

    def _account(self, layer: str, name: str, weight_e12: int = E12) -> tuple[CapLine, int]:
        return CapLine(layer, name, self._standing.rooms[layer].get(name, 0)), weight_e12

    def _sector(self, firm: str) -> str:
        return self._standing.sectors.get(firm, UNKNOWN)


def _of_the_bank(appetite: Appetite, lent: Sequence[CarriedRisk]) -> Sequence[CapLine]:
    """Return the caps of what is proposed, of expected loss and of capital, less what is taken."""
    policy, book = appetite.policy, appetite.book_fen
    loss = sum(each.amount_fen * each.gain.expected_e12 for each in lent)
    capital = sum(each.amount_fen * each.gain.capital_e12 for each in lent)
    most = (
        int(policy.decimal("portfolio_loss_share") * book),
        int(policy.decimal("portfolio_capital_share") * policy.whole("tier1_net_fen")),
    )
    rooms = [
        max(0, cap - -(-taken // E12)) for cap, taken in zip(most, (loss, capital), strict=True)
    ]
    budget = book if appetite.budget_fen is None else appetite.budget_fen
    names = ("budget", "expected_loss", "capital")
    return [CapLine(name, name, room) for name, room in zip(names, (budget, *rooms), strict=True)]


@dataclass(frozen=True, slots=True)
class GatheredProblem:
    """A problem, and what its candidates, caps and scenarios are."""

    problem: LendingProblem
    candidates: Sequence[LoanCandidate]
    lines: Sequence[CapLine]
    scenarios: Sequence[str]
    left_out: Sequence[str]  # Products that ask for what is not read here.


def gathered(
    standing: BankStanding, products: Sequence[Product], appetite: Appetite
) -> GatheredProblem:
    """
    Return the problem of what to lend.

    Args:
        standing: What the bank could lend and has lent.
        products: Those in force.
        appetite: What it wants to lend at most.
    """
    policy, gains = appetite.policy, Gains(appetite.policy)
    wanted, other = readable(products)
    found = candidates(standing, wanted, policy, gains)
    known = standing.payers.get
    lent = [carried(each, known(each.payer), products, gains, policy) for each in standing.lent]
    lines, capping = CapLines(), Capping(standing, appetite, lent)
    for at, candidate in enumerate(found):
        for line, weight in capping.lines_of(candidate):
            lines.count(line, at, weight)
    losses = StressLosses(standing, policy, appetite.book_fen)
    tail = losses.tail([CarriedRisk(each.payer, each.firm, each.gain, 0) for each in found], lent)
    lendable = Lendable(
        np.array([each.gain.gain_e12 for each in found], np.int64),
        np.array([each.cap_fen for each in found], np.int64),
        np.array([each.product.terms.amount_floor_fen for each in found], np.int64),
    )
    problem = LendingProblem(lendable, lines.caps(), tail)
    return GatheredProblem(
        problem, found, lines.lines, losses.names, [each.terms.id for each in other]
    )


def carried(
    lent: Lent,
    payer: PayerKnown | None,
    products: Sequence[Product],
    gains: Gains,
    policy: Policy,
) -> CarriedRisk:
    """
    Return the risk of what is lent already; by a product that is no more, as another on its path.

    Args:
        lent: What is lent.
        payer: What is known of whose credit carries it; None: nothing.
        products: Those in force.
        gains: What a fen lent earns and loses.
        policy: The policy in force.
    """
    path = "documents" if lent.by_document else "relation"
    like = [each for each in products if each.terms.path == path]
    product = next((each for each in products if each.terms.id == lent.product), None)
    gain = None
    if payer is not None and (product or like):
        gain = gains.of(product or like[0], payer)
    lgd = policy.table("price_lgd")[path]
    return CarriedRisk(lent.payer, lent.firm, gain or given_up(lgd), lent.amount_fen)
