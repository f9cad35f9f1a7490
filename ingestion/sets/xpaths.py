"""
Paths of XML as a description writes them: a closed part of XPath, checked before it is evaluated.

Steps (`a/b`, `//b`, `..`, `@c`, `*`, `p:b`), `|`, and conditions in brackets: a place, a path,
comparisons, `and`, `or`, `not(…)`. No other function, no variable, no axis by its name. The prefix
`d` is the namespace of the root, whatever that is.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from ingestion.sets.errors import Wrong, nearest

DEFAULT = "d"
LENGTH_MAX, DEPTH_MAX, DESCENTS_MAX = 1000, 5, 3
_COMPILED_MAX = 4096
_NAME = r"[^\W\d][\w.\-·]*"
_TOKEN = re.compile(
    rf"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d+)?)|(?P<axis>{_NAME}\s*::)"""
    rf"""|(?P<name>(?:{_NAME}:)?(?:{_NAME}|(?<=:)\*)|\*)|(?P<variable>\$)"""
    r"""|(?P<sign>//|/|\.\.|\.|@|\[|\]|\(|\)|\||!=|<=|>=|=|<|>))"""
)
_COMPARISONS = ("=", "!=", "<=", ">=", "<", ">")
_AXES = "a step is a name, * or ..; // looks further down"


@lru_cache(_COMPILED_MAX)
def compiled(
    path: str, prefixes: tuple[tuple[str, str], ...], namespace: str | None
) -> etree.XPath:
    """
    Return a path ready to be evaluated on documents whose root is in a namespace.

    Args:
        path: The path.
        prefixes: The namespaces by their prefixes.
        namespace: That of the root; None for none.

    Raises:
        Wrong: The path is none that is known.

    Example:
        >>> root = etree.fromstring("<a><b>1</b></a>")
        >>> [each.text for each in compiled("d:b", (), None)(root)]
        ['1']
    """
    known = dict(prefixes)
    reading = _PathReading(_tokens(path), known, in_none=namespace is None)
    text = reading.whole()
    if namespace is not None:
        known[DEFAULT] = namespace
    try:
        return etree.XPath(text, namespaces=known or None, regexp=False, smart_strings=False)
    except (etree.XPathError, ValueError) as error:  # Of characters that no document has.
        raise Wrong(f"path {path}: {error}") from error


def prefixed(prefix: str) -> str:
    """
    Return a prefix of names in paths.

    Raises:
        Wrong: It is no name, or is that of the root.
    """
    if prefix == DEFAULT:
        raise Wrong(f"prefix {DEFAULT} is the namespace of the root; call it otherwise")
    if not re.fullmatch(_NAME, prefix):
        raise Wrong(f"{prefix!r} is no prefix: a name of letters and figures is")
    return prefix


def checked(path: str, prefixes: Mapping[str, str]) -> None:
    """
    Raise `Wrong` where a path is none that is known.

    Args:
        path: The path.
        prefixes: The namespaces by their prefixes.
    """
    for prefix in prefixes:
        prefixed(prefix)
    compiled(path, tuple(sorted(prefixes.items())), None)


@dataclass(frozen=True, slots=True)
class _PathToken:
    kind: str
    text: str


def _tokens(path: str) -> list[_PathToken]:
    if len(path) > LENGTH_MAX:
        raise Wrong(f"a path has at most {LENGTH_MAX} characters")
    found: list[_PathToken] = []
    at = 0
    while at < len(path.rstrip()):
        match = _TOKEN.match(path, at)
        if match is None:
            raise Wrong(f"path {path}: {path[at:].strip()[0]!r} stands for nothing in a path")
        kind = str(match.lastgroup)
        if kind == "axis":
            raise Wrong(f"path {path}: {match['axis']} is no step; {_AXES}")
        if kind == "variable":
            raise Wrong(f"path {path}: there are no variables")
        found.append(_PathToken(kind, match[kind]))
        at = match.end()
    if not found:
        raise Wrong("the path is blank")
    return found


