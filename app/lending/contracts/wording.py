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
from app.platform.errors import Unready
from app.policy.schemas.entries import Strict, Text

SHIPPED = Path(__file__).parent / "wordings"
NEWEST = "loan-1"
FEN, PER_CENT = 100, 100
When = Literal["always", "core", "documents", "credit", "discount", "interest"]


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


def label(language: Language, word: str, template: str = NEWEST) -> str:
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
    }


def _tenor(terms: AgreedTerms, wording: ContractWording) -> str:
    if terms.tenor_months is not None:
        return Template(wording.months).substitute(count=terms.tenor_months)
    return Template(wording.days).substitute(count=terms.tenor_days)


def _instalments(terms: AgreedTerms, wording: ContractWording) -> Iterator[str]:
    line = Template(wording.instalment)
    for each in terms.schedule:
        principal, interest = yuan(each.principal_fen), yuan(each.interest_fen)
        yield line.substitute(n=each.n, due_on=each.due_on, principal=principal, interest=interest)


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
