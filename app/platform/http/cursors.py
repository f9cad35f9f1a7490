"""Opaque cursors: where a list goes on, and of which version."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from app.platform.errors import Malformed
from app.platform.text import is_keepable

LENGTH_MAX = 1000
PLACE_MAX = 2**63 - 1


def write_cursor(place: Mapping[str, Any]) -> str:
    """
    Return a place in a list as an opaque word.

    Example:
        >>> read_cursor(write_cursor({"version": 3, "after": ["a", "b"]}))
        {'version': 3, 'after': ['a', 'b']}
    """
    written = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def read_cursor(cursor: str, **types: type) -> dict[str, Any]:
    """
    Return the place that a cursor stands for.

    Args:
        cursor: What `write_cursor` gave.
        types: The keys it must have, and of which type.

    Raises:
        Malformed: It is none of ours.
    """
    try:
        if len(cursor) > LENGTH_MAX:
            raise Malformed("the cursor is not one of this list")
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Malformed("the cursor is not one of this list") from error
    if not isinstance(place, dict):
        raise Malformed("the cursor is not one of this list")
    for name, kind in types.items():
        if type(place.get(name)) is not kind or not _is_place(place[name]):
            raise Malformed("the cursor is not one of this list")
    return place


def _is_place(value: object) -> bool:
    """Return whether a list of ours can go on there: no store is asked for what it cannot take."""
    if isinstance(value, int):
        return 0 <= value <= PLACE_MAX
    return not isinstance(value, str) or is_keepable(value)
