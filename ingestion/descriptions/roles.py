"""
What each column of a set is for a table, and the description in which it is something else.

A role is a column of the table, `amount`, or a part of a party, `seller code`. What a column says
beyond its role (unit, order of a day, words) stays when another column takes the role over; what
is put together from several columns is left to the text.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingestion.descriptions.editing import Way, drop, plain, put
from ingestion.descriptions.reading.scope import OPEN
from ingestion.forms import BESIDES, Form, form, forms

PARTS = ("code", "name")
_SLOT = ("{", "}")


def roles_of(form: Form) -> list[str]:
    """
    Return the roles that columns may have for a table.

    Example:
        >>> roles_of(form("guarantees"))[:3]
        ['guarantor code', 'guarantor name', 'debtor code']
    """
    found = []
    for column in form.columns.values():
        party = column.kind == "party"
        found += [f"{column.name} {part}" for part in PARTS] if party else [column.name]
    return [*found, *(part for part in form.parts if part in BESIDES)]


def roles(text: str, at: int) -> dict[str, list[str]]:
    """
    Return by column of a set the roles that it has for a table, as far as they are simple.

    Args:
        text: The description.
        at: Which of its tables, from 0.
    """
    found: dict[str, list[str]] = {}
    for role, value in _values(text, at):
        for name in _simple(value):
            found.setdefault(name, []).append(role)
    return found


def woven(text: str, at: int) -> dict[str, list[str]]:
    """Return by column the columns of the table that are put together from it and others."""
    found: dict[str, list[str]] = {}
    for role, value in _values(text, at):
        for name in dict.fromkeys(_named(value)):
            if name not in _simple(value):
                found.setdefault(name, []).append(role.partition(" ")[0])
    return found


def assigned(text: str, at: int, wanted: Mapping[str, str]) -> str:
    """
    Return the description in which columns have other roles.

    Args:
        text: The description.
        at: Which of its tables, from 0.
        wanted: By column its one role, blank for none; columns not named stay as they are.
    """
    before = roles(text, at)
    lost: dict[str, list[str]] = {}
    won: dict[str, list[str]] = {}
    for name, role in wanted.items():
        had = before.get(name, [])
        for old in had:
            if old != role:
                lost.setdefault(old, []).append(name)
        if role and role not in had:
            won.setdefault(role, []).append(name)
    for role in dict.fromkeys([*lost, *won]):
        text = _exchanged(text, at, role, (lost.get(role, ()), won.get(role, ())))
    return text


def _exchanged(text: str, at: int, role: str, names: tuple[Sequence[str], Sequence[str]]) -> str:
    """Return the text in which some columns have lost a role and others have won it."""
    lost, won = names
    if len(lost) == len(won) == 1:
        after, done = _passed_on(text, _way(text, at, role), lost[0], won[0])
        if done:
            return after
    for name in lost:
        text = _without(text, at, role, name)
    for name in won:
        text = _with(text, at, role, name)
    return text


def retabled(text: str, at: int, table: str) -> str:
    """Return the description in which rows give another table; columns that it lacks fall away."""
    text = put(text, ("tables", at, "table"), table)
    known = {*form(table).columns, *form(table).parts}
    for name in plain(text, ("tables", at, "columns")) or ():
        if name not in known:
            text = drop(text, ("tables", at, "columns", name))
    return text


def optioned(text: str, at: int, column: str, **options: str) -> str:
    """
    Return the description in which a column of a table is read in another way.

    Args:
        text: The description.
        at: Which of its tables, from 0.
        column: The column of the table.
        options: `unit`, `order`, …; blank for what is so by itself.
    """
    way: Way = ("tables", at, "columns", column)
    for option, said in options.items():
        value = plain(text, way)
        if isinstance(value, Mapping) and "from" in value:
            if said:
                text = put(text, (*way, option), said)
            elif option in value:
                text = drop(text, (*way, option))
        elif said and value is not None and (isinstance(value, str) or _simple(value)):
            text = put(text, way, {"from": value, option: said})
    return text


def option(text: str, at: int, column: str, name: str) -> str:
    """Return what a description says of how a column is read; blank where it says nothing."""
    value = plain(text, ("tables", at, "columns", column))
    said = value.get(name, "") if isinstance(value, Mapping) else ""
    return said if isinstance(said, str) else ""


def meant(text: str, at: int, column: str, words: Mapping[str, str]) -> str:
    """
    Return the description in which words have a meaning beside those that have one.

    Args:
        text: The description.
        at: Which of its tables, from 0.
        column: The column of the table in which they stand.
        words: By word of the file that of the table.
    """
    way: Way = ("tables", at, "columns", column)
    for word, meaning in words.items():
        value = plain(text, way)
        if isinstance(value, Mapping) and isinstance(value.get("words"), Mapping):
            text = put(text, (*way, "words", word), meaning)
        elif isinstance(value, str):
            case = {"if": {value: word}, "then": {"const": meaning}}
            text = put(text, way, {"when": [case], "else": value})
        elif isinstance(value, Mapping) and isinstance(value.get("else"), str):
            case = {"if": {value["else"]: word}, "then": {"const": meaning}}
            text = put(text, (*way, "when"), [*value["when"], case])
    return text


def _values(text: str, at: int) -> Iterator[tuple[str, Any]]:
    """Yield each role of a table that something stands for, parts of parties one by one."""
    table = plain(text, ("tables", at))
    if not isinstance(table, Mapping) or not isinstance(table.get("columns"), Mapping):
        return
    columns = _columns(table.get("table"))
    for name, value in table["columns"].items():
        if columns.get(name) != "party":
            yield name, value
        elif isinstance(value, Mapping) and set(value) <= set(PARTS):
            for part, inner in value.items():
                yield f"{name} {part}", inner
        else:
            yield f"{name} name", value


def _columns(table: object) -> Mapping[str, str]:
    """Return the kinds of the columns of a table; of one that is none, nothing."""
    if not isinstance(table, str) or table not in forms():
        return {}
    return {name: column.kind for name, column in form(table).columns.items()}


def _simple(value: Any) -> list[str]:
    """Return the columns that a value takes as they are: one, or several of a list."""
    if isinstance(value, str):
        return [] if value.startswith(OPEN) else [value]
    if isinstance(value, Mapping):
        if "from" in value and not {"matching", "less"} & set(value):
            return _simple(value["from"])
        return _simple(value["else"]) if isinstance(value.get("else"), str) else []
    return [item for item in value if isinstance(item, str)] if isinstance(value, Sequence) else []


def _named(value: Any) -> Iterator[str]:
    """Yield every text in a value that may be the name of a column."""
    if isinstance(value, str):
        yield value
        for part in value.split(_SLOT[0])[1:]:
            yield part.partition(_SLOT[1])[0].partition("|")[0]
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _named(inner)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _named(item)


def _way(text: str, at: int, role: str) -> Way:
    """Return where that stands which gives a role: the part of a party, or all of the column."""
    column, _, part = role.partition(" ")
    way: Way = ("tables", at, "columns", column)
    value = plain(text, way)
    return (*way, part) if part and isinstance(value, Mapping) and set(value) <= set(PARTS) else way


def _passed_on(text: str, way: Way, old: str, new: str) -> tuple[str, bool]:
    """Return the text in which one column stands for another, and whether that could be done."""
    value = plain(text, way)
    if value == old:
        return put(text, way, new), True
    if isinstance(value, Mapping) and "from" in value:
        return _passed_on(text, (*way, "from"), old, new)
    if isinstance(value, list) and old in value:
        return put(text, (*way, value.index(old)), new), True
    return text, False


def _without(text: str, at: int, role: str, name: str) -> str:
    way = _way(text, at, role)
    value = plain(text, way)
    if isinstance(value, list) and len(value) > 1:
        rest = [item for item in value if item != name]
        return put(text, way, rest[0] if len(rest) == 1 else rest)
    column: Way = way[:4]
    if len(way) > len(column) and len(plain(text, column)) > 1:
        return drop(text, way)
    return drop(text, column)


def _with(text: str, at: int, role: str, name: str) -> str:
    column, _, part = role.partition(" ")
    way: Way = ("tables", at, "columns", column)
    value = plain(text, way)
    if part and (value is None or _is_open(value)):
        return put(text, way, {part: name})
    if part and not (isinstance(value, Mapping) and set(value) <= set(PARTS)):
        if part == "name":
            return put(text, way, _first(name, value))
        return put(text, way, {"code": name, "name": value})
    if part:
        inner = value.get(part)
        return put(text, (*way, part), name if _is_open(inner) else _first(name, inner))
    return put(text, way, name if _is_open(value) else _first(name, value))


def _first(name: str, value: Any) -> Any:
    """Return a list of which the first counts that is not blank."""
    if isinstance(value, list):
        return [*value, name]
    return [value, name] if isinstance(value, str) else [name, value]


def _is_open(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.startswith(OPEN))
