"""
The house rules as tests: what a reader may rely on in every file.

One test a rule, which lists all who break it by file and line or name.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("graph", "ingestion", "app")
FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 400
ARGUMENTS_MAX = 6
BANNED_MODULES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "data", "info"}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|farm|root|home/[a-z]+)/")
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
# Shapes of the API that are called as the thing of the graph that they show: clients that were
# made from its description know them by these names.
SHAPES = {"Chain", "Change", "Label", "Outcome", "Trade", "Version"}
# What two faces of the graph publish, each for its own question: `graph.credit.Claims` are not
# `graph.live.Claims`, and whoever uses one imports it from its face.
PUBLISHED = {"Chains", "Change", "Claims", "Debts", "Groups", "Rules", "Unpaid"}
# Where a question that a description leaves open is a word of its language.
OPEN_QUESTIONS = (
    *("ingestion/sources/", "ingestion/descriptions/", "ingestion/trial.py", "docs/sources.md"),
    *("ingestion/guess/", "tests/ingestion/guess/"),
    *("tests/ingestion/descriptions/", "tests/ingestion/sources/"),
)
# What waits for an event, a thread or a process, and the bounds that a busy machine may outrun;
# what is shorter than a second waits for nothing to happen.
WAITS = {"wait", "result", "join", "acquire", "communicate"}
HURRIED_SECONDS = (1, 60)
Node = TypeVar("Node", bound=ast.AST)


pytestmark = pytest.mark.xdist_group("house")  # One process reads all files.


def tracked() -> list[Path]:
    said = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in said.stdout.splitlines() if (ROOT / line).is_file()]


FILES = tracked()
SOURCES = [
    path for path in FILES if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES
]
TESTS = [path for path in FILES if path.suffix == ".py" and path.is_relative_to(ROOT / "tests")]
PAGES = [
    path
    for path in FILES
    if path.suffix in (".js", ".css") and path.relative_to(ROOT).parts[0] in PACKAGES
]
TEXTS = [
    path
    for path in FILES
    if path.suffix in (".py", ".md", ".toml", ".yml", ".txt", ".html", ".js", ".css", ".sh")
    and "samples" not in path.parts  # Files as other people write them, in encodings of all kinds.
]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), str(path))


@cache
def walked(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a file; rules and tests walk through them again and again."""
    return tuple(ast.walk(tree(path)))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([a for a in given if a.arg not in ("self", "cls")])


def nodes(kind: type[Node]) -> Iterator[tuple[Path, Node]]:
    """Yield every node of a kind in the packages, with its file."""
    for path in SOURCES:
        yield from ((path, node) for node in walked(path) if isinstance(node, kind))


def at(path: Path, node: ast.stmt | ast.excepthandler) -> str:
    return f"{name(path)}:{node.lineno}"


def is_broad(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (
        isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")
    )


def test_every_file_fits_on_a_screen() -> None:
    long = [name(path) for path in SOURCES + PAGES if text(path).count("\n") > FILE_LINES_MAX]

    assert long == []


def test_every_function_fits_on_a_screen() -> None:
    found = [*nodes(ast.FunctionDef), *nodes(ast.AsyncFunctionDef)]

    assert [at(path, f) for path, f in found if body_lines(f) > FUNCTION_LINES_MAX] == []


def test_every_function_takes_few_arguments() -> None:
    """Kernels take arrays, routes and commands their parameters, one by one."""
    found = [
        (path, function)
        for path, function in [*nodes(ast.FunctionDef), *nodes(ast.AsyncFunctionDef)]
        if not any(part in name(path) for part in ("kernels", "router", "/cli"))
    ]

    assert [at(path, f) for path, f in found if arguments(f) > ARGUMENTS_MAX] == []


def test_every_file_says_what_it_is_for() -> None:
    silent = [name(p) for p in SOURCES if text(p) and ast.get_docstring(tree(p)) is None]

    assert silent == []


def test_errors_are_caught_by_name_only() -> None:
    broad = [at(path, node) for path, node in nodes(ast.ExceptHandler) if is_broad(node)]

    assert broad == []


def test_no_test_fails_because_the_machine_is_busy() -> None:
    least, most = HURRIED_SECONDS
    hurried = [
        f"{name(path)}:{call.lineno}"
        for path in TESTS
        for call in walked(path)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WAITS
        for bound in (*call.args, *(each.value for each in call.keywords if each.arg == "timeout"))
        if isinstance(bound, ast.Constant)
        and isinstance(bound.value, int | float)
        and least <= bound.value < most
    ]

    assert hurried == [], "wait up to graph.testing.waiting.WAIT_S"


def test_no_module_is_called_after_nothing() -> None:
    district = ROOT / "app" / "data"  # The way from files to versions, by that name.
    modules = [p for p in SOURCES if p.parent != district]
    vague = [name(p) for p in modules if {p.stem, p.parent.name} & BANNED_MODULES]

    assert vague == []


def test_no_name_of_a_class_stands_twice() -> None:
    found: dict[str, list[str]] = {}
    for path, node in nodes(ast.ClassDef):
        of_graph = path.relative_to(ROOT).parts[0] == "graph"
        plain = node.name if of_graph else node.name.lstrip("_")
        found.setdefault(plain, []).append(at(path, node))
    twice = {each: places for each, places in found.items() if _are_too_many(each, places)}

    assert twice == {}


def _are_too_many(each: str, places: list[str]) -> bool:
    inside = sum(place.startswith("graph/") for place in places)
    outside = len(places) - inside
    return (
        outside > 1
        or (inside > 1 and each not in PUBLISHED)
        or (inside > 0 and outside > 0 and each not in SHAPES)
    )


def test_no_file_names_a_machine_or_leaves_something_undone() -> None:
    found = [
        f"{name(path)}:{number}: {match[0]}"
        for path in TEXTS
        for number, line in enumerate(text(path).splitlines(), 1)
        for match in (MACHINE_PATHS.search(line), UNDONE.search(line))
        if match is not None
        and not (match[0].startswith("TO") and name(path).startswith(OPEN_QUESTIONS))
    ]

    assert found == []


def test_what_is_excused_by_its_line_still_stands_there() -> None:
    excused = (ROOT / "house_exceptions.txt").read_text(encoding="utf-8").splitlines()
    places = [re.match(r"([^:]+):(\d+):", line) for line in excused]
    gone = [
        place[0]
        for place in places
        if place is not None
        and not UNDONE.search(
            (ROOT / place[1]).read_text(encoding="utf-8").splitlines()[int(place[2]) - 1].upper()
        )
    ]
    assert gone == []
