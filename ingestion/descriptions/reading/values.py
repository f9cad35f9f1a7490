"""Values out of nodes: columns, texts made of them, cases; and what columns of a table hold."""

import re
from collections.abc import Callable, Mapping
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading.scope import ReadingScope
from ingestion.descriptions.shares import exact_share
from ingestion.sets.errors import nearest

# Reads what a column of a table holds from a node that is neither a list nor cases.
Leaf = Callable[[YamlNode, ReadingScope], model.Reading]
_UNITS = ("fen", "yuan", "1k_yuan", "10k_yuan", "100m_yuan")
_ORDERS = ("ymd", "dmy", "mdy")
_FORMS = (
    ("const",), ("text",), ("above",), ("from", "matching"), ("all",),
    ("from", "words"),
)  # fmt: skip
_VALUE_KEYS = (*dict.fromkeys(key for keys in _FORMS for key in keys), "when", "else")
_SLOT = re.compile(r"\{([^{}]*)\}")
_WIDTH = re.compile(r"(.*)\|([0-9]{1,3})", re.DOTALL)


def value(node: YamlNode, scope: ReadingScope) -> model.Value:
    """Return a value: a column, a list of which the first counts, or one of its other forms."""
    return cast("model.Value", reading(node, scope, _plain))


def reading(node: YamlNode, scope: ReadingScope, leaf: Leaf) -> model.Reading:
    """Return what a node says, where cases and lists may stand before what a leaf reads."""
    if scope.is_open(node):
        return model.Const(None)
    if node.items is not None:
        if not node.items:
            scope.fault(node, "the list is empty")
        return model.First(tuple(reading(item, scope, leaf) for item in node.items))
    if node.keys is not None and "when" in node.keys:
        return _when(node, scope, leaf)
    return leaf(node, scope)


def _when(node: YamlNode, scope: ReadingScope, leaf: Leaf) -> model.Reading:
    from ingestion.descriptions.reading.conditions import condition  # noqa: PLC0415  # both nest

    given = scope.keys(node, ("when", "else"), ("when",))
    cases = []
    for item in scope.items(given["when"]) if "when" in given else ():
        case = scope.keys(item, ("if", "then"), ("if", "then"))
        if {"if", "then"} <= case.keys():
            then = reading(case["then"], scope, leaf)
            cases.append(model.WhenCase(condition(case["if"], scope), then))
    last = reading(given["else"], scope, leaf) if "else" in given else None
    return model.When(tuple(cases), last)


def _plain(node: YamlNode, scope: ReadingScope) -> model.Reading:
    if node.text is not None:
        return model.ColumnText(scope.column(node))
    keys = scope.keys(node, _VALUE_KEYS)
    form = next((form for form in _FORMS if keys and set(keys) <= set(form)), None)
    if form is None or ("from" in form and set(keys) != set(form)):
        if set(node.keys or ()) <= set(_VALUE_KEYS):
            scope.fault(node, f"keys {', '.join(keys) or '(none)'} are no form of a value")
        return model.Const("")
    return _PLAIN[form[-1]](keys, scope)


def _const(keys: Mapping[str, YamlNode], scope: ReadingScope) -> model.Reading:
    node = keys["const"]
    if node.text is None:
        scope.fault(node, f"text is wanted, this is {node.kind}")
    return model.Const(None if scope.is_open(node) else (node.text or ""))


def _filled(keys: Mapping[str, YamlNode], scope: ReadingScope) -> model.Reading:
    node = keys["text"]
    text = scope.text(node)
    parts: list[str | model.Slot] = []
    at = 0
    for slot in _SLOT.finditer(text):
        parts += [text[at : slot.start()]] if slot.start() > at else []
        wide = _WIDTH.fullmatch(slot[1])
        name, width = (wide[1], int(wide[2])) if wide else (slot[1], 0)
        if not name:
            scope.fault(node, "an empty {}: the name of a column stands in it")
        scope.check_column(node, name)
        parts.append(model.Slot(name, width))
        at = slot.end()
    rest = text[at:]
    if "{" in _SLOT.sub("", text) or "}" in _SLOT.sub("", text):
        scope.fault(node, "a brace without its other one")
    return model.Filled((*parts, *([rest] if rest else [])))


def _above(keys: Mapping[str, YamlNode], scope: ReadingScope) -> model.Reading:
    if not scope.above:
        scope.fault(keys["above"], "only rows below a header have lines above it")
    return model.Above(scope.regex(keys["above"], groups=1))


def _matching(keys: Mapping[str, YamlNode], scope: ReadingScope) -> model.Reading:
    return model.Matching(value(keys["from"], scope), scope.regex(keys["matching"], groups=1))


def _all(keys: Mapping[str, YamlNode], scope: ReadingScope) -> model.Reading:
    return model.All(scope.column(keys["all"]))


def _words(keys: Mapping[str, YamlNode], scope: ReadingScope) -> model.Reading:
    given = scope.named(keys["words"])
    words = {word: "" if scope.is_open(node) else scope.text(node) for word, node in given.items()}
    return model.WordsFor(value(keys["from"], scope), words)


_PLAIN: Mapping[str, Callable[[Mapping[str, YamlNode], ReadingScope], model.Reading]] = {
    "const": _const,
    "text": _filled,
    "above": _above,
    "matching": _matching,
    "all": _all,
    "words": _words,
}


