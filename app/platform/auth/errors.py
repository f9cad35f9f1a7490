"""Refusals of sign-in."""

from app.platform.errors import AppError, Conflict, Forbidden, Unauthenticated


class WrongPassword(Unauthenticated):
    """Name and password do not belong together."""

    code = "wrong_password"


class TooManyAttempts(AppError):
    """Too many wrong passwords for this name; wait some minutes."""

    status = 429
    code = "too_many_attempts"
    title = "Too many attempts"


class ForgedRequest(Forbidden):
    """The request carries a session but not its CSRF token."""

    code = "csrf"


class UserExists(Conflict):
    """There is a user of this name."""

    code = "user_exists"
