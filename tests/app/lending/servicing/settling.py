"""Vouchers with loans on their parts, settled and repaid by processes until they are killed."""

import contextlib
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from app.books.errors import BookRefusal
from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Element,
    Identity,
    Key,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    documents,
    ledger_of,
    operations,
)
from app.chain.receivables.acts import Debt
from app.chain.uses.financing import hold
from app.chain.vouchers import acts, endings
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.tables import vouchers
from app.lending.loans.loan import Payment
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.lender import LoansOnDocuments
from app.lending.servicing.opening import LoanOrder, open_loan
from app.lending.servicing.rows import standing
from app.lending.servicing.tables import loan_documents, loans
from app.lending.servicing.values import values_today
from app.platform.deps import Resources
from app.platform.events.tables import events
from app.platform.records import Records
from tests.app.books.ledger.killing import Session, by_keys
from tests.app.chain.vouchers.killing import DAY, FACE, FILES, RULES, TIERS_MAX, astray, issue
from tests.app.lending.servicing.killing import ACCOUNT, FED, PLENTY, OnLoans
from tests.app.lending.servicing.lent import terms

PARTS = (FACE // 4, FACE - FACE // 4)
LENT = FACE * 4 // 5


class SettlingSession:
    """Settles vouchers, and pays on the loans on them before and after."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def plan(self, name: str) -> Iterator[str]:
        """Yield what is done to the vouchers of a turn, over and over."""
        turn, _, number = name.split("-")
        for count in itertools.count():
            of = f"{turn}-{count % FED}"
            yield f"pay {of} {name}-{count} {1 + count % 500}"
            if count % 4 == int(number):
                yield f"settle {of} {name}-{count}"

    def answer(self, asked: str) -> str:
        """Return where the fen went, or that it is settled, or why not."""
        what, of, _, *more = asked.split()
        values = values_today(self.resources)
        lender = LoansOnDocuments(self.resources, values)

        def decided(moving: Moving) -> Reply:
            """Return what came of it."""
            if what == "settle":
                acting = Acting(moving, f"X{of}", RULES, TIERS_MAX, 5, lender)
                endings.settle(acting, f"V{of}", Debt(moving, FILES, None))
                return Reply.of(200, {})
            lending = LoanActing(moving, values)
            payment = Payment(values.day, int(more[0]), prepay=True)
            return Reply.of(200, lending.act(lending.found(f"L{of}"), payment).told)

        own = Key("p", asked, asked)
        try:
            return ledger_of(self.resources).ask(Plain(Reads(), decided, own, "p")).text
        except BookRefusal as refused:
            return f"refused {refused.code}"


def _feed(ledger: AccountLedger, resources: Resources, of: str) -> None:
    """Issue a voucher, split it, finance both parts, and let it fall due: in one order."""
    values = values_today(resources)
    root, core, parts = f"V{of}", f"X{of}", [f"V{of}a", f"V{of}b"]
    named = [(f"voucher:{each}", fen) for each, fen in zip(parts, PARTS, strict=True)]
    totals = [AccountTotal(f"core:{core}", Identity("core", core), PLENTY)]
    totals += [
        AccountTotal(account, Identity("document", core, "A"), fen) for account, fen in named
    ]
    ledger.set_totals(totals, {"run": "r"})

    def decided(moving: Moving) -> Reply:
        """Return that it is there."""
        debt = Debt(moving, FILES, None)
        issue(root, core, DAY + dt.timedelta(days=1))(_acting(moving, core), debt)
        acts.accept(_acting(moving, "A"), root)
        acts.split(_acting(moving, "A"), root, PARTS, parts)
        hold(debt, [account for account, _ in named], core=core, firm="A")
        path = [Element("bank"), *documents(named)]
        operations.reserve(moving, UseOrder(f"U{of}", "A", "docs", path, LENT, core))
        agreed = terms(values.day, amount_fen=LENT)
        open_loan(moving, LoanOrder(f"L{of}", f"U{of}", agreed, ACCOUNT), values)
        return Reply.of(200, {})

    ledger.ask(Plain(Reads(), decided))

    def matured(moving: Moving) -> Reply:
        """Return that it is due, as a closed day makes it."""
        endings._mature(Debt(moving, FILES, None), root)
        return Reply.of(200, {})

    ledger.ask(Plain(Reads(), matured))


def _acting(moving: Moving, firm: str) -> Acting:
    return Acting(moving, firm, RULES, TIERS_MAX, 5)


@dataclass(frozen=True)
class Settlements(OnLoans):
    """Callers settle financed vouchers and pay on their loans beside each other."""

    def feed(self, url: str, turn: int) -> None:
        """Make the vouchers and loans of a turn."""
        with self.opened(url) as resources:
            for each in range(FED):
                _feed(ledger_of(resources), resources, f"{turn}-{each}")

    @contextlib.contextmanager
    def session(self, url: str) -> Iterator[Session]:
        """Yield what settles."""
        with self.opened(url) as resources:
            yield SettlingSession(resources)

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return what is lost or done twice, and fen that went neither to a loan nor remain."""
        settled = {each.split()[1] for each, told in answered.items() if told == "{}"}
        came: Counter[str] = Counter()
        for asked, told in answered.items():
            if asked.startswith("pay") and not told.startswith("refused"):
                came[f"L{asked.split()[1]}"] += int(asked.split()[3])
        with records.reading() as connection:
            found = sa.select(vouchers.c.voucher).where(
                vouchers.c.parent.is_(None), vouchers.c.state == "settled"
            )
            over = set(connection.scalars(found))
            papers = [dict(row) for row in connection.execute(sa.select(loan_documents)).mappings()]
            rows = [dict(row) for row in connection.execute(sa.select(loans)).mappings()]
            rests = sa.select(sa.func.count()).where(events.c.operation == "remainder")
            remainders = int(connection.scalar(rests) or 0)
        wrong = astray(records)
        wrong += len({f"V{of}" for of in settled} ^ over)
        for row in papers:
            face = PARTS[row["document"].endswith("b")]
            is_paid = row["state"] == "paid"
            wrong += is_paid and row["paid_fen"] + row["remainder_fen"] != face
            came[row["loan"]] += row["paid_fen"]
        wrong += remainders != sum(row["remainder_fen"] > 0 for row in papers)
        wrong += sum(standing(row).totals.paid.total != came[row["loan"]] for row in rows)
        done = {asked: told for asked, told in answered.items() if not told.startswith("refused")}
        asked = by_keys(records, answered)["never asked"]
        lost = by_keys(records, done)["lost"]  # What is refused leaves no event.
        return Counter({"lost": lost, "never asked": asked, "not as it should be": wrong})
