"""What pydantic found wrong, in words of our own."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

PREFIXES = ("Value error, ", "Assertion failed, ")  # How it begins the messages of our own checks.
SETTINGS = "Settings"


def words(fault: Mapping[str, Any]) -> str:
    """
    Return the message of one fault.

    Example:
        >>> words({"msg": "Value error, is no database URL"})
        'is no database URL'
    """
    said = str(fault["msg"])
    for prefix in PREFIXES:
        said = said.removeprefix(prefix)
    return said


def reason(error: BaseException) -> str:
    """Return the message of a refusal; a wrong setting is named by its variable."""
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    faults = []
    for fault in error.errors():
        name = "_".join(str(part) for part in fault["loc"])
        place = f"DEEPTIER_{name.upper()}" if error.title == SETTINGS else name
        faults.append(f"{place}: {words(fault)}" if place else words(fault))
    return "; ".join(faults)
