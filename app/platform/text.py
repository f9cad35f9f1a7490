"""
Text that can be kept: the one rule about what no store takes.

A NUL ends a text for PostgreSQL, and half of a surrogate pair has no bytes in UTF-8. What comes
from outside and holds either is refused where it arrives (`app.platform.http.routing`); what we
write ourselves about such text (an error that quotes a file, say) is written with escapes instead.
"""

import json
import re
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAIL_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
MAIL_LENGTH_MAX = 254
_LOCAL_LENGTH_MAX = 64


_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def compact(document: Any) -> str:
    r"""
    Return a document as JSON without spaces, its texts as they are.

    Example:
        >>> compact({"id": "华信", "path": [1, None]}), compact("\ud800") == '"\ud800"'
        ('{"id":"华信","path":[1,null]}', True)
    """
    try:
        return to_json(document).decode()
    except PydanticSerializationError:  # Half of a surrogate pair has no bytes.
        return _compact(document)


def is_keepable(text: str) -> bool:
    r"""
    Return whether every store, log and answer can hold a text as it is.

    Example:
        >>> is_keepable("华信 🙂"), is_keepable("a\0b"), is_keepable("\ud800")
        (True, False, False)
    """
    return (text.isascii() and "\0" not in text) or _UNKEEPABLE.search(text) is None


def is_on_one_line(text: str) -> bool:
    r"""
    Return whether a text can be a name: what can be seen, on one line.

    Breaks of lines, control characters and marks that turn the direction of what follows would
    forge a line of a log, of a mail or of a list.

    Example:
        >>> is_on_one_line("李娜 🙂"), is_on_one_line("li\nna"), is_on_one_line("li\u202ena")
        (True, False, False)
    """
    return is_keepable(text) and _BREAKING.search(text) is None


def kept_form(text: str) -> str:
    r"""
    Return a text with an escape in place of everything that cannot be kept.

    Example:
        >>> kept_form("a\0b\ud800")
        'a\\x00b\\ud800'
    """
    if is_keepable(text):
        return text
    return _UNKEEPABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def is_mail_address(text: str) -> bool:
    r"""
    Return whether a text is one address of mail that every server takes: of ASCII, with a domain.

    Example:
        >>> is_mail_address("li.na@bank.example"), is_mail_address("li@bank.example\nBcc: x@y.z")
        (True, False)
        >>> is_mail_address("李@bank.example"), is_mail_address("li@bank")
        (False, False)
    """
    if len(text) > MAIL_LENGTH_MAX or _MAIL_ADDRESS.fullmatch(text) is None:
        return False
    return text.index("@") <= _LOCAL_LENGTH_MAX
