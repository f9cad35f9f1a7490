"""Who could be lent what: core, firm and product, at what gain, and how much at most."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.lending.products.book import Product
from app.lending.products.forms import WhoEntry
from app.lending.products.service import amount_cap
from app.policy import Policy
from app.risk.portfolio.gains import Gain, Gains
from app.risk.portfolio.standing import BankStanding, MemberKnown

# What a product may ask that a run has beside each firm of a chain; nothing else is read here.
LEAVES: Mapping[str, Callable[[MemberKnown], int]] = {
    "held": lambda member: member.held_fen,
    "base": lambda member: member.base_fen,
}
COMPARED: Mapping[str, Callable[[int, int], bool]] = {
    ">=": lambda found, asked: found >= asked,
    ">": lambda found, asked: found > asked,
    "<=": lambda found, asked: found <= asked,
    "<": lambda found, asked: found < asked,
    "=": lambda found, asked: found == asked,
}


@dataclass(frozen=True, slots=True)
class LoanCandidate:
    """
    One firm that could be lent by one product on one core's chain.

    `most_fen` is what its own accounts and the product leave, `cap_fen` what the product does: the
    accounts are caps of their own, so that more of one has its price.
    """

    core: str
    firm: str
    product: Product
    most_fen: int
    cap_fen: int
    gain: Gain

    @property
    def by_document(self) -> bool:
        """Return whether documents of the core carry it."""
        return self.product.terms.path == "documents"

    @property
    def payer(self) -> str:
        """Return whose credit carries it."""
        return self.core if self.by_document else self.firm


def readable(products: Sequence[Product]) -> tuple[list[Product], list[Product]]:
    """Return the products whose requirements are read here, and those left out."""
    found: tuple[list[Product], list[Product]] = ([], [])
    for product in products:
        asks = all(each.leaf in LEAVES for each in product.terms.who)
        found[not (asks and product.terms.path != "own")].append(product)
    return found


def candidates(
    standing: BankStanding, products: Sequence[Product], policy: Policy, gains: Gains
) -> list[LoanCandidate]:
    """Return everybody who could be lent something, by core, firm and product."""
    found = []
    for core, firm in sorted(standing.members):
        member = standing.members[core, firm]
        for product in products:
            cap = amount_cap(product.terms, policy)
            most = min(_most(standing, product, core, firm), cap)
            if most < product.terms.amount_floor_fen or not _asked(product.terms.who, member):
                continue
            payer = standing.payers.get(core if product.terms.path == "documents" else firm)
            gain = gains.of(product, payer) if payer is not None else None
            if gain is not None and gain.pays and gain.chance <= product.terms.pd_max:
                found.append(LoanCandidate(core, firm, product, most, cap, gain))
    return found


def _most(standing: BankStanding, product: Product, core: str, firm: str) -> int:
    """Return what its own accounts leave a firm in a chain for a product."""
    rooms, pair = standing.rooms, f"{core}:{firm}"
    chain = rooms["chain"].get(f"chain:{pair}", 0)
    if product.terms.path == "documents":
        return min(chain, standing.documents.get((core, firm), 0))
    return min(chain, rooms["relation"].get(f"relation:{pair}", 0))


def _asked(who: Sequence[WhoEntry], member: MemberKnown) -> bool:
    """Return whether a firm has what a product asks for."""
    return all(COMPARED[each.op](LEAVES[each.leaf](member), each.value) for each in who)
