"""What pydantic found wrong, in words of our own."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

NO_DAY = "does not match the formats '%Y-%m-%d'."  # What the command line says of a day.
PREFIXES = ("Value error, ", "Assertion failed, ")  # How it begins the messages of our own checks.
SETTINGS = "Settings"


def words(fault: Mapping[str, Any]) -> str:
    """
    Return the message of one fault.

    Example:
        >>> words({"msg": "Value error, is no database URL"})
        'is no database URL'
    """
    return plain_words(str(fault["msg"]))


def plain_words(said: str) -> str:
    """
    Return a message of pydantic, or of the command line that is built on it, in plain words.

    Example:
        >>> plain_words("Value error, 'soon' does not match the formats '%Y-%m-%d'.")
        "'soon' is no day; give it as 2026-06-30"
    """
    for prefix in PREFIXES:
        said = said.removeprefix(prefix)
    return said.replace(NO_DAY, "is no day; give it as 2026-06-30")


def reason(error: BaseException) -> str:
    """
    Return the message of a refusal; a wrong setting is named by its variable.

    Example:
        >>> reason(FileNotFoundError(2, "No such file or directory", "firms.csv"))
        'firms.csv: no such file or directory'
    """
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        name = error.filename if error.filename2 is None else error.filename2
        return f"{os.fsdecode(name)}: {error.strerror[0].lower()}{error.strerror[1:]}"
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    faults = []
    for fault in error.errors():
        name = "_".join(str(part) for part in fault["loc"])
        place = f"DEEPTIER_{name.upper()}" if error.title == SETTINGS else name
        faults.append(f"{place}: {words(fault)}" if place else words(fault))
    return "; ".join(faults)
