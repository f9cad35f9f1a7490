"""What every read takes from its request: which version it asks for."""

import re
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import WithJsonSchema

from app.data.versions.service import AskedVersion
from app.platform.errors import Absent
from app.platform.http.cursors import read_cursor
from app.platform.http.days import Day
from app.platform.http.paging import Page

NUMBER = re.compile(r"[1-9][0-9]{0,17}")
# Read as text: what is no number names a version that is not there, which is 404, not malformed.
Number = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1})]


async def asked(
    version: Annotated[Number | None, Query(description="Read this version")] = None,
    as_of: Annotated[Day | None, Query(description="Read the newest as of this day")] = None,
) -> AskedVersion:
    """
    Return what the reader said about time.

    Raises:
        Absent: The version is no number: there is none of this name.
    """
    if version is None:
        return AskedVersion(None, as_of)
    if NUMBER.fullmatch(version) is None:
        raise Absent(f"no version {version!r}")
    return AskedVersion(int(version), as_of)


AskedDep = Annotated[AskedVersion, Depends(asked)]


def going_on(
    page: Page, asked: AskedVersion, **types: type
) -> tuple[AskedVersion, dict[str, Any] | None]:
    """
    Return of which version a page is, and where it begins: all pages are of that of the first.

    Args:
        page: Which part of the list is wanted.
        asked: What the reader said about time, which counts for the first page.
        types: What a cursor of the list has beside the version, and of which type.

    Raises:
        Malformed: The cursor is none of this list.
    """
    if not page.cursor:
        return asked, None
    cursor = read_cursor(page.cursor, version=int, **types)
    return AskedVersion(cursor["version"]), cursor
