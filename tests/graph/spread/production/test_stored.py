"""A prepared network in a folder: the same bits, at once, or a refusal in words."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.contagion import Economy, Production, Scenarios, bracket, esri, losses, prepare
from graph.errors import InvalidInput, NotFound
from graph.spread.production import stored
from graph.spread.production.kernels import frontier
from graph.spread.production.stored import NAMES, load, opened, origin_of, save


def economy(firms: int = 60, *, seed: int = 1) -> Economy:
    random = np.random.default_rng(seed)
    trades = 5 * firms
    return Economy(
        firms,
        random.integers(0, firms, trades),
        random.integers(0, firms, trades),
        random.lognormal(size=trades),
        classes=random.integers(0, 3, trades),
        sectors=random.integers(-1, 7, firms),
        leakage=0.5,
    )


@pytest.fixture
def production() -> Production:
    return prepare(economy())


@pytest.fixture
def folder(tmp_path: Path, production: Production) -> Path:
    place = tmp_path / "some" / "network"
    save(production, place)
    return place


def arrays(production: Production) -> list[np.ndarray]:
    own = (production.rows, production.places, production.weights, production.sales)
    return [*production.structure, *own]


@pytest.mark.parametrize("verify", [False, True])
def test_a_network_comes_back_bit_for_bit(
    production: Production,
    folder: Path,
    verify: bool,  # noqa: FBT001  # A parameter of the test.
) -> None:
    again = load(folder, verify=verify)

    for before, after in zip(arrays(production), arrays(again), strict=True):
        assert before.dtype == after.dtype
        assert before.tobytes() == after.tobytes()
    assert (again.replaceability, again.denominators) == (True, "stated")
    assert type(again.structure.sold) is np.ndarray


@pytest.mark.parametrize(
    "given", [Economy(0, [], [], []), Economy(1, [], [], []), Economy(2, [0], [0], [3.0])]
)
def test_networks_without_firms_or_trades_are_saved_as_well(tmp_path: Path, given: Economy) -> None:
    production = prepare(given, replaceability=False)
    save(production, tmp_path / "network")
    again = load(tmp_path / "network", verify=True)

    assert not again.replaceability
    everybody = Scenarios.alone(range(given.firms))
    assert esri(again, everybody).total.tolist() == esri(production, everybody).total.tolist()


def test_scenarios_have_the_same_bits_on_a_loaded_network(
    production: Production, folder: Path
) -> None:
    again, everybody = load(folder), Scenarios.alone(range(60))

    assert esri(again, everybody).total.tobytes() == esri(production, everybody).total.tobytes()
    found, wanted = (next(losses(each, everybody)) for each in (again, production))
    assert found.down.tobytes() == wanted.down.tobytes()
    found_b, wanted_b = (bracket(each, everybody) for each in (again, production))
    assert found_b.upper.tobytes() == wanted_b.upper.tobytes()


@pytest.mark.skipif(not hasattr(frontier.advance, "signatures"), reason="without the compiler")
def test_kernels_take_mapped_arrays_as_they_are_compiled(
    production: Production, folder: Path
) -> None:
    esri(production, Scenarios.alone([1]))
    compiled = list(frontier.advance.signatures)  # type: ignore[attr-defined]
    esri(load(folder), Scenarios.alone([1]))

    assert frontier.advance.signatures == compiled  # type: ignore[attr-defined]


def test_a_write_stays_in_the_process(folder: Path) -> None:
    load(folder).weights[:] = 7.0

    assert load(folder, verify=True).weights.max() < 1


def test_saving_again_replaces_and_who_has_it_loaded_keeps_it(
    production: Production, folder: Path
) -> None:
    before = load(folder)
    save(prepare(economy(33)), folder)

    assert len(load(folder, verify=True)) == 33
    assert before.sales.tolist() == production.sales.tolist()
    assert [path.name for path in folder.parent.iterdir()] == ["network"]


def test_a_save_that_fails_leaves_what_stood_there(production: Production, folder: Path) -> None:
    broken = replace(production, sales=np.array([object()]))
    with pytest.raises(ValueError, match="pickle"):
        save(broken, folder)

    assert len(load(folder, verify=True)) == 60
    assert [path.name for path in folder.parent.iterdir()] == ["network"]


def test_the_same_network_has_the_same_digest_and_another_has_another(tmp_path: Path) -> None:
    digests = []
    for name, given in (("a", economy()), ("b", economy()), ("c", economy(seed=2))):
        save(prepare(given), tmp_path / name)
        digests.append(origin_of(load(tmp_path / name)).digest)

    assert digests[0] == digests[1] != digests[2]


def test_a_changed_copy_of_a_loaded_network_is_in_no_folder(folder: Path) -> None:
    again = load(folder)

    assert origin_of(again).folder == folder
    with pytest.raises(InvalidInput, match="save it, and load it again"):
        origin_of(replace(again, weights=again.weights * 2))


def test_a_folder_without_a_network_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"no prepared network in {tmp_path}"):
        load(tmp_path)


def shorten(folder: Path) -> None:
    path = folder / "sold.npy"
    path.write_bytes(path.read_bytes()[:-1])


def garble(folder: Path) -> None:
    path = folder / "sold.npy"
    path.write_bytes(b"x" * path.stat().st_size)


def retype(folder: Path) -> None:
    weights = np.load(folder / "weights.npy")
    np.save(folder / "weights.npy", weights.view(np.int64))


def retell(folder: Path, **changed: object) -> None:
    path = folder / "production.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "market.npy").unlink(), r"market.npy is missing"),
        (shorten, r"sold.npy has \d+ bytes, not \d+"),
        (garble, r"sold.npy is no array: "),
        (retype, r"weights.npy holds int64 \(60,\), not what its header says"),
        (lambda folder: (folder / "production.json").write_text("{"), "no header of a network"),
        (lambda folder: (folder / "production.json").write_text("[]"), "is not of form 1"),
        (lambda folder: retell(folder, form=2), "is not of form 1: save the network again"),
        (lambda folder: retell(folder, firms=61), "was changed: its digest does not fit"),
    ],
)
def test_a_broken_folder_is_refused_with_the_file_and_the_reason(
    folder: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(folder)

    with pytest.raises(InvalidInput, match=said):
        load(folder)


def test_a_header_that_leaves_out_an_array_is_refused(folder: Path) -> None:
    path = folder / "production.json"
    said = json.loads(path.read_text())
    del said["digest"], said["arrays"]["sold"]
    retell(folder, arrays=said["arrays"], digest=stored._digest(said))

    with pytest.raises(InvalidInput, match="names no sold"):
        load(folder)


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_bit_is_seen_where_it_is_looked_for(folder: Path, name: str) -> None:
    path = folder / f"{name}.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(InvalidInput, match=rf"{name}.npy was changed: its SHA-256"):
        load(folder)
    with pytest.raises(InvalidInput, match=rf"{name}.npy was changed: its SHA-256"):
        load(folder, verify=True)


def test_another_network_in_the_folder_is_not_taken_for_the_first(folder: Path) -> None:
    origin = origin_of(load(folder))
    assert opened(origin) is opened(origin)
    opened.cache_clear()
    save(prepare(economy(seed=2)), folder)

    with pytest.raises(InvalidInput, match="another network stands in"):
        opened(origin)
    shutil.rmtree(folder)
    with pytest.raises(NotFound):
        opened(origin)
