"""Shapes of sign-in and of the audit."""

import datetime as dt

from pydantic import BaseModel, Field

from app.auth.principals import Role


class SignIn(BaseModel):
    """Name and password."""

    name: str = Field(min_length=1, max_length=120)
    password: str = Field(min_length=1, max_length=1024)


class Who(BaseModel):
    """Who is signed in."""

    name: str
    role: Role
    firm: str | None = Field(description="The firm of a core or supplier")
    csrf: str | None = Field(description="What a session sends as X-CSRF-Token on every change")


class Entry(BaseModel):
    """One row of the audit."""

    entry: int
    at: dt.datetime
    actor: str
    role: str | None
    action: str
    target: str
    outcome: str
    status: int | None
    trace: str


class Audit(BaseModel):
    """Rows of the audit, the latest first."""

    items: list[Entry]
    next: str | None
