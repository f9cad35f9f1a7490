"""Which version a request reads."""

import datetime as dt
from dataclasses import dataclass

from app.data.runs.repository import RunRow, newest_run
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Malformed
from app.policy import Policy, policy_on
from graph.model import Version


@dataclass(frozen=True, slots=True)
class AskedVersion:
    """What a reader said about time: a version, a date, or neither."""

    version: int | None = None
    as_of: dt.date | None = None


def version_of(resources: Resources, asked: AskedVersion) -> Version:
    """
    Return the version that was asked for; the current one where nothing was said.

    Raises:
        Malformed: Both a version and a date are given.
        Absent: There is no such version, or none yet on that date.
    """
    if asked.version is not None and asked.as_of is not None:
        raise Malformed("give a version or a date (as_of), not both")
    if asked.as_of is None:
        return resources.version(asked.version)
    held = [each for each in resources.store.versions() if each.as_of <= asked.as_of]
    if not held:
        raise Absent(f"no version is as of {asked.as_of.isoformat()} or before")
    return max(held, key=lambda each: (each.as_of, each.number))


def version_and_run(resources: Resources, asked: AskedVersion) -> tuple[Version, RunRow | None]:
    """
    Return the version whose limits are read, and its newest run.

    Where nothing was said and the current version has no run yet, it is the newest that has one:
    readers keep what was served until the refresh is done.

    Raises:
        Malformed: Both a version and a date are given.
        Absent: There is no such version.
    """
    return resources.recent(("read", asked), lambda: _version_and_run(resources, asked))


def lately_read(resources: Resources, asked: AskedVersion) -> RunRow | None:
    """Return the run that a reader who asked the same not long ago was given, if that is known."""
    found = resources.lately(("read", asked))
    return found[1] if isinstance(found, tuple) else None


def _version_and_run(resources: Resources, asked: AskedVersion) -> tuple[Version, RunRow | None]:
    version = version_of(resources, asked)
    run = newest_run(resources.records, version.number)
    if (
        run is None
        and asked == AskedVersion()
        and (run := newest_run(resources.records)) is not None
    ):
        version = resources.version(run.version)
    return version, run


def policy_of(resources: Resources, day: dt.date) -> Policy:
    """
    Return the policy in force on a day, from the folder that the settings name.

    Raises:
        Unready: The folder cannot be used as it is, or none of its policies is in force: not the
            reader's fault, and well again once the folder is.
    """
    return policy_on(resources.settings.policy, day)


def documents(resources: Resources, sight: Sight) -> list[Document]:
    """Return every published version as a document, oldest first; counts are the bank's."""
    current = resources.store.current()
    return [
        {
            "version": each.number,
            "as_of": each.as_of.isoformat(),
            "published_at": each.published_at.isoformat(),
            "firms": each.firms if sight.is_whole else None,
            "trades": each.trades if sight.is_whole else None,
            "current": current is not None and each.number == current.number,
        }
        for each in resources.store.versions()
    ]
