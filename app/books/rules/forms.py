"""A rule pack as it is written: which rules there are, in what unit, and what is said of one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StrictBool, model_validator

from app.policy.schemas.entries import Number, Strict, Text, Whole, Wording
from app.policy.schemas.first import Dated
from app.policy.schemas.second import PartNumber

Unit = Literal["days", "months", "years", "count", "fen", "share", "rate", "flag", "date", "text"]
Severity = Literal["low", "medium", "high"]
Action = Literal["refuse", "stop_issue", "warn", "report", "apply"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
ACTIONS: tuple[Action, ...] = get_args(Action)
TEXTS_MAX = 100
PERIODS_MAX = 100
Period = tuple[dt.date, dt.date]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Ruling(Strict):
    """What holds of a rule for a time; without a first day it is announced, and not in force."""

    valid_from: dt.date | None = Field(alias="from")
    valid_to: dt.date | None = Field(alias="to")
    source: Text
    severity: Severity
    action: Action
    label: Wording

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        """Return the ruling, or raise `ValueError`."""
        if self.valid_to is None:
            return self
        if self.valid_from is None or self.valid_to < self.valid_from:
            raise ValueError("to must not be before from")
        return self

    def period(self) -> Period | None:
        """Return the first and the last day on which it holds; None while it is announced."""
        if self.valid_from is None:
            return None
        return self.valid_from, self.valid_to or dt.date.max


class WholeRuling(Ruling):
    """A whole number, or several by key."""

    value: Whole | dict[Key, Whole]
    unit: Literal["days", "months", "years", "count", "fen"]


class ShareRuling(Ruling):
    """A part of a whole, or several by key."""

    value: PartNumber | dict[Key, PartNumber]
    unit: Literal["share"]


class RateRuling(Ruling):
    """A part of an amount for each day."""

    value: Number
    unit: Literal["rate"]


class FlagRuling(Ruling):
    """A yes or no."""

    value: StrictBool
    unit: Literal["flag"]


class DateRuling(Ruling):
    """A day."""

    value: dt.date
    unit: Literal["date"]


class TextRuling(Ruling):
    """A list of words, one at least."""

    value: Annotated[list[Text], Field(min_length=1, max_length=TEXTS_MAX)]
    unit: Literal["text"]


AnyRuling = Annotated[
    WholeRuling | ShareRuling | RateRuling | FlagRuling | DateRuling | TextRuling,
    Field(discriminator="unit"),
]


@dataclass(frozen=True, slots=True)
class RuleShape:
    """What every pack must say of a rule: its unit, and its keys where it has several values."""

    unit: Unit
    keys: frozenset[str] = frozenset()


def _by(unit: Unit, *keys: str) -> RuleShape:
    return RuleShape(unit, frozenset(keys))


SHAPES: Mapping[str, RuleShape] = {
    "voucher.tenor.soft_days": RuleShape("days"),
    "voucher.tenor.hard_days": RuleShape("days"),
    "voucher.transition_end": RuleShape("date"),
    "voucher.registry_id_required": RuleShape("flag"),
    "platform.holds_funds": RuleShape("flag"),
    "core.stop_issue_on": RuleShape("text"),
    "bill.persistent_overdue": _by("count", "overdue", "months"),
    "pay.sme.large_buyer_days": RuleShape("days"),
    "pay.sme.public_buyer_days": _by("days", "usual", "agreed"),
    "pay.back_to_back_allowed": RuleShape("flag"),
    "pay.noncash_forced": RuleShape("flag"),
    "receivable.confirm_days": RuleShape("days"),
    "confirm.final": RuleShape("flag"),
    "pay.late_interest": RuleShape("rate"),
    "size.class_at": RuleShape("text"),
    "wc.need": RuleShape("text"),
    "wc.new_loan": RuleShape("text"),
    "wc.day_bases": RuleShape("text"),
    "wc.term.max_years": _by("years", "usual", "long_cycle"),
    "wc.extension": _by("share", "up_to_one_year", "longer"),
    "wc.use_forbidden": RuleShape("text"),
    "draw.entrusted_payment_min": RuleShape("fen"),
    "fee.prepayment_free": RuleShape("text"),
    "class.overdue_days": _by("days", "special_mention", "substandard", "doubtful", "loss"),
    "lex.loan_single": RuleShape("share"),
    "lex.single_nonbank": RuleShape("share"),
    "lex.group_nonbank": RuleShape("share"),
    "lex.interbank": _by("share", "usual", "between_gsibs"),
    "lex.basel_limit": RuleShape("share"),
    "lex.basel_report": RuleShape("share"),
    "lex.identify_from": RuleShape("share"),
    "lex.dependence_share": RuleShape("share"),
    "lex.report_codes": RuleShape("text"),
    "bo.threshold": RuleShape("share"),
    "aml.retention_years": RuleShape("years"),
    "pii.auto_decision": RuleShape("text"),
    "pii.sharing": RuleShape("text"),
    "pii.sensitive": RuleShape("text"),
    "pii.impact_assessment": RuleShape("years"),
    "credit.negative_retention_years": RuleShape("years"),
    "esign.reliable": RuleShape("text"),
    "factoring.priority": RuleShape("text"),
    "factoring.fictitious": RuleShape("flag"),
    "factoring.recourse": RuleShape("text"),
    "assignment.notice": RuleShape("flag"),
}


MAY_LACK = frozenset({"fee.prepayment_free"})  # Rules that came after packs of banks were written.


class RulePackFile(Dated):
    """A rule pack: every rule that is known, each with what holds of it and when."""

    schema_number: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    rules: dict[str, Annotated[list[AnyRuling], Field(min_length=1, max_length=PERIODS_MAX)]]

    @model_validator(mode="after")
    def _says_all(self) -> Self:
        """Return the pack, or raise `ValueError` with all that is wrong between its rules."""
        faults = [
            f"{words} {sorted(names)}"
            for words, names in (
                ("missing rules", SHAPES.keys() - self.rules.keys() - MAY_LACK),
                ("unknown rules", self.rules.keys() - SHAPES.keys()),
            )
            if names
        ]
        for name, rulings in self.rules.items():
            faults += [f"{name}: {told}" for told in _faults(rulings, SHAPES.get(name))]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _faults(rulings: list[AnyRuling], shape: RuleShape | None) -> list[str]:
    """Return what is wrong with the rulings of one rule, beyond each of them."""
    told = []
    for ruling in rulings if shape else ():
        keys = set(ruling.value) if isinstance(ruling.value, dict) else set()
        if shape and ruling.unit != shape.unit:
            told.append(f"unit must be {shape.unit!r}")
        elif shape and keys != shape.keys:
            told.append(f"value must have the keys {sorted(shape.keys)}, not {sorted(keys)}")
    periods = sorted(period for each in rulings if (period := each.period()))
    for one, other in pairwise(periods):
        if other[0] <= one[1]:
            told.append(f"from {other[0]} lies in the time of the one from {one[0]}")
    return told
