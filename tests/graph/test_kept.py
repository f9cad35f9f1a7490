"""Compiled kernels are those of the text that is there, wherever it was compiled."""

import os
import shutil
from pathlib import Path

import pytest

from graph.arrays import kept

TEXTS = {
    "arrays/csr.py": "def one(): ...\n",
    "spread/equity/kernels/debtrank.py": "from graph.arrays.csr import one\n",
    "spread/equity/kernels/bracket.py": "from graph.spread.equity.kernels import (\n debtrank,\n)",
    "stress/live/kernels/shares.py": "",
}


def index(source: str) -> Path:
    file = Path(source)
    return file.parent / "__pycache__" / f"{file.stem}.kernel-1.py311.nbi"


INDICES = {index(source) for source in TEXTS}


def compiled(package: Path) -> set[Path]:
    return {file.relative_to(package) for file in package.rglob("*.nbi")}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package whose kernels are all compiled."""
    package = tmp_path / "graph"
    for source, text in TEXTS.items():
        (package / index(source)).parent.mkdir(parents=True, exist_ok=True)
        (package / source).write_text(text)
    kept.drop_stale(package)
    for file in INDICES:
        (package / file).write_text("compiled")
    return package


def test_a_kernel_stays_compiled_while_its_text_and_what_it_takes_stay(package: Path) -> None:
    os.utime(package / "arrays/csr.py")

    assert kept.drop_stale(package) == []
    assert compiled(package) == INDICES


def test_a_kernel_is_compiled_again_when_anything_that_it_takes_has_changed(package: Path) -> None:
    (package / "arrays/csr.py").write_text("def one(): return 2\n")

    kept.drop_stale(package)

    assert compiled(package) == {index("stress/live/kernels/shares.py")}


def test_compiled_code_of_a_text_that_nobody_told_is_dropped(package: Path) -> None:
    for told in package.rglob("*.compiled"):
        told.unlink()

    assert len(kept.drop_stale(package)) == len(TEXTS)
    assert compiled(package) == set()


def test_another_checkout_of_the_same_text_need_not_compile(package: Path, tmp_path: Path) -> None:
    kept.keep(package, tmp_path / "kept")
    other = tmp_path / "other"
    shutil.copytree(package, other, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "stress/live/kernels/shares.py").write_text("changed = 1\n")
    kept.drop_stale(other)

    assert kept.fetch(other, tmp_path / "kept") == len(TEXTS) - 1
    assert kept.drop_stale(other) == []
    assert compiled(other) == INDICES - {index("stress/live/kernels/shares.py")}
    assert kept.fetch(other, tmp_path / "kept") == 0, "what is there stays"


def test_what_is_compiled_later_of_a_file_is_kept_with_the_rest(
    package: Path, tmp_path: Path
) -> None:
    kept.keep(package, tmp_path / "kept")
    more = index("stress/live/kernels/shares.py").with_name("shares.other-9.py311.nbi")
    (package / more).write_text("compiled")
    kept.keep(package, tmp_path / "kept")
    other = tmp_path / "other"
    shutil.copytree(package, other, ignore=shutil.ignore_patterns("__pycache__"))

    kept.fetch(other, tmp_path / "kept")

    assert compiled(other) == INDICES | {more}


def test_a_folder_keeps_no_more_than_its_bound(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "KEPT_MAX", 2)

    kept.keep(package, tmp_path / "kept")

    assert len(list((tmp_path / "kept").iterdir())) == 2
