"""Conditions out of nodes."""

from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading.scope import ReadingScope
from ingestion.descriptions.reading.values import money

_WAYS = ("blank", "not", "matches", "differs_from", "zero")


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
