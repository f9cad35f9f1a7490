"""Shapes of the business day."""

import datetime as dt

from pydantic import BaseModel, Field


class BusinessDay(BaseModel):
    """The date of the books."""

    date: dt.date = Field(description="Moved on by closing days, never by the clock")
