"""What readers and descriptions say against a file or a text, in the reader's language."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from app.platform.web.texts import Language
from ingestion.forms import form, forms

CATALOGUE = Path(__file__).with_suffix(".yml")
_LIKE = re.compile(r"(.*); did you mean (.+)", re.DOTALL)
_PLACES = {"sheet": "工作表 {}", "set": "数据集 {}", "line": "第 {} 行", "query": "查询 {}"}
_NAME = re.compile(r"\{(\w+)\}")


@cache
def catalogue() -> Sequence[Mapping[str, str]]:
    """Return what may be said, in both languages, with names in braces for what it speaks of."""
    known: Sequence[Mapping[str, str]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return known


def spoken(said: str, language: Language) -> str:
    """
    Return a refusal in a language; a line that has no words in Chinese stays in English.

    Example:
        >>> spoken("a.xlsx: sheet '表': the file is empty", "zh")
        'a.xlsx：工作表 表：文件为空'
        >>> spoken("own.yml: line 7: sets.a: unknown key heder; did you mean header", "zh")
        'own.yml：第 7 行：sets.a：未知的键 heder；是否为 header'
    """
    if language == "en":
        return said
    return "\n".join(map(_chinese, said.splitlines()))


def _chinese(line: str) -> str:
    like = _LIKE.fullmatch(line)
    parts = (like[1] if like else line).split(": ")
    for at in reversed(range(len(parts))):  # What was said last is about what stands before it.
        told = _told(": ".join(parts[at:]))
        if told:
            ends = f"；是否为 {like[2]}" if like else ""
            return "：".join([*map(_place, parts[:at]), told]) + ends
    return line


def _told(said: str) -> str:
    for pattern, words in _patterns():
        if found := pattern.fullmatch(said):
            return words.format(**found.groupdict())
    return ""


def _place(part: str) -> str:
    """Return where something stands: a sheet, a line, a table by its name."""
    kind, _, name = part.partition(" ")
    if kind in _PLACES and name:
        return _PLACES[kind].format(name.strip("'"))
    return form(part).label.zh if part in forms() else part


@cache
def _patterns() -> Sequence[tuple[re.Pattern[str], str]]:
    return [(_pattern(each["en"]), each["zh"]) for each in catalogue()]


def _pattern(template: str) -> re.Pattern[str]:
    parts = _NAME.split(template)
    fixed = [re.escape(part) for part in parts[::2]]
    named = [f"(?P<{name}>.*?)" for name in parts[1::2]]
    joined = "".join(part for pair in zip(fixed, [*named, ""], strict=True) for part in pair)
    return re.compile(joined, re.DOTALL)
