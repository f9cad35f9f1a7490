"""An organisation as it is written: units in a tree, and the table of who may decide how much."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from app.platform.auth.principals import HEAD
from app.policy.schemas.entries import Strict, Text, Whole, Wording
from app.policy.schemas.first import GRADES, Dated

Level = Literal["head", "branch", "specialised", "technology", "outlet"]
Hands = Literal["machine", "one", "two", "committee"]
LEVELS: tuple[Level, ...] = get_args(Level)  # From the top down.
UNITS_MAX = 10_000
ROWS_MAX = 1_000
UnitId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class UnitEntry(Strict):
    """One unit: at which level it is, below which other one."""

    level: Level
    parent: UnitId | None
    label: Wording


class AuthorityEntry(Strict):
    """Up to which amount, of which grades and products, whose decision is needed."""

    to_fen: Whole | None
    grades: Annotated[list[Text], Field(max_length=len(GRADES) + 1)]
    products: Annotated[list[Text], Field(max_length=ROWS_MAX)]
    hands: Hands
    level: Level | None
    source: Text

    @model_validator(mode="after")
    def _names_a_level(self) -> Self:
        """Return the row, or raise `ValueError`."""
        if (self.hands == "machine") != (self.level is None):
            raise ValueError("level is given where people decide, and only there")
        known = {*GRADES, "none"}
        if unknown := sorted(set(self.grades) - known):
            raise ValueError(f"unknown grades {unknown}")
        return self

    @property
    def is_for_all(self) -> bool:
        """Return whether a row takes whatever the rows before it left."""
        return self.to_fen is None and not self.grades and not self.products


class OrganisationFile(Dated):
    """An organisation from a day on."""

    schema_number: Literal[1] = Field(alias="schema")
    name: UnitId
    units: Annotated[dict[UnitId, UnitEntry], Field(min_length=1, max_length=UNITS_MAX)]
    authority: Annotated[list[AuthorityEntry], Field(min_length=1, max_length=ROWS_MAX)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        """Return the file, or raise `ValueError` with all that is wrong between its parts."""
        faults = [
            f"{name}: {told}" for name, unit in self.units.items() if (told := self._fault(unit))
        ]
        head = self.units.get(HEAD)
        if head is None or head.parent is not None:
            faults.insert(0, f"units: {HEAD!r} must be there, below no other")
        if not self.authority[-1].is_for_all:
            faults.append("authority: the last row must be for every amount, grade and product")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _fault(self, unit: UnitEntry) -> str | None:
        if unit.parent is None:
            return None if unit.level == "head" else "only the head office is below no other"
        above = self.units.get(unit.parent)
        if above is None:
            return f"there is no unit {unit.parent!r}"
        if LEVELS.index(above.level) >= LEVELS.index(unit.level):
            return f"{unit.level} cannot be below {above.level}"
        return None
