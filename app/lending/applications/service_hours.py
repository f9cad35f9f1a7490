"""Within which hours officers act on what waits for them: dated files, read strictly."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from app.platform.events import moment_of
from app.policy.loader import DatedFolder, version_of
from app.policy.reading import held_to, read_keys
from app.policy.schemas.entries import Number, Strict, Text, Whole, Wording
from app.policy.schemas.first import Dated

SHIPPED = Path(__file__).parent / "hours"
DAY_HOURS = 24
HOURS_MAX = 10_000
BANDS = ("late", "near", "in_time")
Hours = Annotated[Whole, Field(ge=1, le=HOURS_MAX)]


class HoursEntry(Strict):
    """So many hours, by whom, for what."""

    hours: Hours
    source: Text
    label: Wording


class ShareEntry(Strict):
    """A share of the hours."""

    value: Annotated[Number, Field(le=1)]
    source: Text
    label: Wording


class StatesEntry(Strict):
    """The hours of each state in which an application waits for an officer."""

    referred: HoursEntry
    recommended: HoursEntry


class ServiceHoursFile(Dated):
    """Service hours from a day on."""

    schema_number: Literal[1] = Field(alias="schema")
    states: StatesEntry
    near_share: ShareEntry
    claim: HoursEntry


class Deadline(NamedTuple):
    """Until when an application is to be acted upon: hours given, those left, a word of `BANDS`."""

    hours: int
    left_hours: int  # Below zero where they are over.
    band: str


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """The service hours in force from a day on, and after how many a claim may be taken over."""

    valid_from: dt.date
    version: str
    states: Mapping[str, int]
    near_share: float
    claim_hours: int

    def near_hours(self, state: str) -> int:
        """Return after how many hours the time of a state is nearly over."""
        return ceil(self.states[state] * self.near_share)

    def claimed_until(self, since: str) -> dt.datetime:
        """Return the moment from which somebody else may take over a claim made at a moment."""
        return moment_of(since) + dt.timedelta(hours=self.claim_hours)

    def deadline(self, row: Mapping[str, Any], day: dt.date, now: dt.datetime) -> Deadline:
        """
        Return until when an application is to be acted upon.

        Args:
            row: Its `state`, and `since` and `since_on`, the moment and the day of its last move.
            day: The business day; each since then counts for 24 hours at least.
            now: The clock's time.
        """
        hours = self.states[row["state"]]
        by_clock = int((now - moment_of(row["since"])).total_seconds() // 3600)
        by_days = (day - dt.date.fromisoformat(row["since_on"])).days * DAY_HOURS
        passed = max(by_clock, by_days, 0)
        if passed >= hours:
            return Deadline(hours, hours - passed, "late")
        near = passed >= self.near_hours(row["state"])
        return Deadline(hours, hours - passed, "near" if near else "in_time")


def service_hours_on(policy: Path | None, day: dt.date) -> ServiceHours:
    """
    Return the service hours in force on a business day.

    Args:
        policy: The folder of a bank's own policies; its hours are in `hours` below it, else the
            shipped ones hold.
        day: The business day.

    Raises:
        Unready: The folder cannot be used as it is, or none are in force.
    """
    return HOURS.on(policy, day)


def read_hours(path: Path) -> ServiceHours:
    """
    Return the service hours of a file.

    Raises:
        InvalidInput: The file does not hold to its schema; every fault is named by its key.
    """
    raw, read = read_keys(path)
    file = held_to(ServiceHoursFile, read, path.name)
    version = version_of(file.name, file.valid_from, raw)
    states = {"referred": file.states.referred.hours, "recommended": file.states.recommended.hours}
    share = float(file.near_share.value)
    return ServiceHours(file.valid_from, version, states, share, file.claim.hours)


HOURS = DatedFolder("hours", SHIPPED, read_hours, "service hours")
