"""What is read at a place of a description: texts, numbers, mappings with a closed list of keys."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.descriptions.faults import Faults
from ingestion.descriptions.nodes import YamlNode
from ingestion.sets import Wrong
from ingestion.sets.errors import nearest
from ingestion.sets.headers import is_free
from ingestion.sets.regexes import compiled

PATTERNS_MAX = 500
OPEN = "TODO"  # How a description says what nobody knew when it was written.
_YES_NO = {"true": True, "false": False, "yes": True, "no": False}
NUMBER_MAX = 10**9
NO_NAME = "no column can be called {name!r}"


@dataclass(frozen=True, slots=True)
class ReadingScope:
    """Where faults go, and which columns are known at this place; None where files decide."""

    faults: Faults
    columns: Collection[str] | None = None
    above: bool = False  # Whether there are lines above a header.
    tables: Mapping[str, None] = field(default_factory=dict)

    def fault(self, node: YamlNode, what: str) -> None:
        """Remember a fault at a node."""
        self.faults.add(node.line, node.path, what)

    def keys(
        self, node: YamlNode, known: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, YamlNode]:
        """Return the nodes of a mapping by key; unknown and missing keys are faults."""
        if node.keys is None:
            self.fault(node, f"a mapping is wanted, this is {node.kind}")
            return {}
        for key in node.keys:
            if key not in known:
                self.faults.add(
                    node.key_lines[key], node.path, f"unknown key {key}{nearest(key, known)}"
                )
        for key in required:
            if key not in node.keys:
                self.fault(node, f"key {key} is missing")
        return {key: value for key, value in node.keys.items() if key in known}

    def named(self, node: YamlNode) -> dict[str, YamlNode]:
        """Return the nodes of a mapping whose keys are names of the author."""
        if node.keys is None:
            self.fault(node, f"a mapping is wanted, this is {node.kind}")
        return dict(node.keys or {})

    def items(self, node: YamlNode) -> tuple[YamlNode, ...]:
        """Return the nodes of a list."""
        if node.items is None:
            self.fault(node, f"a list is wanted, this is {node.kind}")
        return node.items or ()

    def one_or_more(self, node: YamlNode) -> tuple[YamlNode, ...]:
        """Return the nodes of a list, or the one that stands instead of a list of one."""
        return (node,) if node.items is None else node.items

    def some(self, node: YamlNode) -> tuple[YamlNode, ...]:
        """Return the nodes of a list, or the one instead; a list of none is a fault."""
        if node.items is not None and not node.items:
            self.fault(node, "the list is empty")
        return self.one_or_more(node)

    def is_open(self, node: YamlNode) -> bool:
        """Return whether a node leaves a question open; it is remembered."""
        text = node.text
        if node.keys is not None and list(node.keys) == [OPEN]:
            text = f"{OPEN}: {node.keys[OPEN].text}"
        if text is None or not (text == OPEN or text.startswith((f"{OPEN}:", f"{OPEN} "))):
            return False
        self.faults.ask(node.line, node.path, text)
        return True

    def text(self, node: YamlNode) -> str:
        """Return a text that is not blank; a blank one is a fault."""
        if node.text is None or not node.text.strip():
            what = "text is wanted, this is blank" if node.text is not None else ""
            self.fault(node, what or f"text is wanted, this is {node.kind}")
            return ""
        return "" if self.is_open(node) else node.text

    def texts(self, node: YamlNode) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.text(item) for item in self.items(node))

    def words(self, node: YamlNode) -> tuple[str, ...]:
        """Return the texts of a list, or the one that stands instead of it."""
        return tuple(self.text(item) for item in self.one_or_more(node))

    def choice(self, node: YamlNode, choices: Collection[str]) -> str:
        """Return a text that is one of some; another one is a fault."""
        text = self.text(node)
        if text and text not in choices:
            self.fault(node, f"{text!r} is none of {', '.join(choices)}{nearest(text, choices)}")
        return text

    def flag(self, node: YamlNode) -> bool:
        """Return true or false."""
        text = (node.text or "").lower()
        if text not in _YES_NO:
            self.fault(node, "true or false is wanted")
        return _YES_NO.get(text, False)

    def number(self, node: YamlNode, least: int = 0) -> int:
        """Return a whole number from some least one on."""
        text = node.text or ""
        if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= NUMBER_MAX):
            self.fault(node, f"a whole number from {least} on is wanted")
            return least
        return int(text)

    def regex(self, node: YamlNode, groups: int | None = None) -> str:
        """Return a pattern that is one, with so many groups where that is said."""
        text = self.text(node)
        if not text:
            return ""
        self.faults.patterns += 1
        if self.faults.patterns > PATTERNS_MAX:
            self.fault(node, f"a description has at most {PATTERNS_MAX} patterns")
            return ""
        try:
            found = compiled(text)
        except Wrong as error:
            self.fault(node, str(error))
            return ""
        if groups is not None and found.groups != groups:
            self.fault(
                node,
                f"the pattern has {found.groups} groups (…); what is taken is its {groups} group",
            )
        return text

    def column(self, node: YamlNode) -> str:
        """Return the name of a column; one that the set cannot have is a fault."""
        name = self.text(node)
        self.check_column(node, name)
        return name

    def new_names(self, node: YamlNode) -> dict[str, YamlNode]:
        """Return the parts of a mapping whose keys are names that columns get; else a fault."""
        found = self.named(node)
        for name in found:
            if not is_free(name):
                self.faults.add(node.key_lines[name], node.path, NO_NAME.format(name=name))
        return found

    def check_column(self, node: YamlNode, name: str) -> None:
        """Remember a fault where a name is no column of the set."""
        if name and self.columns is not None and name not in self.columns:
            self.fault(node, f"the set has no column {name}{nearest(name, self.columns)}")
