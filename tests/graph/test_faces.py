"""A face lists what is for use of an analysis, once; kernels stand where they are looked for."""

import ast
import importlib
import re
from pathlib import Path
from types import FunctionType

import graph

HERE = Path(graph.__file__).parent
OWN = {"__init__", "digests", "errors", "folders", "model", "sheets", "warm"}
FACES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in OWN)
KERNELS = {HERE / "arrays", *HERE.glob("*/*/kernels")}


def handed_on(face: str) -> dict[str, str]:
    """Return the names that a face imports, and from where."""
    body = ast.parse((HERE / f"{face}.py").read_text(encoding="utf-8")).body
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    return {name.asname or name.name: f"{node.module}" for node in imports for name in node.names}


def test_every_question_has_its_face() -> None:
    assert FACES == [
        "attribution",
        "chains",
        "clearing",
        "contagion",
        "credit",
        "dependence",
        "diffusion",
        "fsri",
        "groups",
        "live",
        "portfolio",
        "replay",
        "rescue",
        "reverse_stress",
        "scenarios",
        "single_points",
    ]


def test_a_face_lists_all_that_it_hands_on_and_nothing_else() -> None:
    for face in FACES:
        module = importlib.import_module(f"graph.{face}")
        assert sorted(module.__all__) == sorted(handed_on(face)), face
        assert all(hasattr(module, name) for name in module.__all__), face


def test_a_face_has_a_docstring_imports_and_a_list_and_no_code() -> None:
    for face in FACES:
        doc, *rest, listed = ast.parse((HERE / f"{face}.py").read_text(encoding="utf-8")).body
        assert isinstance(doc, ast.Expr), face
        assert all(isinstance(node, ast.ImportFrom) for node in rest), face
        assert isinstance(listed, ast.Assign), face


def test_a_face_takes_names_from_where_they_are_defined() -> None:
    for face in FACES:
        for name, home in handed_on(face).items():
            found = getattr(importlib.import_module(f"graph.{face}"), name)
            if isinstance(found, type | FunctionType):
                assert found.__module__ == home, f"{face}.{name}"


def test_a_class_name_stands_twice_only_where_two_places_hand_it_on() -> None:
    homes: dict[str, list[Path]] = {}
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path)

    assert {name for name, paths in homes.items() if len(paths) > 1} == {
        "Chains",
        "Change",
        "Claims",
        "Debts",
        "Groups",
        "Rules",
        "Unpaid",
    }


def test_what_is_compiled_stands_among_arrays_or_in_the_kernels_of_an_analysis() -> None:
    marks = re.compile(r"njit|@lean|@intrinsic")
    sources = {path: path.read_text(encoding="utf-8") for path in HERE.rglob("*.py")}
    compiling = [path for path, text in sources.items() if marks.search(text)]

    assert [path for path in compiling if path.parent not in KERNELS] == []
    assert len(compiling) > 30
