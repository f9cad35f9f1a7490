"""The words of the pages, in Chinese and English, from one catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CATALOGUE = Path(__file__).parent / "messages.yml"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every message by key and language."""
    read: Mapping[str, Mapping[str, str]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return read


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
