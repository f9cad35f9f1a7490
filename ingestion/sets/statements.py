"""A query as a description writes it: one SELECT, and nothing else."""

import re
from functools import cache

from ingestion.sets.errors import Wrong

LENGTH_MAX = 20_000
SINCE = "since"
_PIECES = re.compile(
    r"""(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])|(?P<remark>--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<cast>::)|(?P<given>:[A-Za-z_]\w*)|(?P<dollar>\$\w*\$)|(?P<word>[^\W\d]\w*)"""
    r"""|(?P<blank>\s+)|(?P<sign>.)""",
    re.DOTALL,
)
# A query that begins with SELECT or WITH can still write with one of these.
_WRITES = frozenset(("insert", "update", "delete", "merge", "into", "drop", "alter", "create"))


@cache
def checked(query: str) -> str:
    r"""
    Return a query as it is run, without its remarks.

    Raises:
        Wrong: It is not one SELECT, writes, or takes another value than `:since`.

    Example:
        >>> checked("SELECT id FROM t -- all;\n WHERE at > :since;")
        'SELECT id FROM t  \n WHERE at > :since'
    """
    if len(query) > LENGTH_MAX:
        raise Wrong(f"a query has at most {LENGTH_MAX} characters")
    written: list[str] = []
    words: list[str] = []
    ended = False
    for match in _PIECES.finditer(query):
        kind, piece = str(match.lastgroup), match[0]
        if kind in ("blank", "remark"):
            written.append(piece if kind == "blank" else " ")
            continue
        if ended:
            raise Wrong("a query is one SELECT: nothing may follow its ;")
        ended = piece == ";"
        _check(kind, piece)
        if kind == "word":
            words.append(piece.lower())
        # What a text holds is never a value that is given.
        written.append("" if ended else piece.replace(":", "\\:") if kind == "text" else piece)
    if not words or words[0] not in ("select", "with"):
        raise Wrong("a query is one SELECT")
    if writes := _WRITES.intersection(words):
        raise Wrong(f"a query only reads: {min(writes).upper()} is not allowed")
    return "".join(written).strip()


def takes_since(query: str) -> bool:
    """Return whether a query asks for what is new only."""
    return any(
        match.lastgroup == "given" for match in _PIECES.finditer(query) if match[0] == f":{SINCE}"
    )


def _check(kind: str, piece: str) -> None:
    if kind == "given" and piece != f":{SINCE}":
        raise Wrong(f"{piece} is not known; a query may have :{SINCE}")
    if kind == "dollar" or (kind == "sign" and piece in "'\"`"):
        raise Wrong(f"a query has a text that is never closed: {piece}")
