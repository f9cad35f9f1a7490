"""The kinds of values that a policy file holds: how each is written, and in what unit."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
)

TEXTS_MAX = 1000  # Texts of a list.
PLACES_MAX = 12  # As many as a share of a derivation has.
WHOLE_MAX = 2**63 - 1  # As much as a column of money holds.


def _exact(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError("write the number in quotes, it is kept exactly")  # noqa: TRY004  # pydantic collects it
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite() or number < 0:
        raise ValueError(f"{value!r} must be finite and not below 0")
    if number > WHOLE_MAX:
        raise ValueError(f"must be at most {WHOLE_MAX}")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES_MAX:
        raise ValueError(f"{value!r} has more than {PLACES_MAX} places")
    return number


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def keys(*wanted: str) -> AfterValidator:
    """Return the check that a table has exactly these keys."""

    def check(table: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        """Return the table in the order of the keys that it must have, or raise `ValueError`."""
        if set(table) != set(wanted):
            missing = [key for key in wanted if key not in table]
            unknown = [key for key in table if key not in wanted]
            raise ValueError(f"missing keys {missing}, unknown keys {unknown}")
        return {key: table[key] for key in wanted}

    return AfterValidator(check)


Number = Annotated[Decimal, BeforeValidator(_exact)]
Whole = Annotated[StrictInt, Field(ge=0, le=WHOLE_MAX)]
Text = Annotated[str, AfterValidator(_not_blank)]
Table = dict[str, Number]


class Strict(BaseModel):
    """A part of a policy file: every key known, every value of its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Wording(Strict):
    """One text in both languages."""

    zh: Text
    en: Text


class Entry(Strict):
    """A value with its unit, its source and its meaning."""

    value: Any
    unit: str
    source: Text
    label: Wording


class Section(Strict):
    """Entries by name."""


class Count(Entry):
    """A number of things."""

    value: Whole
    unit: Literal["count"]


class Days(Entry):
    """A number of days."""

    value: Whole
    unit: Literal["days"]


class Fen(Entry):
    """An amount of money, in whole fen."""

    value: Whole
    unit: Literal["fen"]


class Flag(Entry):
    """A yes or no."""

    value: StrictBool
    unit: Literal["flag"]


class Word(Entry):
    """A word."""

    value: Text
    unit: Literal["text"]


class TextList(Entry):
    """A list of texts, which may be empty."""

    value: Annotated[list[Text], Field(max_length=TEXTS_MAX)]
    unit: Literal["text"]


class Share(Entry):
    """A part of a whole."""

    value: Number
    unit: Literal["share"]


class Rate(Entry):
    """A part of an amount."""

    value: Number
    unit: Literal["rate"]


class Ratio(Entry):
    """A factor."""

    value: Number
    unit: Literal["ratio"]
