"""Patterns as a description writes them: RE2, whose time grows with the text and no faster."""

from functools import cache
from typing import Any

import re2

from ingestion.sets.errors import Wrong

LENGTH_MAX = 1000
_MEMORY_BYTES_MAX = 8 * 2**20


@cache
def compiled(text: str) -> Any:
    """
    Return a pattern, with `fullmatch`, `search` and `match` as those of Python.

    Raises:
        Wrong: It is none, or has what this kind of pattern cannot do (looking around, references).

    Example:
        >>> bool(compiled("全量发票.*[.]xlsx").fullmatch("全量发票2026.xlsx"))
        True
    """
    if len(text) > LENGTH_MAX:
        raise Wrong(f"a pattern has at most {LENGTH_MAX} characters")
    options = re2.Options()
    options.max_mem, options.log_errors = _MEMORY_BYTES_MAX, False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        why = error.args[0] if error.args else "not a pattern"
        said = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise Wrong(f"no pattern: {said}") from error
