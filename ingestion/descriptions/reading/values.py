"""Values, amounts and conditions out of nodes: each may stand in the others."""

import re
from collections.abc import Callable, Mapping
from typing import cast

from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading.scope import ReadingScope

# Reads what a column of a table holds from a node that is neither a list nor cases.
Leaf = Callable[[YamlNode, ReadingScope], model.Reading]
_UNITS = ("fen", "yuan", "1k_yuan", "10k_yuan", "100m_yuan")
_WAYS = ("blank", "not", "matches", "differs_from", "zero")
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


def beside(node: YamlNode, known: tuple[str, ...]) -> bool:
    """
    Return whether a mapping is no plain value: its keys are those of what a column holds.

    Args:
        node: What stands for the column.
        known: The keys that what the column holds may have.
    """
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
    known = ("from", "unit", "decimal", "less", "minus_when", "red_when")
    if not beside(node, known):
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
        if isinstance(lowered, model.MoneyReading) and not beside(less, known):
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


def conditions(node: YamlNode, scope: ReadingScope) -> tuple[model.Condition, ...]:
    """Return the conditions of a list, or the one that stands instead of it."""
    return tuple(condition(item, scope) for item in scope.one_or_more(node))


def condition(node: YamlNode, scope: ReadingScope) -> model.Condition:
    """Return a condition: all that its mapping says."""
    if scope.is_open(node):
        return model.Every(())
    found: list[model.Condition] = []
    for key, inner in scope.named(node).items():
        if key == "any":
            found.append(model.AnyOf(conditions(inner, scope)))
        elif key == "positive":
            found.append(model.Positive(money(inner, scope)))
        else:
            scope.check_column(inner, key)
            found.append(_test(key, inner, scope))
    if node.keys is not None and not found:
        scope.fault(node, "the condition is empty")
    return found[0] if len(found) == 1 else model.Every(tuple(found))


def _test(name: str, node: YamlNode, scope: ReadingScope) -> model.Condition:
    if node.keys is None:
        return model.CellTest(name, words=scope.words(node))
    given = scope.keys(node, _WAYS)
    if not given:
        scope.fault(node, f"one of {', '.join(_WAYS)} is wanted")
    return model.CellTest(
        name,
        blank=scope.flag(given["blank"]) if "blank" in given else None,
        excluded=scope.words(given["not"]) if "not" in given else None,
        matches=scope.regex(given["matches"]) if "matches" in given else None,
        differs_from=scope.column(given["differs_from"]) if "differs_from" in given else None,
        zero=scope.flag(given["zero"]) if "zero" in given else None,
    )
