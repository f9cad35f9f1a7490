"""Shares out of text, exactly as they are written: of one or of a hundred."""

import re
from decimal import Decimal

_NUMBER = re.compile(
    r"([+-]?[0-9]{1,15}(?:\.[0-9]{1,18})?|[+-]?\.[0-9]{1,18})(?:[eE]([+-]?[0-9]{1,2}))? ?([%％]?)"
)


def exact_share(text: str, *, per_cent: bool) -> str | None:
    """
    Return a share of one as text; None where a text is no number.

    Args:
        text: A number, with a sign for per cent or without.
        per_cent: Whether a number without that sign is of a hundred too.

    Example:
        >>> exact_share("62.5%", per_cent=False), exact_share("0.333", per_cent=True)
        ('0.625', '0.00333')
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    number = Decimal(found[1]).scaleb(int(found[2] or 0))
    if per_cent or found[3]:
        number = number.scaleb(-2)
    return f"{number.normalize():f}"
