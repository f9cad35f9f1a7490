"""What is refused of what somebody typed or sent, told in the language of whoever reads it."""

from collections.abc import Mapping
from typing import NamedTuple

from app.platform.errors import Malformed
from app.platform.web.texts import LANGUAGES, Language, Texts


class NestedMessage(NamedTuple):
    """A message of the catalogue that stands in another one, in the same language."""

    key: str
    values: Mapping[str, object]


def _said(language: Language, key: str, values: Mapping[str, object]) -> str:
    told = {
        name: _said(language, *value) if isinstance(value, NestedMessage) else value
        for name, value in values.items()
    }
    return Texts(language)(key, **told)


class UnfitInput(Malformed):
    """
    What was sent is not what it must be, in words of the catalogue.

    Args:
        named: What it is: a field, or a file by its name.
        key: The words that say what is wrong.
        values: What stands in them: values, or other messages.
    """

    def __init__(self, named: str, key: str, /, **values: object) -> None:
        super().__init__(f"{named}: {_said('en', key, values)}")
        self.further = {each: _said(each, key, values) for each in LANGUAGES}


class UnfitField(UnfitInput):
    """A field of a form is not what it must be."""

    def __init__(self, field: str, **values: object) -> None:
        super().__init__(field, f"unfit_{field}", **values)


class UnfitFile(UnfitInput):
    """A file cannot be taken as a whole; in words it is named as well."""

    def __init__(self, file: str, why: str, /, **values: object) -> None:
        super().__init__(file, f"unfit_file_{why}", **values)
        self.further = {language: f"{file}: {told}" for language, told in self.further.items()}
