"""Exposures beside their caps, as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_DOWN, Decimal

from app.books.business_day.service import business_day
from app.books.ledger.known import Row
from app.books.ledger.reading import AccountsAsked, accounts_after, live_uses
from app.books.rules.service import rules_on
from app.chain.groups.service import groups_in
from app.chain.limits.shown import Shown
from app.data.versions.service import policy_of
from app.platform.deps import Resources
from app.platform.documents import Document
from app.risk.exposures.caps import By, ExposureCap, caps_of
from app.risk.exposures.sums import ExposureSum, summed, summed_by_core

OVER, NEAR, INSIDE = "over", "near", "inside"
STATES = (OVER, NEAR, INSIDE)
PLACES = Decimal("1e-12")
UNKNOWN = "-"  # A sector that nobody has told.


@dataclass(frozen=True, slots=True)
class CappedExposure:
    """One exposure beside its caps, the tightest first; without a cap it is inside."""

    id: str
    name: str
    total: ExposureSum
    caps: Sequence[ExposureCap]
    near: Decimal

    @property
    def cap_fen(self) -> int | None:
        """Return the tightest cap; None where there is none."""
        return self.caps[0].cap_fen if self.caps else None

    @property
    def share(self) -> Decimal | None:
        """Return what it is of the tightest cap, at 12 places; None without one above nothing."""
        if not self.cap_fen:
            return None
        share = Decimal(self.total.exposure_fen) / self.cap_fen
        return share.quantize(PLACES, ROUND_DOWN)

    @property
    def state(self) -> str:
        """Return whether it is over its tightest cap, near it, or well inside."""
        if self.cap_fen is None:
            return INSIDE
        amount = self.total.exposure_fen
        if amount > self.cap_fen:
            return OVER
        return NEAR if amount >= self.near * self.cap_fen and amount else INSIDE

    def document(self) -> Document:
        """Return it as an answer holds it."""
        return {
            "id": self.id,
            "name": self.name,
            "posted_fen": self.total.posted_fen,
            "pending_fen": self.total.pending_fen,
            "documents_fen": self.total.documents_fen,
            "exposure_fen": self.total.exposure_fen,
            "cap_fen": self.cap_fen,
            "share": None if self.share is None else f"{self.share.normalize():f}",
            "state": self.state,
            "caps": [asdict(cap) for cap in self.caps],
        }


def exposures(resources: Resources, results: Shown, by: By) -> Sequence[CappedExposure]:
    """
    Return what is lent and promised by one thing, in order of ids; what is nothing is left out.

    Args:
        resources: What this process has open.
        results: The run whose firms and groups name them, the bank's to see.
        by: What it is summed by.

    Raises:
        Absent: No version is published yet, or the run looked for no groups.
    """
    day = business_day(resources)
    policy = policy_of(resources, day)
    caps, near = caps_of(by, rules_on(resources, day), policy), policy.decimal("near_share")
    totals = _totals(resources, results, by)
    return [
        CappedExposure(name, _name(results, by, name), totals[name], caps, near)
        for name in sorted(totals)
        if totals[name].exposure_fen
    ]


def _name(results: Shown, by: By, name: str) -> str:
    if by in {"core", "firm", "group"} and results.knows(name):
        return results.name(name)
    return name


def _totals(resources: Resources, results: Shown, by: By) -> Mapping[str, ExposureSum]:
    records, now = resources.records, resources.now()
    if by == "core":
        cores = accounts_after(records, AccountsAsked(layer="core"), now)
        return summed_by_core(live_uses(records, now), cores)
    if by == "group":
        groups = groups_in(resources, results)
        return summed(live_uses(records, now), lambda use: groups.of(use["firm"]))
    if by == "sector":
        sectors = _sectors(resources, results)
        return summed(live_uses(records, now), lambda use: sectors.get(use["firm"]) or UNKNOWN)
    return summed(live_uses(records, now), lambda use: _plain(use, by))


def _plain(use: Row, by: By) -> str:
    return str(use[by])


def _sectors(resources: Resources, results: Shown) -> Mapping[str, str | None]:
    reader = resources.store.reader(results.head.version)
    rows = reader.columns("firms", ["firm", "sector"])
    return dict(zip(rows["firm"].to_pylist(), rows["sector"].to_pylist(), strict=True))
