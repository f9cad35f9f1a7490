"""The wording of contracts: versioned templates in each language, filled with what is agreed."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Template
from typing import Annotated, Literal

import yaml
from pydantic import Field

from app.lending.contracts.forms import AgreedTerms, ContractFacts, Language
from app.lending.loans.fees import FEE_FEN_MAX, FeeTerms
from app.platform.errors import Unready
from app.policy.schemas.entries import Strict, Text

SHIPPED = Path(__file__).parent / "wordings"
WITHOUT_FEES, WITH_FEES = "loan-1", "loan-2"
FEN, PER_CENT = 100, 100
When = Literal["always", "core", "documents", "credit", "discount", "interest", "fees"]


class Clause(Strict):
    """A paragraph, and when it is said."""

    when: When
    says: Text


class ContractWording(Strict):
    """A template in one language."""

    title: Text
    clauses: Annotated[list[Clause], Field(min_length=1)]
    document: Text
    instalment: Text
    days: Text
    months: Text
    fee: Text | None = None
    words: dict[str, Text]


@cache
def wordings(template: str) -> Mapping[str, ContractWording]:
    """
    Return a template by language.

    Raises:
        Unready: There is no such template.
    """
    path = SHIPPED / f"{template}.yml"
    if path not in SHIPPED.iterdir():
        raise Unready(f"there is no contract template {template!r}")
    read: Mapping[str, object] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {language: ContractWording.model_validate(each) for language, each in read.items()}


def text_of(facts: ContractFacts) -> str:
    """
    Return the text that people read and sign, a paragraph a line.

    Raises:
        Unready: There is no such template.
    """
    wording = wordings(facts.template)[facts.language]
    values = _values(facts, wording)
    said = [Template(each.says).substitute(values) for each in _said(facts, wording)]
    return "\n".join([wording.title, *said])


def label(language: Language, word: str, template: str = WITHOUT_FEES) -> str:
    """Return what a word of the interface is called in contracts."""
    return wordings(template)[language].words[word]


def _said(facts: ContractFacts, wording: ContractWording) -> Iterator[Clause]:
    """Yield the clauses of a contract."""
    terms = facts.terms
    holds: Mapping[When, bool] = {
        "always": True,
        "core": facts.core is not None,
        "documents": bool(terms.documents),
        "credit": not terms.documents,
        "discount": terms.repayment == "discount",
        "interest": terms.repayment != "discount",
        "fees": bool(terms.fees),
    }
    return (each for each in wording.clauses if holds[each.when])


def _values(facts: ContractFacts, wording: ContractWording) -> Mapping[str, object]:
    terms, core = facts.terms, facts.core
    return {
        "application": facts.application,
        "decision": facts.decision,
        "template": facts.template,
        "bank": facts.bank.name,
        "bank_id": facts.bank.id,
        "firm": facts.firm.name,
        "firm_id": facts.firm.id,
        "core": "" if core is None else core.name,
        "core_id": "" if core is None else core.id,
        "product": terms.product.name,
        "amount": yuan(terms.amount_fen),
        "proceeds": yuan(terms.proceeds_fen),
        "tenor": _tenor(terms, wording),
        "purpose": wording.words[terms.purpose],
        "rate": per_cent(terms.rate),
        "day_base": terms.day_base,
        "penalty_factor": terms.penalty_factor,
        "repayment": wording.words[terms.repayment],
        "schedule_from": terms.schedule_from,
        "schedule": "\n".join(_instalments(terms, wording)),
        "documents": "\n".join(_documents(terms, wording)),
        **_fees(facts, wording),
    }


def _tenor(terms: AgreedTerms, wording: ContractWording) -> str:
    if terms.tenor_months is not None:
        return Template(wording.months).substitute(count=terms.tenor_months)
    return Template(wording.days).substitute(count=terms.tenor_days)


def _fees(facts: ContractFacts, wording: ContractWording) -> Mapping[str, object]:
    """Return what is said of fees; nothing by a template without them."""
    terms = facts.terms
    if wording.fee is None:
        return {}
    lines = (_fee(each, facts.language, wording) for each in terms.fees)
    rate = terms.effective_rate
    return {
        "fees": "\n".join(lines),
        "draw_fees": yuan(terms.draw_fees_fen),
        "total_fees": yuan(terms.total_fees_fen),
        "effective": wording.words["fee_beyond"] if rate is None else per_cent(rate),
    }


def _fee(fee: FeeTerms, language: Language, wording: ContractWording) -> str:
    """Return when a fee is charged, and how much."""
    words, how = wording.words, "fee_fixed" if fee.share is None else "fee_share"
    told = {
        "label": fee.zh if language == "zh" else fee.en,
        "when": words[f"fee_{fee.when}"],
        "of": words[f"fee_of_{fee.of}"],
        "share": "" if fee.share is None else f"{(fee.share * PER_CENT).normalize():f}%",
        "fixed": yuan(fee.fen or 0),
        "floor": yuan(fee.floor_fen),
        "cap": yuan(fee.cap_fen),
    }
    bounds = [words["fee_floor"]] if fee.floor_fen else []
    bounds += [words["fee_cap"]] if fee.cap_fen < FEE_FEN_MAX else []
    amount = Template("".join([words[how], *bounds])).substitute(told)
    return Template(wording.fee or "").substitute(told, amount=amount)


def _instalments(terms: AgreedTerms, wording: ContractWording) -> Iterator[str]:
    line = Template(wording.instalment)
    for each in terms.schedule:
        principal, interest = yuan(each.principal_fen), yuan(each.interest_fen)
        told = {"n": each.n, "due_on": each.due_on, "fees": yuan(each.fees_fen)}
        yield line.substitute(told, principal=principal, interest=interest)


def _documents(terms: AgreedTerms, wording: ContractWording) -> Iterator[str]:
    line = Template(wording.document)
    for each in terms.documents:
        kind, amount = wording.words[each.kind], yuan(each.amount_fen)
        yield line.substitute(kind=kind, number=each.number, amount=amount)


def yuan(fen: int) -> str:
    """
    Return an amount in yuan, to the fen.

    Example:
        >>> yuan(123_456_705)
        '1,234,567.05'
    """
    return f"{fen // FEN:,}.{fen % FEN:02d}"


def per_cent(rate: str) -> str:
    """
    Return a rate as people write it, to the basis point.

    Example:
        >>> per_cent("0.0535")
        '5.35%'
    """
    return f"{Decimal(rate) * PER_CENT:.2f}%"
