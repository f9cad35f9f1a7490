"""Digests of what stands in the book, which its events tell of every row that they change."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

_text_of = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def digest_of_values(values: Sequence[Any]) -> str:
    """
    Return the digest of the values of a row of the book in order, its column `event` left out.

    Raises:
        TypeError: A value is no text, whole number or nothing.
    """
    return hashlib.sha256(_text_of(list(values)).encode()).hexdigest()
