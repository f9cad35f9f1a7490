"""How what is proposed is written: names that can stand in a description, YAML that reads back."""

import re
from collections.abc import Iterable
from typing import Any

import yaml

from ingestion.descriptions.reading.scope import OPEN
from ingestion.sets.headers import SEVERAL

_WIDTH = 100
_SLOTTED = re.compile(r"[{}]|\|[0-9]{1,3}$")
_SLOT = re.compile(r"\{([^{}]*)\}")
_NAME_MAX = 200
_KEYS = ("any", "positive")  # Of a condition: no column can be called so there.


def usable(name: str) -> bool:
    """
    Return whether the name of a column can stand for it in a description.

    Example:
        >>> usable("金额"), usable(f"{OPEN}: 金额"), usable(" "), usable("any")
        (True, False, False, False)
    """
    opens = name == OPEN or name.startswith((f"{OPEN}:", f"{OPEN} "))
    plain = name not in _KEYS and not SEVERAL.fullmatch(name)
    return bool(name.strip()) and len(name) <= _NAME_MAX and not opens and plain


def in_text(name: str) -> bool:
    """Return whether the name of a column can stand in a text with columns in it."""
    return usable(name) and not _SLOTTED.search(name)


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the texts that can stand as words in a description."""
    return [
        text
        for text in texts
        if text.strip() and text != OPEN and not text.startswith((f"{OPEN}:", f"{OPEN} "))
    ]


def mentioned(said: Any) -> set[str]:
    """Return every text and key of a part of a description, and the columns in its texts."""
    if isinstance(said, dict):
        return {str(key) for key in said}.union(*map(mentioned, said.values()))
    if isinstance(said, list | tuple):
        return set().union(*map(mentioned, said))
    text = str(said)
    return {text, *(slot.partition("|")[0] for slot in _SLOT.findall(text))}


class BlockMapping(dict[str, Any]):
    """A mapping of which every entry stands on a line of its own."""


class _Plainly(yaml.SafeDumper):
    """Writes every part where it stands, without names for parts that come again."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # what it asks for is said by its base
        """Return that nothing is named."""
        return True


_Plainly.add_representer(
    BlockMapping,
    lambda dumper, data: dumper.represent_mapping(
        "tag:yaml.org,2002:map", data.items(), flow_style=False
    ),
)


def text_of(description: Any) -> str:
    r"""
    Return a description as YAML.

    Example:
        >>> text_of({"schema": 1, "sets": {"a": {"files": "a: {b}"}}})
        "schema: 1\nsets:\n  a: {files: 'a: {b}'}\n"
    """
    return yaml.dump(
        description,
        Dumper=_Plainly,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=_WIDTH,
    )
