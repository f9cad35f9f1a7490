"""Shapes of sign-in and of the audit."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.platform.auth.principals import Role
from app.platform.text import MAIL_LENGTH_MAX


class SignIn(BaseModel):
    """Name and password."""

    model_config = ConfigDict(strict=True)

    name: str = Field(min_length=1, max_length=120)
    password: str = Field(min_length=1, max_length=1024)


class Who(BaseModel):
    """Who is signed in."""

    name: str
    role: Role
    firm: str | None = Field(description="The firm of a core or supplier")
    unit: str = Field(description="The unit of the bank in which they work")
    csrf: str | None = Field(description="What a session sends as X-CSRF-Token on every change")


class MailChoice(BaseModel):
    """Where somebody wants to be told by mail; null: nowhere."""

    model_config = ConfigDict(extra="forbid")

    address: str | None = Field(max_length=MAIL_LENGTH_MAX, description="Of ASCII, with a domain")
    language: Literal["zh", "en"] | None = Field(
        default=None, description="Of what is sent; default that of the bank"
    )


class MailCode(BaseModel):
    """The code that was sent to an address."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=20, description="As the mail holds it")


class MailTold(BaseModel):
    """Where somebody is told by mail, and whether the bank sends any."""

    address: str | None
    language: Literal["zh", "en"] | None = Field(description="Of what is sent; null: nothing is")
    confirmed: bool = Field(description="Whether its code was given: nothing is told there before")
    sends: bool = Field(description="Whether a server of mail is set: without one nothing is sent")


class UserAccount(BaseModel):
    """Somebody who may sign in, or no longer."""

    name: str
    role: Role
    firm: str | None = Field(description="The firm of a core or supplier")
    unit: str = Field(description="The unit of the bank in which they work")
    active: bool = Field(description="Whether they may sign in")
    created_at: dt.datetime
    sessions: int = Field(description="Sessions that hold now")
    tokens: int = Field(description="Tokens of theirs that hold now")
    mail: str | None = Field(description="Where they are told by mail")


class UserAccounts(BaseModel):
    """Users in order of their names."""

    items: list[UserAccount]
    next: str | None


class UserChange(BaseModel):
    """What is to change of a user."""

    model_config = ConfigDict(extra="forbid")

    active: StrictBool = Field(description="Whether they may sign in")


class EndedAccess(BaseModel):
    """How many sessions and tokens were ended."""

    sessions: int
    tokens: int


class IssuedToken(BaseModel):
    """A token that was given out: its id, never the token."""

    token: str = Field(description="Its id")
    role: Role
    firm: str | None = Field(description="The firm of a core or supplier")
    user: str | None = Field(description="Whose it is, if it is somebody's")
    unit: str = Field(description="The unit of the bank in which its bearer works")
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None


class IssuedTokens(BaseModel):
    """Tokens whose time is not over, in order of their ids."""

    items: list[IssuedToken]
    next: str | None


class AuditEntry(BaseModel):
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

    items: list[AuditEntry]
    next: str | None
