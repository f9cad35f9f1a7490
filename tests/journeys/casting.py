"""Who plays in the stories on a bank that was not made for them, as an officer of it finds out."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.journeys.by_api import ByApi
from tests.journeys.people import Asked, Login
from tests.journeys.stories import FACE_FEN, LARGE_FEN, SMALL_FEN, Cast, can_follow

LOOKED_AT = 40
VOUCHER_DAYS, LENT_DAYS = 60, 30
LENT_FEN, ASKED_FEN = 500_000, 100_000
SignUp = Callable[[str], Login]
Row = dict[str, Any]


class Casting(NamedTuple):
    """A bank, seen by an officer of it; `sign_up` gives who signs in for a supplier."""

    officer: ByApi
    logins: list[Login]
    sign_up: SignUp

    def cast(self) -> Cast:
        """Return who plays, those first who sign in already."""
        core = next(each for each in self.logins if each.role == "core")
        head = [each for each in self.logins if each.role == "officer"]
        found = self.officer.get(f"/chains/{core.firm}/limits?direction=up&size=1000")["firms"]
        listed = [each for each in found if each["absent"] is None]
        listed.sort(key=lambda each: -each["limit_fen"])
        first = [each["id"] for each in listed if each["tier"] == 1]
        chain = next(self._chains(core.firm, listed))
        declined, taken_fen = next(self._declined(core.firm, first))
        others = [each for each in listed if each["id"] != declined]
        supplier, payable = next(self._moving(core.firm, others, taken_fen))
        trade, borrower = next(self._borrowers(core.firm))
        day = dt.date.fromisoformat(self.officer.get("/business-day")["date"])
        return Cast(
            core=core,
            supplier=self.sign_up(supplier),
            chain=[self.sign_up(each) for each in chain],
            borrower=self.sign_up(borrower),
            trade=trade,
            declined=self.sign_up(declined),
            officers=head[:2],
            payable=payable,
            due_on=(day + dt.timedelta(days=VOUCHER_DAYS)).isoformat(),
            lent_fen=LENT_FEN,
            asked_fen=ASKED_FEN,
        )

    def _known(self, firms: list[str]) -> list[str]:
        """Return firms, those first who sign in already."""
        own = {each.firm for each in self.logins}
        return sorted(firms, key=lambda each: each not in own)

    def _chains(self, core: str, listed: list[Row]) -> Iterator[tuple[str, str, str]]:
        """Yield three tiers of which the last holds nothing, and is told who passes it what."""
        tiers = {each["id"]: each["tier"] for each in listed}
        thirds = [each["id"] for each in listed if each["tier"] == 3]
        for third in self._known(thirds):
            asked = Asked(core, "document-finance", LENT_FEN, days=LENT_DAYS)
            told = self.officer.quote(asked, third)
            if told is None or "document.held" not in told.reasons:
                continue
            for act, second in (each.steps[0] for each in told.ways):
                if act == "pass" and tiers.get(second) == 2:
                    trades = self.officer.get(f"/firms/{second}/trades?size=1000")["items"]
                    buyers = [str(each["buyer"]) for each in trades]
                    first = [each for each in self._known(buyers) if tiers.get(each) == 1]
                    yield from ((each, second, third) for each in first[:1])

    def _moving(self, core: str, listed: list[Row], taken_fen: int) -> Iterator[tuple[str, str]]:
        """Yield whose limit rises when a receivable is confirmed, and that one; the least first."""
        path = f"/receivables?debtor={core}&state=open&size=1000"
        day = self.officer.get("/business-day")["date"]
        most = self.officer.get(f"/accounts/core:{core}")["available_fen"]
        papers = [row for row in self.officer.get(path)["items"] if row["due_on"] > day]
        papers = [row for row in papers if row["amount_fen"] <= most - taken_fen]
        firms = {e["id"] for e in listed if e["tier"] == 1 and e["binding"] == "funding"}
        for row in sorted(papers, key=lambda row: row["amount_fen"]):
            if row["creditor"] in firms:
                yield row["creditor"], row["number"]

    def _borrowers(self, core: str) -> Iterator[tuple[str, str]]:
        """Yield who is lent a little on trade by the machine, and much by two people."""
        others = [each["id"] for each in self.officer.get("/cores?size=1000")["items"]]
        for chain in dict.fromkeys([core, *others[:LOOKED_AT]]):
            found = self.officer.get(f"/chains/{chain}/limits?direction=up&size=1000")["firms"]
            firms = [each["id"] for each in found if (each["limit_fen"] or 0) >= LARGE_FEN]
            for firm in self._known(firms)[:LOOKED_AT]:
                little, much = (
                    self.officer.quote(Asked(chain, "data-credit", fen, days=90), firm)
                    for fen in (SMALL_FEN, LARGE_FEN)
                )
                if not little or not much or little.outcome != "approved":
                    continue
                if much.outcome == "referred" and "authority.two" in much.reasons:
                    yield chain, firm

    def _declined(self, core: str, firms: list[str]) -> Iterator[tuple[str, int]]:
        """Yield who is declined and told what the core can do, and how much that takes of it."""
        path = f"/receivables?debtor={core}&state=open&size=1000"
        papers = sorted(self.officer.get(path)["items"], key=lambda each: each["amount_fen"])
        least = {each["creditor"]: int(each["amount_fen"]) for each in reversed(papers)}
        asked = Asked(core, "document-finance", ASKED_FEN, days=LENT_DAYS)
        for firm in self._known([each for each in reversed(least) if each in firms]):
            told = self.officer.quote(asked, firm)
            if told and any(can_follow(each, core) for each in told.ways):
                yield firm, least[firm] + 3 * FACE_FEN  # Vouchers too.