@dataclass(slots=True)
class _PathReading:
    """Reads a path from its tokens, and writes it down as it is evaluated."""

    tokens: list[_PathToken]
    prefixes: Collection[str]
    in_none: bool  # Whether the root is in no namespace.
    at: int = 0
    depth: int = 0
    descents: int = 0
    written: list[str] = field(default_factory=list)

    def whole(self) -> str:
        """Return the path."""
        self._union()
        if self.at < len(self.tokens):
            raise self._wrong("ends here or goes on with / or |")
        return "".join(self.written)

    def _seen(self, *texts: str) -> bool:
        """Return whether the next token is one of some signs or words."""
        if self.at >= len(self.tokens):
            return False
        token = self.tokens[self.at]
        return token.kind in ("sign", "name") and token.text in texts

    def _take(self, *texts: str) -> bool:
        if not self._seen(*texts):
            return False
        self._write(self.tokens[self.at].text)
        return True

    def _write(self, text: str) -> None:
        self.written.append(f" {text} " if text in ("and", "or") else text)
        self.at += 1

    def _wrong(self, wanted: str) -> Wrong:
        seen = " ".join(token.text for token in self.tokens[: self.at])
        where = f"after {seen}" if seen else "at its beginning"
        return Wrong(f"path {' '.join(t.text for t in self.tokens)}: {where} it {wanted}")

    def _union(self) -> None:
        self._path()
        while self._take("|"):
            self._path()

    def _path(self) -> None:
        if self._seen("//"):
            self._descend()
        elif self._take("/") and not self._starts_step():
            return
        self._step()
        while self._seen("/", "//"):
            if self._seen("//"):
                self._descend()
            else:
                self._take("/")
            self._step()

    def _descend(self) -> None:
        self._take("//")
        self.descents += 1
        if self.descents > DESCENTS_MAX:
            raise Wrong(f"a path has // at most {DESCENTS_MAX} times")

    def _starts_step(self) -> bool:
        if self._seen(".", "..", "@"):
            return True
        return self.at < len(self.tokens) and self.tokens[self.at].kind == "name"

    def _step(self) -> None:
        if self._take(".", ".."):
            return
        self._take("@")
        if self.at >= len(self.tokens) or self.tokens[self.at].kind != "name":
            raise self._wrong(f"lacks a step: {_AXES}")
        name = self.tokens[self.at].text
        following = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        if following == "(" and not self._is_text():
            raise Wrong(f"there is no function {name}; there is not(…), in brackets")
        self._name(name)
        if following == "(":
            self._take("(")
            self._take(")")
        while self._take("["):
            self.depth += 1
            if self.depth > DEPTH_MAX:
                raise Wrong(f"conditions stand in one another at most {DEPTH_MAX} times")
            self._condition()
            self.depth -= 1
            if not self._take("]"):
                raise self._wrong("lacks a ]")

    def _is_text(self) -> bool:
        return [each.text for each in self.tokens[self.at : self.at + 3]] == ["text", "(", ")"]

    def _name(self, name: str) -> None:
        prefix, colon, local = name.rpartition(":")
        if not colon:
            self._write(name)
        elif prefix == DEFAULT:
            plain = local if local != "*" else "*[not(namespace-uri())]"
            self._write(plain if self.in_none else name)
        elif prefix in self.prefixes or prefix == "xml":
            self._write(name)
        else:
            hint = nearest(prefix, [*self.prefixes, DEFAULT])
            raise Wrong(f"no namespace has the prefix {prefix}{hint}")

    def _condition(self) -> None:
        self._both()
        while self._take("or"):
            self._both()

    def _both(self) -> None:
        self._comparison()
        while self._take("and"):
            self._comparison()

    def _comparison(self) -> None:
        self._operand()
        if self._take(*_COMPARISONS):
            self._operand()

    def _operand(self) -> None:
        if self.at >= len(self.tokens):
            raise self._wrong("lacks a condition")
        if self.tokens[self.at].kind in ("text", "number"):
            self._write(self.tokens[self.at].text)
            return
        following = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        if self._seen("(") or (self._seen("not") and following == "("):
            self._take("not")
            self._take("(")
            self.depth += 1
            if self.depth > DEPTH_MAX:
                raise Wrong(f"conditions stand in one another at most {DEPTH_MAX} times")
            self._condition()
            self.depth -= 1
            if not self._take(")"):
                raise self._wrong("lacks a )")
            return
        self._union()
