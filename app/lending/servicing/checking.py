"""
The checks of a draw, run again in its order: each with its code, its words and its figure.

What nobody knows yet, as the colour of a firm, says so; whether a draw may go on without it is the
policy's.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from app.books.errors import BookRefusal, LimitExceeded, RuleBroken
from app.books.ledger import Moving, excess
from app.books.ledger.figures import OPEN
from app.books.ledger.paths import path_of
from app.books.rules.pack import RulesInForce
from app.lending.applications.moves import Row
from app.lending.applications.tables import applications
from app.lending.contracts.tables import contracts, registrations
from app.lending.servicing.documents import documents_in
from app.lending.servicing.opening import TERMS_OF_DRAWS
from app.lending.servicing.tables import firm_accounts, loans
from app.platform.documents import Document
from app.policy import Policy

USE_FORBIDDEN, ENTRUSTED_FROM = "wc.use_forbidden", "draw.entrusted_payment_min"
LATE = ("overdue", "defaulted")
DAY_LIMITS = {"firm": "draw_day_firm_fen", "core": "draw_day_core_fen", "bank": "draw_day_bank_fen"}
CheckState = Literal["holds", "fails", "not_known", "not_asked"]


class DrawCheck(NamedTuple):
    """One check: whether it holds, in words, and the figure that it is about."""

    code: str
    state: CheckState
    zh: str
    en: str
    figure: str | None = None
    source: str = TERMS_OF_DRAWS

    def document(self) -> Document:
        """Return it as an answer holds it."""
        return {name: getattr(self, name) for name in ("code", "state", "zh", "en", "figure")}


class DrawAsked(NamedTuple):
    """What is drawn, to which account, and to whom it goes on from there, where that is told."""

    amount_fen: int
    account: str
    payee: str = ""


class DrawChecks(NamedTuple):
    """What a draw is checked against, inside its order."""

    moving: Moving
    row: Row
    reserved: Mapping[str, Any]
    asked: DrawAsked
    policy: Policy
    rules: RulesInForce

    def run(self) -> list[Document]:
        """
        Return all checks; each holds, or need not.

        Raises:
            LimitExceeded: An account of the path is frozen, closed or over.
            RuleBroken: Another check fails: its code is the rule. Both list all checks.
        """
        every = [*self._every()]
        told = [each.document() for each in every]
        for each in every:
            if each.state == "fails":
                refusal = self._refusal(each)
                refusal.further = {**refusal.further, "checks": told}
                raise refusal
        return told

    def _refusal(self, check: DrawCheck) -> BookRefusal:
        if check.code == "draw.limit":
            lacks = {"available_fen": 0, "asked_fen": self.reserved["left_fen"]}
            return LimitExceeded([{"account": each, **lacks} for each in self._shut()])
        return RuleBroken(check.code, check.source, zh=check.zh, en=check.en)

    def _every(self) -> Iterator[DrawCheck]:
        yield self._signature()
        yield self._account()
        yield self._amount()
        yield self._limit()
        yield from self._signals()
        yield from self._documents()
        yield from self._use_of_funds()
        yield from self._day_limits()

    def _signature(self) -> DrawCheck:
        row = self.moving.row(contracts, self.row["application"])
        if row is None:
            return DrawCheck(
                "draw.signature", "fails", "合同尚未签署", "the contract is not signed"
            )
        words = ("合同已签署", "the contract is signed")
        return DrawCheck("draw.signature", "holds", *words, row["signed_on"])

    def _account(self) -> DrawCheck:
        on_file = self.moving.row(firm_accounts, self.row["firm"])
        if on_file is None or on_file["account"] != self.asked.account:
            words = ("只能划至备案账户", "it is paid to the account on file alone")
            return DrawCheck("draw.account", "fails", *words)
        words = ("划至备案账户", "it is paid to the account on file")
        return DrawCheck("draw.account", "holds", *words, on_file["filed_on"])

    def _amount(self) -> DrawCheck:
        left, fen = self.row["offered_fen"] - self.row["drawn_fen"], self.asked.amount_fen
        words = (f"可提取 {left} 分", f"{left} fen may still be drawn")
        state: CheckState = "holds" if fen <= left else "fails"
        return DrawCheck("draw.amount", state, *words, str(left))

    def _limit(self) -> DrawCheck:
        shut = self._shut()
        if shut:
            words = ("额度账户冻结、关闭或超限", "accounts are frozen, closed or over")
            return DrawCheck("draw.limit", "fails", *words, str(len(shut)))
        words = ("额度账户均可用", "every account of the path is open")
        return DrawCheck("draw.limit", "holds", *words, str(len(path_of(self.reserved["path"]))))

    def _shut(self) -> list[str]:
        """Return the accounts of the path that are frozen, closed or over."""
        found = []
        for each in path_of(self.reserved["path"]):
            stands = self.moving.account(each.account)
            if stands is None or stands.figures.state != OPEN or excess(stands.figures) > 0:
                found.append(each.account)
        return found

    def _signals(self) -> Iterator[DrawCheck]:
        own, rule = loans.c, self.policy.rule("draw_overdue_loans")
        query = sa.select(sa.func.count()).where(own.firm == self.row["firm"], own.state.in_(LATE))
        late, most = int(self.moving.connection.scalar(query) or 0), self.policy.whole(rule.id)
        state: CheckState = "holds" if late <= most else "fails"
        words = (f"逾期贷款 {late} 笔，最多 {most} 笔", f"{late} loans are overdue, at most {most}")
        yield DrawCheck("draw.overdue", state, *words, str(late), rule.source)
        rule = self.policy.rule("draw_colour_required")
        state = "fails" if self.policy.flag(rule.id) else "not_known"
        words = ("预警颜色尚无", "no colour is known of the firm or its chain")
        yield DrawCheck("draw.colour", state, *words, None, rule.source)

    def _documents(self) -> Iterator[DrawCheck]:
        count = len(documents_in(path_of(self.reserved["path"])))
        if not count:
            words = ("不以单证为依据", "it stands on no document")
            yield DrawCheck("draw.documents", "not_asked", *words)
            yield DrawCheck("draw.registration", "not_asked", *words)
            return
        words = ("单证在手且未作他用", "the documents are held, and nothing else stands on them")
        yield DrawCheck("draw.documents", "holds", *words, str(count))
        row = self.moving.row(registrations, self.row["application"])
        if row is None:
            words = ("单证尚未登记", "the documents are not filed with the registry")
            yield DrawCheck("draw.registration", "fails", *words)
            return
        words = ("单证已登记", "the documents are filed with the registry")
        yield DrawCheck("draw.registration", "holds", *words, row["number"])

    def _use_of_funds(self) -> Iterator[DrawCheck]:
        purpose, rule = self.row["purpose"], self.rules.held.get(USE_FORBIDDEN)
        words = ("贷款用途已申报，非禁止用途", "what it is for is told, and nothing forbids it")
        if purpose:
            source = TERMS_OF_DRAWS if rule is None else rule.source
            yield DrawCheck("draw.purpose", "holds", *words, purpose, source)
        else:
            yield DrawCheck("draw.purpose", "not_known", "未申报用途", "nobody told what it is for")
        yield self._payee()

    def _payee(self) -> DrawCheck:
        """Return whether who is paid in the end is named, where the bank pays them itself."""
        payee, least = self.asked.payee, self.rules.fen(ENTRUSTED_FROM)
        if least is None or self.asked.amount_fen < least:
            words = ("无须受托支付", "no payee has to be named")
            return DrawCheck("draw.payee", "not_asked", *words, payee or None)
        rule = self.rules.held[ENTRUSTED_FROM]
        if payee:
            words = ("受托支付，收款人已申报", "it is paid on to the payee, who is named")
            return DrawCheck("draw.payee", "holds", *words, payee, rule.source)
        words = (
            f"{least} 分起受托支付，须申报收款人",
            f"from {least} fen on it is paid on to a payee, who must be named",
        )
        state: CheckState = "fails" if rule.action == "refuse" else "not_known"
        return DrawCheck("draw.payee", state, *words, str(least), rule.source)

    def _day_limits(self) -> Iterator[DrawCheck]:
        drawn = self._drawn_today()
        for by, name in DAY_LIMITS.items():
            if by == "core" and self.row["core"] is None:
                continue
            most, fen = self.policy.whole(name), drawn[by] + self.asked.amount_fen
            words = (
                f"当日提款 {fen} 分，上限 {most} 分",
                f"{fen} fen are drawn on the day, at most {most}",
            )
            state: CheckState = "holds" if fen <= most else "fails"
            source = self.policy.rule(name).source
            yield DrawCheck(f"draw.day_{by}", state, *words, str(fen), source)

    def _drawn_today(self) -> Mapping[str, int]:
        """Return what firm, core and bank have drawn today, and what is being paid out."""
        own, waits = loans.c, applications.c
        today = sa.select(own.firm, own.core, own.amount_fen.label("fen")).where(
            own.drawn_on == self.moving.day_text
        )
        paying = sa.select(
            waits.firm, waits.core, (waits.offered_fen - waits.drawn_fen).label("fen")
        ).where(waits.state == "drawing")
        every = sa.union_all(today, paying).subquery().c
        sums = {"firm": every.firm == self.row["firm"], "core": every.core == self.row["core"]}
        columns = [
            *(sa.func.sum(sa.case((which, every.fen), else_=0)) for which in sums.values()),
            sa.func.sum(every.fen),
        ]
        found = self.moving.connection.execute(sa.select(*columns)).one()
        return {by: int(fen or 0) for by, fen in zip(DAY_LIMITS, found, strict=True)}