def _beside(node: YamlNode, known: tuple[str, ...]) -> bool:
    """Return whether a mapping is no plain value: its keys are those of what a column holds."""
    keys = set(node.keys or ())
    return (
        bool(keys)
        and not ("from" in keys and keys & {"matching", "words"})
        and ("from" in keys or bool(keys & set(known)))
    )


def money(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return an amount: a value, or one with its unit and sign."""
    return reading(node, scope, _money)


def _money(node: YamlNode, scope: ReadingScope) -> model.Reading:
    from ingestion.descriptions.reading.conditions import condition  # noqa: PLC0415  # both nest

    known = ("from", "unit", "decimal", "less", "minus_when", "red_when")
    if not _beside(node, known):
        return model.MoneyReading(value(node, scope))
    keys = scope.keys(node, known, ("from",))
    if "from" not in keys:
        return model.Const("")
    less = keys.get("less")
    unit = scope.choice(keys["unit"], _UNITS) if "unit" in keys else "yuan"
    sign = decimal(keys["decimal"], scope) if "decimal" in keys else "."
    lowered = None
    if less is not None:
        lowered = money(less, scope)
        if isinstance(lowered, model.MoneyReading) and not _beside(less, known):
            lowered = model.MoneyReading(lowered.value, cast("model.MoneyUnit", unit), sign)
    return model.MoneyReading(
        value(keys["from"], scope),
        cast("model.MoneyUnit", unit if unit in _UNITS else "yuan"),
        sign,
        lowered,
        condition(keys["minus_when"], scope) if "minus_when" in keys else None,
        condition(keys["red_when"], scope) if "red_when" in keys else None,
    )


def decimal(node: YamlNode, scope: ReadingScope) -> model.Decimal:
    """Return the sign between whole units and their parts."""
    return "," if scope.choice(node, (".", ",")) == "," else "."


def day(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return a day: a value, or one with the order of its parts, or counted since 1970."""
    return reading(node, scope, _day)


def _day(node: YamlNode, scope: ReadingScope) -> model.Reading:
    known = ("from", "order", "epoch", "zone")
    if not _beside(node, known):
        return model.DayReading(value(node, scope))
    keys = scope.keys(node, known, ("from",))
    if "from" not in keys:
        return model.Const("")
    order = scope.choice(keys["order"], _ORDERS) if "order" in keys else "ymd"
    epoch = scope.choice(keys["epoch"], ("s", "ms")) if "epoch" in keys else None
    zone = scope.text(keys["zone"]) if "zone" in keys else None
    if zone is not None and epoch is None:
        scope.fault(keys["zone"], "a zone says where a moment (epoch) is a day")
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            scope.fault(keys["zone"], f"no time zone {zone!r}")
    found = value(keys["from"], scope)
    return model.DayReading(found, order, epoch, zone)  # type: ignore[arg-type]


def share(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return a share: a value, or one of a hundred, or with what a blank one is."""
    return reading(node, scope, _share)


def _share(node: YamlNode, scope: ReadingScope) -> model.Reading:
    known = ("from", "per_cent", "default")
    if not _beside(node, known):
        return model.ShareReading(value(node, scope))
    keys = scope.keys(node, known, ("from",))
    if "from" not in keys:
        return model.Const("")
    default = scope.text(keys["default"]) if "default" in keys else None
    if default and exact_share(default, per_cent=False) is None:
        scope.fault(keys["default"], f"{default!r} is no number")
    per_cent = "per_cent" in keys and scope.flag(keys["per_cent"])
    return model.ShareReading(value(keys["from"], scope), per_cent, default)


def party(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return a party: a value, code and name, or the first that is another one."""
    return reading(node, scope, _party)


def _party(node: YamlNode, scope: ReadingScope) -> model.Reading:
    keys = set(node.keys or ())
    if keys & {"code", "name"}:
        given = scope.keys(node, ("code", "name"))
        code, name = (value(given[k], scope) if k in given else None for k in ("code", "name"))
        return model.PartyReading(name, code)
    if "first_other" in keys:
        outer = scope.keys(node, ("first_other",))
        given = scope.keys(outer["first_other"], ("of", "than"), ("of", "than"))
        if not {"of", "than"} <= given.keys():
            return model.Const("")
        options = tuple(party(item, scope) for item in scope.one_or_more(given["of"]))
        return model.FirstOther(options, party(given["than"], scope))
    return model.PartyReading(value(node, scope))


def check_words(
    node: YamlNode, found: model.Reading, accepted: Mapping[str, str], scope: ReadingScope
) -> None:
    """Remember a fault for each word that is given a meaning that the column does not have."""
    if isinstance(found, model.WordsFor):
        for target in dict.fromkeys(found.words.values()):
            if target and target not in accepted.values():
                known = dict.fromkeys(accepted.values())
                scope.fault(
                    node, f"{target!r} is none of {', '.join(known)}{nearest(target, known)}"
                )
    elif isinstance(found, model.First):
        for option in found.options:
            check_words(node, option, accepted, scope)
    elif isinstance(found, model.When):
        every = [case.then for case in found.cases]
        every += [] if found.otherwise is None else [found.otherwise]
        for option in every:
            check_words(node, option, accepted, scope)
