"""When the bank knew of a row: on the day that it says, else its own day and its source's lag."""

import datetime as dt

import polars as pl

from ingestion.forms import KNOWN, Form


def known(form: Form, lag_days: int, until: dt.date) -> pl.Expr:
    """
    Return which rows were known by the end of a day.

    Args:
        form: Their table.
        lag_days: So many days after its own day a row is known that does not say when.
        until: The day.

    Example:
        >>> from ingestion.forms import form
        >>> days = {"issued_on": [dt.date(2026, 6, 1)] * 2, "known_on": [None, dt.date(2026, 6, 2)]}
        >>> rows = pl.DataFrame(days, schema_overrides={"known_on": pl.Date})
        >>> rows.select(known(form("invoices"), 30, dt.date(2026, 6, 15))).to_series().to_list()
        [False, True]
    """
    told = pl.col(KNOWN)
    if lag_days and form.day is not None:
        told = pl.coalesce(told, pl.col(form.day) + pl.duration(days=lag_days))
    return (told <= until).fill_null(value=True)
