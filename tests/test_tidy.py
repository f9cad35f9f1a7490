"""The house rules as tests: what a reader may rely on in every file."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("graph", "ingestion", "app")
FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 400
ARGUMENTS_MAX = 6
BANNED_MODULES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "data", "info"}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|farm|root|home/[a-z]+)/")
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


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
PAGES = [
    path
    for path in FILES
    if path.suffix in (".js", ".css") and path.relative_to(ROOT).parts[0] in PACKAGES
]
TEXTS = [
    path
    for path in FILES
    if path.suffix in (".py", ".md", ".toml", ".yml", ".txt", ".html", ".js", ".css", ".sh")
]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([a for a in given if a.arg not in ("self", "cls")])


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_fits_on_a_screen(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)

    long = [f.name for f in functions(tree) if body_lines(f) > FUNCTION_LINES_MAX]

    assert source.count("\n") <= FILE_LINES_MAX
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_takes_few_arguments(path: Path) -> None:
    place = name(path)
    if "kernels" in place or "router" in place or "/cli" in place:
        pytest.skip("kernels take arrays, routes and commands their parameters, one by one")
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert [f.name for f in functions(tree) if arguments(f) > ARGUMENTS_MAX] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_says_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert source == "" or ast.get_docstring(ast.parse(source)) is not None


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_catches_named_errors_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    broad = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
    ]

    assert broad == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_scripts_and_styles_fit_on_a_screen(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= FILE_LINES_MAX


def test_no_module_is_called_after_nothing() -> None:
    vague = [name(p) for p in SOURCES if {p.stem, p.parent.name} & BANNED_MODULES]

    assert vague == []


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_names_no_machine_and_leaves_nothing_undone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert MACHINE_PATHS.search(text) is None
    assert UNDONE.search(text) is None
