"""The words of the pages, in Chinese and English, from one catalogue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CATALOGUE = Path(__file__).parent / "messages.yml"
SECTORS = Path(__file__).parent / "sectors.yml"
SECTOR = re.compile(r"[A-T]?(\d{2})\d{0,2}")  # Of GB/T 4754: a letter, a division, a class.
PLACE = re.compile(r"(up|down)([1-9]\d*)")
POLICY = re.compile(r"(.+)-(\d{4}-\d{2}-\d{2})(?:-[0-9a-f]+)?")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every message by key and language."""
    text = CATALOGUE.read_text(encoding="utf-8")
    read: Mapping[str, Mapping[str, str]] = yaml.load(
        text, yaml.CSafeLoader
    )  # Eight times as fast.
    return read


@cache
def sectors() -> Mapping[str, Mapping[str, str]]:
    """Return the names of the divisions of GB/T 4754 by their two digits."""
    read: Mapping[str, Mapping[str, str]] = yaml.safe_load(SECTORS.read_text(encoding="utf-8"))
    return read


def division_of(code: str | None) -> str | None:
    """
    Return the division that a sector belongs to; what is no code of GB/T 4754 stays as it is.

    Example:
        >>> division_of("C3311"), division_of("33"), division_of("mills"), division_of(None)
        ('33', '33', 'mills', None)
    """
    known = SECTOR.fullmatch(code or "")
    return known[1] if known and known[1] in sectors() else code or None


@dataclass(frozen=True, slots=True)
class Texts:
    """The messages of one language; a key that is not in the catalogue is an error."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """
        Return a message with its values filled in.

        Raises:
            KeyError: The catalogue has no such message.

        Example:
            >>> Texts("en")("tier_up", tier=2)
            'Tier 2'
        """
        return catalogue()[key][self.language].format(**values)

    def has(self, key: str) -> bool:
        """Return whether the catalogue has this message."""
        return key in catalogue()

    def coded(self, kind: str, code: str | None) -> str:
        """
        Return the words for a code of some kind; a code without words stands for itself.

        Example:
            >>> Texts("en").coded("binding", "product_cap")
            'Product cap'
        """
        key = f"{kind}_{code}"
        return self(key) if self.has(key) else str(code or "")

    def place(self, place: str | None) -> str:
        """
        Return a place in chains in words.

        Example:
            >>> Texts("en").place("up2"), Texts("en").place("none")
            ('Tier 2', 'In no chain')
        """
        known = PLACE.fullmatch(place or "")
        return self(f"tier_{known[1]}", tier=known[2]) if known else self.coded("place", place)

    def sector(self, code: str | None) -> str:
        """
        Return the name of the division that a sector belongs to; what is no code stays as it is.

        Example:
            >>> Texts("en").sector("C33"), Texts("zh").sector("C3311"), Texts("en").sector("mills")
            ('Metal products', '金属制品业', 'mills')
        """
        division = division_of(code) or ""
        words = sectors().get(division)
        return words[self.language] if words else division

    def policy(self, version: str) -> str:
        """
        Return a policy by its title and the day it begins, without the hash of its content.

        Example:
            >>> Texts("en").policy("standard-2015-01-01-755034e24de6")
            'standard policy from 2015-01-01'
        """
        known = POLICY.fullmatch(version)
        if known is None:
            return self("policy", name=version)
        return self("policy_from", name=self.coded("policy_name", known[1]), day=known[2])

    def reason(self, text: str | None) -> str:
        """
        Return why a figure is absent, in words; parts stand apart by semicolons.

        Example:
            >>> Texts("zh").reason("no statement of the core")
            '核心企业未提供报表'
        """
        parts = (text or "").split("; ")
        return "; ".join(self._part(part) for part in parts)

    def _part(self, part: str) -> str:
        key = f"absent_{part.replace(' ', '_').replace(',', '')}"
        return self(key) if self.has(key) else part
