"""Days as a request gives them: in ISO form and no other."""

import datetime as dt
import re
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _in_iso_form(given: object) -> object:
    """Return what was given; seconds since 1970 and weeks, which pydantic takes, are refused."""
    if isinstance(given, str) and _ISO.fullmatch(given) is None:
        raise PydanticCustomError("day", "a day is written like 2026-06-30")
    return given


Day = Annotated[dt.date, BeforeValidator(_in_iso_form)]
