"""Tables out of nodes: which columns of a form a set fills, and with what."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading import columns, values
from ingestion.descriptions.reading.scope import ReadingScope
from ingestion.forms import BESIDES, Column, Form, forms
from ingestion.sets.errors import nearest

_FLAGS = {"true": "true", "false": "false"}


def table(
    node: YamlNode,
    scope: ReadingScope,
    known: Mapping[str, Collection[str] | None],
    grids: Collection[str],
) -> model.DescribedTable | None:
    """
    Return one table of a description; None where it cannot be told which.

    Args:
        node: What is said of it.
        scope: Where faults go.
        known: The sets that there are, with their columns; None where files decide.
        grids: The sets whose rows stand below a header.
    """
    keys = scope.keys(
        node, ("table", "from", "columns", "keep", "key"), ("table", "from", "columns")
    )
    if not {"table", "from", "columns"} <= keys.keys():
        return None
    name = scope.choice(keys["table"], forms())
    origin = scope.text(keys["from"])
    if origin and origin not in known:
        scope.fault(keys["from"], f"there is no set {origin}{nearest(origin, known)}")
    if name not in forms():
        return None
    form = forms()[name]
    inner = replace(scope, columns=known.get(origin), above=origin in grids)
    columns = _columns(keys["columns"], form, inner)
    return model.DescribedTable(
        name,
        origin,
        columns,
        keep=values.conditions(keys["keep"], inner) if "keep" in keys else (),
        key=_key(keys["key"], form, scope) if "key" in keys else None,
    )


def _columns(node: YamlNode, form: Form, scope: ReadingScope) -> dict[str, model.Reading]:
    given = scope.named(node)
    every = [*form.columns, *(part for part in form.parts if part in BESIDES)]
    read: dict[str, model.Reading] = {}
    for name, inner in given.items():
        if name in every:
            read[name] = _column(inner, form.columns.get(name), scope)
        else:
            line = node.key_lines[name]
            what = f"table {form.name} has no column {name}{nearest(name, every)}"
            scope.faults.add(line, node.path, what)
    for column in form.columns.values():
        if column.required and column.name not in read and not _suffice(form, column, read):
            scope.fault(node, f"required column {column.name} of table {form.name} is missing")
    return read


def _suffice(form: Form, column: Column, read: Collection[str]) -> bool:
    """Return whether a firm is told by its code, or else its name, instead."""
    return (
        form.name == "firms"
        and column.name in ("firm", "name")
        and bool({"name", "uscc"} & set(read))
    )


def _column(node: YamlNode, column: Column | None, scope: ReadingScope) -> model.Reading:
    if column is None:
        return values.value(node, scope)
    if column.kind in _LEAVES:
        return _LEAVES[column.kind](node, scope)
    if column.kind == "ratio":
        return columns.share(node, scope)
    found = values.value(node, scope)
    if column.kind == "flag":
        columns.check_words(node, found, _FLAGS, scope)
    if column.kind == "word":
        columns.check_words(node, found, column.words or {}, scope)
    return found


_LEAVES = {"money": values.money, "date": columns.day, "party": columns.party}


def _key(node: YamlNode, form: Form, scope: ReadingScope) -> tuple[str, ...]:
    if form.name == "firms":
        scope.fault(node, f"firms are told apart by {', '.join(form.key)}, their code or name")
        return form.key
    names = scope.texts(node)
    if not names:
        scope.fault(node, "a key has one column at least")
    for name, inner in zip(names, scope.items(node), strict=True):
        if form.name == "invoices" and name in form.columns and form.columns[name].kind == "money":
            scope.fault(inner, "amounts do not tell invoices apart: their lines are added up")
        if name and name not in form.columns:
            scope.fault(
                inner, f"table {form.name} has no column {name}{nearest(name, form.columns)}"
            )
    return tuple(name for name in names if name in form.columns)
