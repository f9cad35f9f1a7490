"""Column types that mean the same on SQLite and PostgreSQL."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from app.platform.text import kept_form


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC; goes in and comes out aware of it, whatever the database keeps."""

    impl = sa.DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy's interface
        """Return the moment without its zone, which is always UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone could be any time")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002  # SQLAlchemy's interface
        """Return the moment with its zone."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


class Words(TypeDecorator[str]):
    """Text that we write about other people's text; what cannot be kept goes in as its escape."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's interface
        """Return the text as both databases take it."""
        return None if value is None else kept_form(value)
