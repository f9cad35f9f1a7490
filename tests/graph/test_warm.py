"""The kernels are compiled before anybody waits for them."""

import ast
import re
import sys
import threading
from pathlib import Path
from types import FrameType

import pytest

import graph
from graph import warm
from graph.arrays import csr, sums
from graph.arrays.kept import sources
from tests.graph.effort import UNCOMPILED

PACKAGE = Path(graph.__file__).parent


def test_every_part_runs_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert warm.main() == 0

    said = capsys.readouterr().err
    assert [line for line in said.splitlines() if line.startswith("compiling: ")] == [
        f"compiling: {part}" for part in warm.PARTS
    ]


@pytest.mark.skipif(UNCOMPILED, reason="nothing is compiled")
def test_columns_that_nobody_may_write_to_are_compiled_for_as_well() -> None:
    warm.PARTS["columns as they are kept"]()

    for kernel in (sums.added, csr.look_up, csr.sum_pairs, csr.total_fits):
        given = [each for form in kernel.signatures for each in form]
        assert {each.mutable for each in given if hasattr(each, "mutable")} >= {False}


@pytest.mark.skipif(not UNCOMPILED, reason="what is compiled is not seen as it runs")
def test_every_kernel_that_is_called_from_outside_its_file_runs() -> None:
    kernels, ran = set(), set()
    for file in sources(PACKAGE):
        for each in ast.walk(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
            if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"):
                marks = " ".join(map(ast.unparse, each.decorator_list))
                kernels |= (
                    {(str(PACKAGE / file), each.name)} if re.search("jit|lean", marks) else set()
                )
    begun = sys.getprofile()

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        """Keep the name of what is called."""
        ran.add((frame.f_code.co_filename, frame.f_code.co_name))

    sys.setprofile(note)
    threading.setprofile(note)
    try:
        warm.warm()
    finally:
        sys.setprofile(begun)
        threading.setprofile(None)  # type: ignore[arg-type]  # as `sys.setprofile` takes it

    assert len(kernels) > 100
    assert kernels - ran == set()


def test_a_folder_that_cannot_be_used_is_said_and_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm, "PARTS", {})
    (tmp_path / "file").touch()

    assert warm.main(tmp_path / "file" / "kept") == 0

    assert "nothing is kept: " in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_compiled_in_two_processes_is_kept_for_the_next(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert warm.main(tmp_path / "kept") == 0

    said = capfd.readouterr().err
    assert sorted(line for line in said.splitlines() if line.startswith("compiling: ")) == sorted(
        f"compiling: {part}" for part in warm.PARTS
    )
    assert any((tmp_path / "kept").iterdir())
