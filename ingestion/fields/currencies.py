"""The currency of an amount, by its code, its number or its name."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from graph.model import declared
from ingestion.forms import plain_word

HOME = "CNY"  # What amounts are in where nothing is said.
_FILE = Path(__file__).parent / "currencies.yml"
_CODE = re.compile("[a-z]{3}")


def currency(text: str) -> str | None:
    """
    Return the ISO code of a currency; None for a text that names none.

    Example:
        >>> currency("人民币"), currency("usd"), currency("840"), currency("12.50")
        ('CNY', 'USD', 'USD', None)
    """
    plain = plain_word(text)
    return _names().get(plain) or (plain.upper() if _CODE.fullmatch(plain) else None)


@cache
def _names() -> Mapping[str, str]:
    read = declared(_FILE.read_text(encoding="utf-8"))
    return {plain_word(name): code for code, names in read.items() for name in (code, *names)}
