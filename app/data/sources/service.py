"""Sources listed, shown and saved."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.data.sources import repository
from app.data.sources.errors import BadText, VersionUsed
from app.data.sources.trials import UNNAMED, TrialRequest
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent, Conflict, Forbidden, Malformed, TooLarge
from app.platform.http.answers import tagged
from app.platform.http.conditions import Expected
from app.platform.process.kept import Answer
from ingestion.descriptions import kept
from ingestion.descriptions.faults import BadDescription, Faults
from ingestion.descriptions.folders import FIXED, is_name, read_bytes
from ingestion.descriptions.listing import listed, queries, shown
from ingestion.descriptions.model import Description
from ingestion.descriptions.nodes import BYTES_MAX
from ingestion.errors import ImportRefused

SOURCES_MAX = 1000
RESERVED = ("check", "guess", "new")  # What stands behind `/sources/` besides names.
MARK = "source"  # Of tags: a source is of no version of the graph.


@dataclass(frozen=True, slots=True)
class SavedSource:
    """A source as it stands now that it was saved."""

    answer: Answer
    is_new: bool
    change: str  # The hashes of the texts before and after, for the audit.


def items(resources: Resources, after: str, count: int) -> list[dict[str, Any]]:
    """Return so many sources whose names come after another, in the order of names."""
    return list(islice(listed(resources.sources, after), count))


def source(resources: Resources, name: str) -> Answer:
    """
    Return all there is to tell of a source, with the tag by which it is replaced.

    Raises:
        Absent: There is no source of this name.
    """
    return _answer(_document(resources, name))


def save(
    resources: Resources, name: str, raw: bytes, *, expected: Expected, with_queries: bool
) -> SavedSource:
    """
    Return a source whose description was just saved in the data folder, whole.

    Args:
        resources: Whose data folder.
        name: The source; one that ships with the package is hidden from now on.
        raw: The description.
        expected: What stands there now, as far as its sender knows.
        with_queries: Whether it may ask a database.

    Raises:
        Malformed: The name is none.
        TooLarge: The description is larger than the language allows.
        BadText: It breaks the language.
        Forbidden: It asks a database.
        Conflict: The name belongs to the package, or no file can be replaced there.
        VersionUsed: Another text was published under its version.
        Outdated: Something else stands there.
        Unconditional: Something stands there, and nobody said what.
        Unready: It cannot be written now.
    """
    _check_own(name)
    description = readable(name, raw, with_queries=with_queries)
    with repository.writing(resources.home):
        before = _standing(resources, name)
        expected.check(None if before is None else _answer(before).tag, f"source {name}")
        if before is None and len(resources.sources.names()) >= SOURCES_MAX:
            raise Conflict(f"there are {SOURCES_MAX} sources; remove one that nobody needs")
        _check_unused(resources, description)
        repository.write(resources.home, name, raw)
        after = _document(resources, name)
    old = None if before is None else before["sha256"]
    change = f"sha256 {old or 'none'} -> {after['sha256']}"
    return SavedSource(_answer(after), before is None, change)


def readable(name: str, raw: bytes, *, with_queries: bool) -> Description:
    """
    Return what the text of a description says; questions may be open.

    Raises:
        TooLarge: It is larger than the language allows.
        BadText: It breaks the language.
        Forbidden: It asks a database.
    """
    description, faults = read_text(name, raw, with_queries=with_queries)
    try:
        faults.check(questions=False)
    except BadDescription as error:
        raise BadText(str(error)) from error
    if description is None:
        raise BadText(f"{name}.yml: no description")
    return description


def read_text(name: str, raw: bytes, *, with_queries: bool) -> tuple[Description | None, Faults]:
    """
    Return what the text of a description says as far as it can be read, and all its faults.

    Raises:
        TooLarge: It is larger than the language allows.
        Forbidden: It asks a database.
    """
    if len(raw) > BYTES_MAX:
        raise TooLarge(f"a description has at most {BYTES_MAX} bytes")
    description, faults = read_bytes(name, raw)
    if description is not None and queries(description) and not with_queries:
        raise Forbidden("a description with a query is for admin to set")
    return description, faults


def check_trial(resources: Resources, asked: TrialRequest, *, with_queries: bool) -> None:
    """
    Return nothing where a saved source, or a text in its place, may be tried.

    Args:
        resources: Whose sources.
        asked: What is to be tried.
        with_queries: Whether a text may ask a database.

    Raises:
        Malformed: Neither is given, the name is none, or there is no source of it.
        Conflict: The name belongs to the package.
        TooLarge: The text is larger than the language allows.
        Forbidden: The text asks a database.
    """
    if asked.source is None and asked.text is None:
        raise Malformed("name or description: one of the two is wanted")
    if asked.text is None:
        _check_known(resources, str(asked.source))
        return
    if asked.source is not None:
        _check_own(asked.source)
    read_text(asked.source or UNNAMED, asked.text.encode(), with_queries=with_queries)


def _check_known(resources: Resources, name: str) -> None:
    try:
        resources.sources.path(name)
    except ImportRefused as error:
        raise Malformed(str(error)) from error


def _check_own(name: str) -> None:
    if not is_name(name):
        raise Malformed(f"name: {name!r} is none: a to z, 0 to 9, _; a letter first; at most 63")
    if name in RESERVED:
        raise Conflict(f"{name} is an address; give the source another name")
    if name in FIXED:
        raise Conflict(f"source {name} belongs to the package; give yours another name")


def _check_unused(resources: Resources, description: Description) -> None:
    try:
        kept.check_unused(resources.home / "lake", description)
    except ImportRefused as error:
        raise VersionUsed(str(error)) from error


def _standing(resources: Resources, name: str) -> Document | None:
    return _document(resources, name) if name in resources.sources.places() else None


def _document(resources: Resources, name: str) -> Document:
    try:
        return shown(resources.sources, name)
    except ImportRefused as error:
        raise Absent(f"no source {name!r}") from error


def _answer(document: Document) -> Answer:
    return tagged(document, MARK)
