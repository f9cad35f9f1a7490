"""Stored runs: every tree recomputes from its leaves, and says what the columns say."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from app.chain.limits.compute import compute
from app.chain.limits.results import Results, open_results
from app.chain.limits.storage import save
from graph.errors import NotFound
from tests.app.chain.limits.evaluator import check_run
from tests.app.chain.limits.test_second_reading import NAMED, POLICY, loss
from tests.graph.effort import seeds
from tests.oracles.economies import economy, with_payments
from tests.oracles.inputs import inputs
from tests.oracles.limits import Oracle, floor

Kept = Callable[[int], tuple[Results, Oracle]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Return a function that gives the run of a seed, made once for all that look at it."""
    return cache(lambda seed: stored(seed, tmp_path_factory.mktemp("run")))


def stored(seed: int, folder: Path) -> tuple[Results, Oracle]:
    raw = economy(seed)
    if seed % 2:  # With part payments, and papers that others have as security.
        raw = with_payments(random.Random(seed), raw)
    oracle = Oracle(raw, loss)
    handed = inputs(raw, oracle)
    save(compute(handed, NAMED), handed, POLICY, folder / "run", {})
    return Results(folder / "run"), oracle


@pytest.mark.parametrize("seed", seeds(range(40), 10))
def test_every_node_of_every_tree_recomputes_from_its_leaves(kept: Kept, seed: int) -> None:
    results, _ = kept(seed)

    assert check_run(results) > 0


@pytest.mark.parametrize("seed", seeds(range(20), 10))
def test_a_tree_says_what_the_columns_say(kept: Kept, seed: int) -> None:
    results, oracle = kept(seed)

    for core in results.cores:
        for member in results.members(results.order(core)):
            found = results.firm(core, member.id)
            for name in ("limit_fen", "reachable_fen", "binding", "absent"):
                assert found[name] == getattr(member, name)
    assert results.cores == oracle.cores


@pytest.mark.parametrize("seed", seeds(range(20), 10))
def test_a_facility_says_what_is_left_of_it(kept: Kept, seed: int) -> None:
    results, oracle = kept(seed)

    for core in results.cores:
        facility, expected = results.facility(core), oracle.facility[core]
        if expected is None:
            assert facility is None
            assert results.why_no_facility(core) == "no statement of the core"
            continue
        assert facility is not None
        assert facility["limit_fen"] == floor(expected)
        assert facility["occupied_fen"] == oracle.occupied[core]
        left = floor(expected) - oracle.occupied[core]
        assert facility["available_fen"] == max(0, left)


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    stored(3, tmp_path / "a")
    stored(3, tmp_path / "b")

    for path in sorted((tmp_path / "a" / "run").rglob("*.*")):
        twin = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == twin.read_bytes(), path.name


def test_a_run_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no finished run nothing"):
        open_results(tmp_path / "nothing")


def test_strangers_are_not_found(tmp_path: Path) -> None:
    results, oracle = stored(5, tmp_path)
    core = oracle.cores[0]

    with pytest.raises(NotFound, match="no firm 'X'"):
        results.firm(core, "X")
    with pytest.raises(NotFound, match="is no core"):
        results.facility("F003")
    with pytest.raises(NotFound, match="is not in the chain"):
        results.firm(core, core)


def test_a_run_that_another_has_put_there_by_now_is_kept(tmp_path: Path) -> None:
    stored(3, tmp_path)
    first = (tmp_path / "run" / "run.json").stat().st_ino
    stored(3, tmp_path)

    assert (tmp_path / "run" / "run.json").stat().st_ino == first
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_is_no_run_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(OSError, match="not empty"):
        stored(3, tmp_path)

    assert [each.name for each in tmp_path.rglob("*")] == ["run", "notes.txt"]
