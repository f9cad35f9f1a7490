"""Language and theme of a reader, kept in cookies, and where a link may lead."""

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

from starlette.requests import Request

from app.platform.text import is_keepable
from app.platform.web.texts import LANGUAGES, Language

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
LANGUAGE_COOKIE = "deeptier_language"
THEME_COOKIE = "deeptier_theme"
KEPT_SECONDS = 365 * 24 * 3600
FIRST_PRINTABLE = " "


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a reader wants pages to look."""

    language: Language
    theme: Theme


def preferences_of(request: Request) -> Preferences:
    """Return what the cookies say, else what the browser accepts, else the setting."""
    theme = request.cookies.get(THEME_COOKIE)
    return Preferences(_language(request), theme if theme in THEMES else "light")


def _language(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.partition(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    resources = getattr(request.app.state, "resources", None)
    return resources.settings.language if resources else "zh"


def local_path(given: str | None, *, otherwise: str = "/") -> str:
    """
    Return the path where it leads to a page of ours, else another one.

    Fields of its query that no store can keep, which every page refuses, fall away.

    Example:
        >>> local_path("/cores?sort=name"), local_path("//elsewhere.example"), local_path(None)
        ('/cores?sort=name', '/', '/')
        >>> local_path("/firms?query=%00&sort=name"), local_path("/firms/%00")
        ('/firms?sort=name', '/')
    """
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")):
        return otherwise
    if any(letter < FIRST_PRINTABLE or letter in "\\\x7f" for letter in given):
        return otherwise
    try:
        parts = urlsplit(given)
    except ValueError:
        return otherwise
    if parts.scheme or parts.netloc or not _is_text(parts.path):
        return otherwise
    if _is_text(parts.query):
        return given
    left = "&".join(field for field in parts.query.split("&") if _is_text(field))
    return urlunsplit(parts._replace(query=left))


def _is_text(quoted: str) -> bool:
    """Return whether a part of an address stands for text that can be kept."""
    try:
        return is_keepable(unquote_to_bytes(quoted).decode())
    except UnicodeError:
        return False
