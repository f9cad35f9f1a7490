"""Rules in force on a day, and as answers hold them."""

import datetime as dt
from decimal import Decimal

from app.books.business_day import business_day
from app.books.rules.pack import Rule, Rulebook, RulesInForce
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.policy.loader import NoneInForce


def rules_on(resources: Resources, day: dt.date | None) -> RulesInForce:
    """
    Return the rules in force on a day; by default on the business day.

    Raises:
        Unready: The folder of rule packs cannot be used, or none is in force.
    """
    return Rulebook(resources.settings.policy).on(day or _day_of_books(resources))


def rules_asked_for(resources: Resources, day: dt.date | None) -> RulesInForce:
    """
    Return the rules that a reader asks for: of a day of theirs, else of the business day.

    Raises:
        Absent: None was in force on the day that they name.
        Unready: The folder of rule packs cannot be used, or none is in force on the business day.
    """
    try:
        return rules_on(resources, day)
    except NoneInForce as error:
        if day is None:
            raise
        raise Absent(f"no rules were in force on {day.isoformat()}") from error


def _day_of_books(resources: Resources) -> dt.date:
    """Return the business day; before the books open, the day that it is."""
    try:
        return business_day(resources)
    except Absent:
        return resources.today()


def document(rules: RulesInForce) -> Document:
    """Return the rules in force as an answer."""
    return {
        "pack": rules.pack.version,
        "as_of": rules.day,
        "items": [_entry(each) for each in rules.held.values()],
        "next": None,
    }


def _entry(rule: Rule) -> Document:
    return {
        "id": rule.id,
        "value": _plain(rule.value),
        "unit": rule.unit,
        "from": rule.valid_from,
        "to": rule.valid_to,
        "source": rule.source,
        "severity": rule.severity,
        "action": rule.action,
        "label": {"zh": rule.label.zh, "en": rule.label.en},
    }


def _plain(value: object) -> object:
    """Return a value as an answer holds it: exact numbers as texts."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return str(value) if isinstance(value, Decimal) else value
