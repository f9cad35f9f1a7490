"""The organisation of a bank, in force on a day: read strictly, asked for units and authority."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.books.organisation.forms import LEVELS, Hands, Level, OrganisationFile
from app.platform.errors import Malformed
from app.policy.loader import DatedFolder, version_of
from app.policy.reading import held_to, read_keys
from graph.model import Label

SHIPPED = Path(__file__).parent / "charts"
NO_GRADE = "none"
TOLD_MAX = 20


@dataclass(frozen=True, slots=True)
class OrganisationUnit:
    """One unit of the bank."""

    id: str
    level: Level
    parent: str | None
    label: Label


@dataclass(frozen=True, slots=True)
class Authority:
    """Who decides: how many people, in a unit of which level or above."""

    to_fen: int | None  # Up to and with this amount; None: any.
    grades: Sequence[str]  # Empty: any.
    products: Sequence[str]  # Empty: any.
    hands: Hands
    level: Level | None
    source: str

    def takes(self, amount_fen: int, grade: str, product: str | None) -> bool:
        """Return whether a decision is one of this row."""
        return (
            (self.to_fen is None or amount_fen <= self.to_fen)
            and (not self.grades or grade in self.grades)
            and (not self.products or product in self.products)
        )


@dataclass(frozen=True, slots=True)
class Organisation:
    """Units and authority from a day on; the version names the file's name, date and content."""

    name: str
    valid_from: dt.date
    version: str
    units: Mapping[str, OrganisationUnit]
    table: Sequence[Authority]

    def require(self, unit: str) -> None:
        """
        Raise where there is no such unit.

        Raises:
            Malformed: There is none; the message names those that there are.
        """
        if unit not in self.units:
            names = [*self.units]
            more = f" and {len(names) - TOLD_MAX} more" if len(names) > TOLD_MAX else ""
            raise Malformed(f"no unit {unit!r}; there are {', '.join(names[:TOLD_MAX])}{more}")

    def authority(
        self, amount_fen: int, *, grade: str | None = None, product: str | None = None
    ) -> Authority:
        """
        Return who may decide on an amount: the first row of the table that takes it.

        Example:
            >>> found = OrganisationBook(None).on(dt.date(2026, 6, 30)).authority(300_000_001)
            >>> found.hands, found.level
            ('two', 'branch')
        """
        asked = (amount_fen, grade or NO_GRADE, product)
        return next(row for row in self.table if row.takes(*asked))

    def may_decide(self, unit: str, level: Level | None) -> bool:
        """
        Return whether people of a unit decide where this level is needed: at it, or above.

        Example:
            >>> bank = OrganisationBook(None).on(dt.date(2026, 6, 30))
            >>> bank.may_decide("head", "branch"), bank.may_decide("outlet", "branch")
            (True, False)
        """
        own = self.units.get(unit)
        if own is None or level is None:
            return own is not None
        return LEVELS.index(own.level) <= LEVELS.index(level)


@dataclass(frozen=True, slots=True)
class OrganisationBook:
    """
    Every organisation that a bank has had.

    Args:
        policy: The folder of its own policies; its organisation is in `organisation` below it,
            else the shipped one holds.
    """

    policy: Path | None

    def on(self, day: dt.date) -> Organisation:
        """
        Return the organisation in force on a business day.

        Raises:
            Unready: The folder cannot be used as it is, or none is in force.
        """
        return CHARTS.on(self.policy, day)


def read_organisation(path: Path) -> Organisation:
    """
    Return the organisation of a file.

    Raises:
        InvalidInput: The file does not hold to its schema; every fault is named by its key.
    """
    raw, read = read_keys(path)
    file = held_to(OrganisationFile, read, path.name)
    units = {
        name: OrganisationUnit(name, each.level, each.parent, Label(**dict(each.label)))
        for name, each in file.units.items()
    }
    table = [Authority(**dict(each)) for each in file.authority]
    version = version_of(file.name, file.valid_from, raw)
    return Organisation(file.name, file.valid_from, version, units, table)


CHARTS = DatedFolder("organisation", SHIPPED, read_organisation, "organisation")
