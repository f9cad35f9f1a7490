"""What of each cap a loan takes: the bank's book, the firm, its core, group and sector."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from app.books.ledger.known import Row
from app.books.ledger.reading import AccountSeen
from app.books.rules import RulesInForce
from app.chain.groups.stored import Connected
from app.platform.documents import Document
from app.policy import Policy
from app.risk.exposures.caps import By, ExposureCap, caps_of
from app.risk.exposures.service import CappedExposure
from app.risk.exposures.sums import ExposureSum, summed_by_core

BANK = "bank"
BOOK_CAP = "book_cap_fen"


@dataclass(frozen=True, slots=True)
class Borrowed:
    """
    What a firm would borrow, and what of it is in the book already.

    Args:
        firm: The firm.
        core: In whose chain; None: in none.
        by_document: Whether documents carry it.
        own_fen: What is lent and promised of it now.
        amount_fen: What would be, in its place.
    """

    firm: str
    core: str | None
    by_document: bool
    own_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class BankLent:
    """
    What is lent and promised now.

    Args:
        by_firm: To each firm.
        of_core: Uses in the chain of the core.
        accounts: The account of the core, where there is one.
        groups: The groups of the run; None where it looked for none.
        sectors: The sector of each firm that is lent to.
    """

    by_firm: Mapping[str, int]
    of_core: Sequence[Row]
    accounts: Sequence[AccountSeen]
    groups: Connected | None
    sectors: Mapping[str, str]

    def group(self, firm: str) -> str | None:
        """Return the group of a firm; None where it stands alone."""
        return None if self.groups is None else self.groups.of(firm)

    def total(self, by: str, borrowed: Borrowed) -> int:
        """Return what is lent and promised where the firm counts."""
        if by == BANK:
            return sum(self.by_firm.values())
        if by == "firm":
            return self.by_firm.get(borrowed.firm, 0)
        if by == "core":
            found = summed_by_core(self.of_core, self.accounts).get(borrowed.core or "")
            return 0 if found is None else found.exposure_fen
        key = self.group if by == "group" else self.sectors.get
        own = key(borrowed.firm)
        return sum(fen for firm, fen in self.by_firm.items() if key(firm) == own)


@dataclass(frozen=True, slots=True)
class ShareRules:
    """By what shares are judged on the business day."""

    rules: RulesInForce
    policy: Policy

    def caps(self, by: str) -> Sequence[ExposureCap]:
        """Return the caps of one kind, the tightest first; of the book its own."""
        kinds: Mapping[str, By] = {each: each for each in ("core", "firm", "group", "sector")}
        if by in kinds:
            return caps_of(kinds[by], self.rules, self.policy)
        rule = self.policy.rule(BOOK_CAP)
        cap = ExposureCap(rule.id, rule.source, "1", "book", self.policy.whole(rule.id))
        return [cap]


def shares(
    named: Mapping[str, tuple[str, str]], borrowed: Borrowed, lent: BankLent, rules: ShareRules
) -> list[Document]:
    """
    Return what of each cap is taken before and after.

    What documents carry is in a core's exposure since they were confirmed or issued, so that
    lending on them adds nothing there.

    Args:
        named: Id and name of the core, firm, group, sector and the bank, as far as there is one.
        borrowed: What would be borrowed.
        lent: What is lent and promised now.
        rules: By what shares are judged.
    """
    return [_share(by, told, borrowed, lent, rules) for by, told in named.items()]


def _share(
    by: str, told: tuple[str, str], borrowed: Borrowed, lent: BankLent, rules: ShareRules
) -> Document:
    counts = not (by == "core" and borrowed.by_document)
    now, caps, near = lent.total(by, borrowed), rules.caps(by), rules.policy.decimal("near_share")
    before = now - (borrowed.own_fen if counts else 0)
    after = before + (borrowed.amount_fen if counts else 0)
    then, later = (
        CappedExposure(*told, ExposureSum(posted_fen=fen), caps, near) for fen in (before, after)
    )
    return {
        "by": by,
        "id": told[0],
        "name": told[1],
        "before_fen": before,
        "after_fen": after,
        "cap_fen": then.cap_fen,
        "share_before": _text(then),
        "share_after": _text(later),
        "state_before": then.state,
        "state_after": later.state,
        "caps": [asdict(cap) for cap in caps],
    }


def _text(exposure: CappedExposure) -> str | None:
    return None if exposure.share is None else f"{exposure.share.normalize():f}"
