"""What an accepted offer says in a contract: who, what, at what price, due when."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from app.books.organisation.service import organisation_on
from app.books.rules import Rulebook
from app.chain.limits.papers import held_vouchers
from app.chain.receivables.tables import receivables
from app.chain.vouchers.tables import vouchers
from app.data.versions.service import policy_of
from app.lending.contracts import repository
from app.lending.contracts.forms import (
    AgreedTerms,
    ContractDocument,
    ContractFacts,
    Instalment,
    Language,
    Party,
)
from app.lending.contracts.wording import WITH_FEES, WITHOUT_FEES
from app.lending.decisions.repository import fees_kept
from app.lending.loans.bank import loan_rules
from app.lending.loans.effective import cost_of
from app.lending.loans.fees import FeeTerms
from app.lending.loans.terms import LoanTerms, proceeds_fen
from app.lending.products.book import ProductBook
from app.platform.auth.principals import HEAD
from app.platform.deps import Resources
from app.platform.errors import Absent
from graph.errors import NotFound
from graph.model import FirmId

BANK = "bank"  # The id of the bank as a party, and of who signs for it.
Row = Mapping[str, Any]


def facts_of(
    resources: Resources, application: Row, day: dt.date, language: Language
) -> ContractFacts:
    """
    Return the contract of an application with an offer.

    Args:
        resources: What the process has open.
        application: Its row.
        day: For which the rows to repay are worked out, as if all were drawn on it.
        language: In which the firm reads it.

    Raises:
        RuleBroken: `loan.terms`: what is offered is no loan.
        Absent: A document that it stands on is gone.
        Unready: No policy, rule or organisation can be used.
    """
    firm, core = application["firm"], application["core"]
    label = organisation_on(resources, day).units[HEAD].label
    names = _names(resources, [firm, core])
    decision = _decision(application)
    fees = fees_kept(resources.records, decision)
    return ContractFacts(
        template=WITH_FEES if fees else WITHOUT_FEES,
        language=language,
        application=application["application"],
        decision=decision,
        bank=Party(BANK, label.zh if language == "zh" else label.en),
        firm=Party(firm, names[firm]),
        core=None if core is None else Party(core, names[core]),
        terms=_terms(resources, application, (day, language), fees),
    )


def _decision(application: Row) -> str:
    """Return the id of the decision that an application rests on."""
    return str(json.loads(application["decision"])["id"])


def _names(resources: Resources, firms: list[str | None]) -> dict[str, str]:
    """Return what firms are called in the current version; its id where it knows one no more."""
    reader = resources.store.reader(resources.version().number)
    found = {}
    for firm in firms:
        if firm is not None:
            try:
                found[firm] = reader.firm(FirmId(firm)).name
            except NotFound:
                found[firm] = firm
    return found


def _terms(
    resources: Resources,
    application: Row,
    read: tuple[dt.date, Language],
    fees: tuple[FeeTerms, ...],
) -> AgreedTerms:
    day, language = read
    policy, folder = policy_of(resources, day), resources.settings.policy
    rules = loan_rules(policy, Rulebook(folder).on(day))
    terms = LoanTerms(
        *(application["offered_fen"], Decimal(application["rate"]), application["repayment"], day),
        *(application["tenor_days"], application["tenor_months"], None),
        day_base=policy.whole("day_base"),
        penalty_factor=policy.decimal("penalty_factor"),
        grace_days=policy.whole("grace_days"),
        fees=fees,
    )
    cost = cost_of(terms, rules)
    return AgreedTerms(
        product=_product(resources, application, language),
        amount_fen=terms.amount_fen,
        proceeds_fen=proceeds_fen(terms, rules.days_off),
        rate=application["rate"],
        day_base=terms.day_base,
        penalty_factor=format(terms.penalty_factor, "f"),
        tenor_days=application["tenor_days"],
        tenor_months=application["tenor_months"],
        repayment=terms.repayment,
        purpose=application["purpose"],
        documents=tuple(_documents(resources, application)),
        schedule_from=day.isoformat(),
        schedule=tuple(
            Instalment(each.row, each.due_on.isoformat(), *each.sums_fen)
            for each in cost.schedule.rows
        ),
        fees=fees,
        draw_fees_fen=cost.draw_fees_fen,
        total_fees_fen=cost.fees_fen,
        effective_rate=cost.effective_text,
    )


def _product(resources: Resources, application: Row, language: Language) -> Party:
    """Return the product by the name that it had when the firm asked."""
    product, day = application["product"], dt.date.fromisoformat(application["made_on"])
    for each in ProductBook(resources.settings.policy).on(day):
        if each.terms.id == product:
            labels = each.terms.labels
            return Party(product, labels.zh if language == "zh" else labels.en)
    return Party(product, product)


def _documents(resources: Resources, application: Row) -> Iterator[ContractDocument]:
    """Yield the documents of an application with what each stands for, in its order."""
    named = json.loads(application["documents"])
    faces = {
        "receivable": repository.faces(
            resources.records,
            receivables.c.receivable,
            receivables.c.amount_fen - receivables.c.paid_fen,
            [each["number"] for each in named if each["kind"] == "receivable"],
        ),
        "voucher": repository.faces(
            resources.records,
            vouchers.c.voucher,
            vouchers.c.held_fen + vouchers.c.financed_fen,
            [each["number"] for each in named if each["kind"] == "voucher"],
        ),
    }
    if any(each["number"] not in faces["voucher"] for each in named if each["kind"] == "voucher"):
        faces["voucher"] = {**_faces_in_files(resources), **faces["voucher"]}
    for each in named:
        kind, number = each["kind"], each["number"]
        if number not in faces[kind]:
            raise Absent(f"no {kind} {number!r}: neither the book nor files have it")
        yield ContractDocument(kind, number, faces[kind][number])


def _faces_in_files(resources: Resources) -> dict[str, int]:
    """Return what vouchers of files stand for, of which the platform keeps no node."""
    version = resources.version()
    rows = resources.store.reader(version.number).columns("vouchers")
    held = held_vouchers(pl.DataFrame(pl.from_arrow(rows)), version.as_of)
    return dict(held.select("number", "face_fen").iter_rows())
