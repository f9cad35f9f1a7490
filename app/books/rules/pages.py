"""The page of rules: what is in force on a day, and what is announced."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from fastapi import Request
from starlette.responses import Response

from app.books.rules.forms import ACTIONS, SEVERITIES
from app.books.rules.pack import Rule, RulesInForce, Value
from app.books.rules.router import AsOf
from app.books.rules.service import rules_asked_for
from app.platform.auth.rules import SIGNED_IN, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered
from app.platform.web.money import amount, percent
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
FACETS = {"action": lambda rule: rule.action, "severity": lambda rule: rule.severity}
ORDERS = {"action": ACTIONS, "severity": SEVERITIES[::-1]}
TONES = {"high": "bad", "medium": "warn", "low": ""}


def value_words(rule: Rule, t: Texts) -> str:
    """
    Return the value of a rule in words, with its unit.

    Example:
        >>> import datetime as dt
        >>> from app.books.rules import Rulebook
        >>> held = Rulebook(None).on(dt.date(2026, 6, 30)).held
        >>> value_words(held["voucher.tenor.hard_days"], Texts("en"))
        '365 days'
        >>> value_words(held["lex.interbank"], Texts("zh"))
        '一般 25.0%、全球系统重要性银行之间 15.0%'
    """
    if isinstance(rule.value, Mapping):
        told = [
            f"{t.coded('rule_key', key)} {_words(each, rule, t)}"
            for key, each in rule.value.items()
        ]
        return t("list_comma").join(told)
    return _words(rule.value, rule, t)


def _words(value: Value, rule: Rule, t: Texts) -> str:
    if isinstance(value, bool):
        return t("rule_yes" if value else "rule_no")
    if isinstance(value, list):
        return t("list_comma").join(t.coded("rule_word", each) for each in value)
    if isinstance(value, Decimal):
        return percent(value, 2) if rule.unit == "rate" else percent(value)
    if rule.unit == "fen" and isinstance(value, int):
        return str(amount(value, language=t.language))
    return t(f"rule_{rule.unit}", count=value) if isinstance(value, int) else str(value)


def _table(t: Texts) -> ListTable[Rule]:
    return ListTable(
        "rules",
        lambda rule: rule.id,
        (
            ListColumn(
                *("label", "rule", "text", lambda rule: getattr(rule.label, t.language)),
                order=lambda rule: rule.id,
            ),
            ListColumn("value", "rule_value", "text", lambda rule: value_words(rule, t)),
            ListColumn("action", "rule_action", "text", lambda rule: _action(rule, t)),
            ListColumn("severity", "rule_severity", "text", lambda rule: _severity(rule, t)),
            ListColumn("from", "rule_from", "day", lambda rule: rule.valid_from),
            ListColumn("to", "rule_to", "day", lambda rule: rule.valid_to, asked=True),
            ListColumn("source", "rule_source", "text", lambda rule: rule.source),
        ),
        "label",
    )


def _action(rule: Rule, t: Texts) -> str:
    return t(f"rule_action_{rule.action}")


def _severity(rule: Rule, t: Texts) -> str:
    return t(f"rule_severity_{rule.severity}")


def _rows(request: Request, rules: RulesInForce) -> tuple[Sequence[Rule], Sequence[Rule]]:
    """Return all rules in force, and those that pass the facets of the address."""
    every = list(rules.held.values())
    return every, passing(every, FACETS, chosen_of(request, FACETS))


@router.get("/rules", dependencies=[allow(SIGNED_IN)])
def show_rules(request: Request, resources: ResourcesDep, as_of: AsOf = None) -> Response:
    """Return the rules in force on a day, and those to come."""
    t = Texts(preferences_of(request).language)
    rules = rules_asked_for(resources, as_of)
    every, rows = _rows(request, rules)
    words = {name: (t(f"rule_{name}"), partial(t.coded, f"rule_{name}")) for name in FACETS}
    return page(
        request,
        "rules.html",
        list=listing(request, _table(t), rows),
        facets=facets(every, FACETS, chosen_of(request, FACETS), words, orders=ORDERS),
        rules=rules,
        coming=rules.coming,
        value=partial(value_words, t=t),
        tones=TONES,
    )


@router.get("/rules.csv", dependencies=[allow(SIGNED_IN)])
@router.get("/rules.xlsx", dependencies=[allow(SIGNED_IN)])
def download_rules(request: Request, resources: ResourcesDep, as_of: AsOf = None) -> Response:
    """Return the same list as a file."""
    table = _table(Texts(preferences_of(request).language))
    rules = rules_asked_for(resources, as_of)
    rows = ordered(request, table, _rows(request, rules)[1])
    head = {"version": "", "as_of": rules.day.isoformat(), "policy": rules.pack.version}
    return download(request, table, rows, head)
