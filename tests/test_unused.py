"""What no command, route, page or other code reaches is deleted, not kept in case."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_tidy import FILES, SOURCES, at, name, text, tree, walked

# What is for others to call: the library that a notebook uses, and the suite shipped with it.
PUBLIC = ("graph",)
CALLED_BY_OTHERS = ("migrations",)  # Alembic calls what stands there.
PLAIN = {  # Decorators that register a function nowhere.
    *("property", "cached_property", "classmethod", "staticmethod", "cache", "lru_cache"),
    *("contextmanager", "asynccontextmanager", "dataclass", "total_ordering"),
}
pytestmark = pytest.mark.xdist_group("house")
WORD = re.compile(r"[A-Za-z_]\w*")
Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[Path, int]


def word_of(node: ast.AST) -> str:
    """Return the name that a node uses: read, called, or given as a string; empty for none."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    given = node.value if isinstance(node, ast.Constant) else None
    word = given.replace("-", "_") if isinstance(given, str) else ""  # As commands are written.
    return word if WORD.fullmatch(word) else ""


def uses() -> dict[str, set[Place]]:
    """Return where each name is used in the packages, their templates and their data."""
    found: dict[str, set[Place]] = defaultdict(set)
    for path in SOURCES:
        for node in walked(path):
            if word := word_of(node):
                found[word].add((path, getattr(node, "lineno", 0)))
    for path in FILES:
        if path.suffix in (".html", ".yml", ".toml"):
            for word in WORD.findall(text(path)):
                found[word].add((path, 0))
    return found


def own_classes() -> set[str]:
    return {
        node.name for path in SOURCES for node in walked(path) if isinstance(node, ast.ClassDef)
    }


def defined() -> Iterator[tuple[Path, str, ast.stmt]]:
    """Yield what is defined in the service: functions, methods, classes and names of modules."""
    own = own_classes() | {"Protocol", "Enum", "NamedTuple", "ABC"}
    for path in SOURCES:
        if name(path).startswith(PUBLIC) or set(path.parts) & set(CALLED_BY_OTHERS):
            continue
        classes = [each for each in walked(path) if isinstance(each, ast.ClassDef)]
        for body in (tree(path).body, *(each.body for each in classes if _is_ours(each, own))):
            for node in body:
                if isinstance(node, Function | ast.ClassDef) and not _is_registered(node):
                    yield path, node.name, node
        for node in tree(path).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            yield from ((path, each.id, node) for each in targets if isinstance(each, ast.Name))


def _is_ours(node: ast.ClassDef, own: set[str]) -> bool:
    """Return whether nobody but our code calls a class's methods."""
    bases = [each.value if isinstance(each, ast.Subscript) else each for each in node.bases]
    return all(isinstance(each, ast.Name) and each.id in own for each in bases)


def _is_registered(node: Function | ast.ClassDef) -> bool:
    """Return whether a decorator hands it to somebody who calls it."""
    plain = (ast.unparse(each).partition("(")[0] for each in node.decorator_list)
    return any(each.rpartition(".")[2] not in PLAIN for each in plain)


def test_nothing_is_kept_that_nobody_calls() -> None:
    known = uses()
    unused = [
        f"{at(path, node)} {each}"
        for path, each, node in defined()
        if not each.startswith("__")
        and all(
            place == path and node.lineno <= line <= (node.end_lineno or 0)
            for place, line in known[each]
        )
    ]

    assert unused == []
