"""Asking: assessed at once by a decision, which is kept in one order with what it offers."""

import json
from collections.abc import Callable

from app.books.errors import LimitExceeded
from app.books.ledger import BookMovedOn, Moving, Plain, Reads, Reply, ask_prepared, ledger_of
from app.books.ledger.answering import Asker
from app.books.ledger.tables import uses
from app.chain.receivables.acts import Debt
from app.chain.uses.financing import check_holdable
from app.lending.applications.moves import Row, begin, move
from app.lending.applications.shown import document
from app.lending.applications.tables import applications
from app.lending.applications.terms import LendingTerms, terms_of
from app.lending.decisions import service as decisions
from app.lending.decisions.forms import APPROVED, DECLINED, Asked, Decided
from app.lending.decisions.keeping import keep
from app.platform.auth.sight import sight_of
from app.platform.deps import Resources
from app.platform.events import canonical

CREATED = 201
ID_BYTES = 10
ANEW_MAX = 2  # Times that what lacks by then is decided on anew, before the lack is told.


def new_id(resources: Resources) -> str:
    """Return a name that nobody guesses: made before the order, so that a retry keeps it."""
    return resources.new_name(ID_BYTES)


def apply(resources: Resources, asker: Asker, asked: Asked) -> Reply:
    """
    Return a new application with its decision: approved, referred or declined.

    Raises:
        Absent: There is no such product, firm or core.
        RuleBroken: It is outside the product, or too many are open.
        BookRefusal: A document cannot be lent on.
    """
    name, use, sight = new_id(resources), new_id(resources), sight_of(asker.who)
    needs = Reads(rows={applications: [name], uses: [use]})

    def work(debt: Debt, terms: LendingTerms, decided: Decided) -> Reply:
        """Return the application as who asked reads it."""
        terms.check_open(debt.moving, asked.firm)
        if asked.core is not None:
            documents = [each.account for each in asked.documents]
            check_holdable(debt, documents, core=asked.core, firm=asked.firm)
        row = begin(debt.moving, _draft(name, asked, asker))
        row = move(debt.moving, row, "screening")
        row = assessed(debt, terms, move(debt.moving, row, "assessing"), decided, use)
        return Reply.of(CREATED, document(row, debt.moving.day_text, sight))

    return asked_with(resources, asker, asked, needs, work)


def asked_with(
    resources: Resources,
    asker: Asker,
    asked: Asked,
    needs: Reads,
    work: Callable[[Debt, LendingTerms, Decided], Reply],
    *,
    without: str | None = None,
) -> Reply:
    """
    Return the answer to an order that needs a decision, made before the lock of the book.

    Where an account lacks by then what the decision has found there, it is decided anew.

    Args:
        resources: What the process has open.
        asker: Who asks.
        asked: On what is decided.
        needs: What the order reads.
        work: The order.
        without: The reservation that it holds already, and gives back.
    """
    tries, sight = 0, sight_of(asker.who)

    def prepare() -> Plain:
        """Return the order with a decision of now."""
        nonlocal tries
        tries += 1
        terms = terms_of(resources, asked.product, asked.firm)
        decided = decisions.decide(resources, asked, sight, without=without)

        def ordered(moving: Moving) -> Reply:
            """Return the answer."""
            terms.check(moving)
            try:
                return work(Debt(moving, terms.files, None), terms, decided)
            except LimitExceeded as lacking:
                if tries > ANEW_MAX:
                    raise
                raise BookMovedOn(str(lacking), again_seconds=1) from lacking

        return Plain(needs, ordered, asker.key, asker.actor)

    return ask_prepared(ledger_of(resources).ask, prepare)


def assessed(
    debt: Debt,
    terms: LendingTerms,
    row: Row,
    decided: Decided,
    use: str,
    *,
    by_people: bool = False,
) -> Row:
    """
    Keep a decision on an application that is assessed; return its row.

    Args:
        debt: Receivables as the order finds them.
        terms: By what it is judged.
        row: The application.
        decided: The decision.
        use: The name of the reservation, where it is approved.
        by_people: Whether people decide, also where the machine would.
    """
    decision = decided.decision
    changes = {
        "decision": canonical(decision.document()),
        "hands": decision.authority,
        "level": decision.level,
        "recommended": "",
        "votes": "[]",
    }
    keep(debt.moving, decided, row["application"])
    told = {"decision": decision.id, "amount_fen": decision.amount_fen, "rate": decision.rate}
    moving = debt.moving
    if decision.outcome == DECLINED:
        return move(moving, row, "declined", changes=changes, told=told)
    if decision.outcome != APPROVED or decision.rate is None or by_people:
        return move(moving, row, "referred", changes=changes, told=told)
    offered = (decision.amount_fen, decision.rate)
    changes |= terms.offer(debt, row, use, offered)
    return move(moving, row, "approved", changes=changes, told=told)


def _draft(name: str, asked: Asked, asker: Asker) -> Row:
    told = asked.document()
    return {
        "application": name,
        "state": "draft",
        **{key: told[key] for key in ("firm", "core", "product", "programme", "purpose")},
        **{key: told[key] for key in ("amount_fen", "tenor_days", "tenor_months", "repayment")},
        "documents": canonical(told["documents"]),
        "documents_due": "",
        "maker": asker.actor,
        "decision": "",
        "hands": "machine",
        "level": None,
        "use": None,
        "offered_fen": 0,
        "drawn_fen": 0,
        "rate": "",
        "offer_until": "",
        "recommended": "",
        "votes": "[]",
    }


def asked_of(row: Row) -> Asked:
    """Return what an application asks for."""
    names = Asked._fields
    return Asked.of(
        {name: row[name] for name in names} | {"documents": json.loads(row["documents"])}
    )
