"""The records database of a process: one engine, transactions for reading and for writing."""

import contextlib
from collections.abc import Iterator
from typing import Self

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.errors import Unready


class Records:
    """The records database of one process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = engine.execution_options(write=True)

    @property
    def backend(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """
        Yield a connection that sees one settled state.

        Raises:
            Unready: The database cannot be reached.
        """
        with _reachable(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """
        Yield a connection whose work is kept whole or not at all.

        Raises:
            Unready: The database cannot be reached.
        """
        with _reachable(), self.writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextlib.contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unready(f"the records database cannot be used: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unready("the records database went away") from error
        raise
