"""
YAML as nodes with their lines: every scalar is text, as it is written.

`No`, `0111` and `2026-01-02` mean themselves. Tags, anchors and repeated keys are refused: a
description says what it says, and its size bounds what reading it may cost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from ingestion.descriptions.faults import Faults

BYTES_MAX = 256 * 1024
DEPTH_MAX = 40
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class YamlNode:
    """One node: text, a list or a mapping, where it stands and the way of keys to it."""

    line: int
    path: str
    text: str | None = None
    items: tuple["YamlNode", ...] | None = None
    keys: Mapping[str, "YamlNode"] | None = None
    key_lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return what the node is, in words."""
        if self.text is not None:
            return "text"
        return "a list" if self.items is not None else "a mapping"


def read(text: str, faults: Faults) -> YamlNode | None:
    """Return the one document of a text; None where it cannot be read at all (a fault says why)."""
    if len(text.encode()) > BYTES_MAX:
        faults.add(1, "", f"a description has at most {BYTES_MAX // 1024} KiB")
        return None
    try:
        events = _Events(yaml.parse(text, Loader=_Loader), faults)
        node = events.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        faults.add(0 if mark is None else mark.line + 1, "", f"no YAML: {error.problem}")
        return None
    except (yaml.YAMLError, RecursionError) as error:
        faults.add(1, "", f"no YAML: {str(error).splitlines()[0]}")
        return None
    if node is None:
        faults.add(1, "", "the description is empty")
    return node


class _Events:
    """Nodes out of the events of one text."""

    def __init__(self, events: Iterator[yaml.Event], faults: Faults) -> None:
        self._events = events
        self._faults = faults

    def document(self) -> YamlNode | None:
        """Return the first document; a second one is a fault."""
        found = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                node = self._node(next(self._events), "", 0)
                if found is not None:
                    self._faults.add(node.line, "", "a second document; a description is one")
                found = found or node
        return found

    def _node(self, event: yaml.Event, path: str, depth: int) -> YamlNode:
        mark = event.start_mark
        line = 1 if mark is None else mark.line + 1
        self._refuse(event, line, path)
        if depth > DEPTH_MAX:
            raise RecursionError(f"nested more than {DEPTH_MAX} deep")
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[YamlNode] = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(inner, f"{path}[{len(items) + 1}]", depth + 1))
            return YamlNode(line, path, items=tuple(items))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(line, path, depth)
        return YamlNode(line, path, text=getattr(event, "value", ""))

    def _mapping(self, line: int, path: str, depth: int) -> YamlNode:
        keys: dict[str, YamlNode] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, path, depth + 1)
            name = key.text if key.text is not None else ""
            below = f"{path}.{name}" if path else name
            value = self._node(next(self._events), below, depth + 1)
            if key.text is None:
                self._faults.add(key.line, path, f"a key is text, this is {key.kind}")
            elif name in keys:
                self._faults.add(key.line, below, "this key is given twice")
            else:
                keys[name], lines[name] = value, key.line
        return YamlNode(line, path, keys=keys, key_lines=lines)

    def _refuse(self, event: yaml.Event, line: int, path: str) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._faults.add(line, path, "an alias (*NAME) is not read")
            return
        if getattr(event, "anchor", None) is not None:
            self._faults.add(line, path, "an anchor (&NAME) is not read")
        if getattr(event, "tag", None) not in (None, "!"):
            self._faults.add(line, path, f"a tag ({getattr(event, 'tag', '')}) is not read")
        elif getattr(event, "tag", None) == "!":
            self._faults.add(line, path, "a tag (!) is not read")
