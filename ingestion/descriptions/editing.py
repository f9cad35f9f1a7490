"""
Changes in the text of a description that leave every other character of it as it is.

A place is the way of keys that leads to it, lists counted from 0. What is put there stands on one
line; what stood there before is gone, and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

Plain = str | Sequence["Plain"] | Mapping[str, "Plain"]
Way = tuple[str | int, ...]
_BARE = re.compile(r"[\w（）(/.＋+][\w（）()/.%$+*＋ -]*")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def put(text: str, way: Way, value: Plain) -> str:
    """
    Return a text in which something else stands at a place, added to its mapping where it is new.

    Raises:
        KeyError: There is no such mapping or list.

    Example:
        >>> put("a: {b: 1}  # one", ("a", "c"), {"from": "金额", "unit": "fen"})
        'a: {b: 1, c: {from: 金额, unit: fen}}  # one'
    """
    parent, last = _node(text, way[:-1]), way[-1]
    if isinstance(last, int):
        item = _node(text, way)
        return text[: item.start_mark.index] + rendered(value) + text[_end(text, item) :]
    for key, found in _entries(parent):
        if key.value == last:
            colon = text.index(":", key.end_mark.index)
            return f"{text[: colon + 1]} {rendered(value)}{text[_end(text, found) :]}"
    return _added(text, parent, f"{rendered(last)}: {rendered(value)}")


def drop(text: str, way: Way) -> str:
    """
    Return a text without a key and all that it holds.

    Raises:
        KeyError: There is none.

    Example:
        >>> drop("a: {b: 1, c: 2}", ("a", "b"))
        'a: {c: 2}'
    """
    parent = _node(text, way[:-1])
    entries = _entries(parent)
    at = next((at for at, (key, _) in enumerate(entries) if key.value == way[-1]), None)
    if at is None:
        raise KeyError(way[-1])
    if len(entries) == 1:
        return put(text, way[:-1], {}) if len(way) > 1 else ""
    start, end = entries[at][0].start_mark.index, _end(text, entries[at][1])
    if not parent.flow_style:
        line = text.rfind("\n", 0, start) + 1
        after = text.find("\n", end) + 1 or len(text)
        if not text[line:start].strip():
            return text[:line] + text[after:]
        return text[:start] + text[entries[at + 1][0].start_mark.index :]
    if at + 1 < len(entries):
        return text[:start] + text[entries[at + 1][0].start_mark.index :]
    return text[: _end(text, entries[at - 1][1])] + text[end:]


def plain(text: str, way: Way = ()) -> Any:
    """
    Return what stands at a place, every scalar as text; None where nothing does.

    Example:
        >>> plain("a: [{b: No}]", ("a", 0))
        {'b': 'No'}
    """
    try:
        return _plain(_node(text, way))
    except (KeyError, yaml.YAMLError):
        return None


def rendered(value: Plain) -> str:
    """
    Return a value as YAML on one line.

    Example:
        >>> rendered({"name": ["a: b", "金额(元)"]})
        "{name: ['a: b', 金额(元)]}"
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{rendered(k)}: {rendered(v)}" for k, v in value.items()) + "}"
    if not isinstance(value, str):
        return "[" + ", ".join(map(rendered, value)) + "]"
    if _BARE.fullmatch(value) and not value.endswith(" "):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08X}"


def _plain(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value


@lru_cache(maxsize=4)
def _composed(text: str) -> Any:
    """Return the nodes of a text, which nobody changes: many places of one are asked about."""
    return yaml.compose(text, Loader=_Loader)


def _node(text: str, way: Way) -> Any:
    found = _composed(text)
    if found is None:
        raise KeyError("the text is empty")
    for step in way:
        if isinstance(step, int):
            items = _items(found)
            if step >= len(items):
                raise KeyError(step)
            found = items[step]
        else:
            found = next((value for key, value in _entries(found) if key.value == step), None)
            if found is None:
                raise KeyError(step)
    return found


def _entries(node: Any) -> list[tuple[Any, Any]]:
    if not isinstance(node, yaml.MappingNode):
        raise KeyError("no mapping")
    entries: list[tuple[Any, Any]] = node.value
    return entries


def _items(node: Any) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise KeyError("no list")
    items: list[Any] = node.value
    return items


def _end(text: str, node: Any) -> int:
    """Return where a node ends: one in block style with the last of what it holds."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    start: int = node.start_mark.index
    return start + len(text[start : node.end_mark.index].rstrip())


def _added(text: str, parent: Any, entry: str) -> str:
    entries = _entries(parent)
    if not entries:
        end = parent.end_mark.index
        return f"{text[: end - 1]}{entry}{text[end - 1 :]}"
    end = _end(text, entries[-1][1])
    if parent.flow_style:
        return f"{text[:end]}, {entry}{text[end:]}"
    line = text.find("\n", end)
    line = len(text) if line < 0 else line
    return f"{text[:line]}\n{' ' * parent.start_mark.column}{entry}{text[line:]}"
