"""Where a database is: told by the environment, and by nothing else; it is never shown."""

import re
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from ingestion.errors import ImportRefused
from ingestion.sets.errors import Wrong

PREFIX = "DEEPTIER_SOURCE_"
_VARIABLE = re.compile(rf"{PREFIX}[A-Z0-9_]{{1,64}}")


def checked(variable: str) -> str:
    """
    Return the name of a variable of the environment that may hold an address.

    Raises:
        Wrong: It is none of those.
    """
    if not _VARIABLE.fullmatch(variable):
        raise Wrong(f"an address comes from a variable called {PREFIX}…, in capitals")
    return variable


def address(variable: str, environ: Mapping[str, str]) -> sa.URL:
    """
    Return the address of a database.

    Raises:
        ImportRefused: The variable is not set or holds none, or one of a database that is not read.
    """
    told = environ.get(variable, "").strip()
    if not told:
        raise ImportRefused(f"{variable} is not set; it holds the address of the database")
    try:
        url = sa.make_url(told)
    except (ArgumentError, ValueError):
        # What is said of a wrong address may hold its password.
        raise ImportRefused(f"{variable} holds no address of a database") from None
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return url
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise ImportRefused(f"{variable}: a database is read by sqlite:///FILE or postgresql://…")
