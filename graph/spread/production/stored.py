"""
A prepared network as a folder: plain NumPy files that are mapped when it is loaded.

Preparing a million firms takes seconds and a gigabyte; mapping them takes milliseconds, and all
processes of a machine share the pages. Each array is a `.npy` file; `production.json` beside them
says what the files are: form, numbers, types, shapes, sizes and a SHA-256 of each.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graph import digests, folders
from graph.errors import Damaged, InvalidInput, NotFound
from graph.spread.production.economy import NetworkOrigin, Production
from graph.spread.production.kernels.adjoint import Peaks
from graph.spread.production.kernels.bracket import ShadowPrices
from graph.spread.production.kernels.structures import CascadeStructure
from graph.spread.production.shadow_prices import KEY, shadow_prices

FORM = 1  # Of the folder; another number is another layout.
HEADER = "production.json"
FIRMS = ("rows", "places", "weights", "sales")  # Arrays beside those of the structure.
NAMES = (*CascadeStructure._fields, *FIRMS)
_OWN = tuple(name for name in ShadowPrices._fields if name != "peaks")
# Files of prices are called `worth_…`, as folders that stand have them.
PRICES = (*(f"worth_{name}" for name in _OWN), *(f"peaks_{name}" for name in Peaks._fields))
OPENED_MAX = 2  # Networks a worker keeps mapped.


def save(production: Production, folder: Path) -> None:
    """
    Write a prepared network to a folder, all of it or nothing; what stood there is replaced.

    What a unit of loss costs is solved and saved with it, where losses have a fixed point. Who has
    the old one loaded keeps it.

    Args:
        production: The prepared network.
        folder: Where; its parents are made.

    Example:
        >>> import tempfile
        >>> from graph.contagion import Economy, Scenarios, esri, prepare
        >>> economy = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
        >>> with tempfile.TemporaryDirectory() as place:
        ...     save(prepare(economy), Path(place, "network"))
        ...     esri(load(Path(place, "network")), Scenarios.alone([2])).total.tolist()
        [1.0]
    """
    with folders.replacing(folder) as fresh:
        own = {name: getattr(production, name) for name in FIRMS}
        columns = {**production.structure._asdict(), **own}
        arrays = {name: _write(fresh, name, each) for name, each in columns.items()}
        prices = _price_arrays(production)  # Solved of a network that could be written.
        arrays |= {name: _write(fresh, name, each) for name, each in prices.items()}
        said = {
            "form": FORM,
            "firms": len(production),
            "trades": len(production.structure.out_buyers),
            "replaceability": production.replaceability,
            "denominators": production.denominators,
            "arrays": arrays,
        }
        text = json.dumps({"digest": _digest(said), **said}, indent=1) + "\n"
        (fresh / HEADER).write_text(text, encoding="utf-8")


def load(folder: Path, *, verify: bool = False) -> Production:
    """
    Return a saved network; its arrays stay in the mapped files and are read as they are touched.

    A write to one of them stays in this process.

    Args:
        folder: Where it was saved.
        verify: Compare the hash of every file although this process has found it whole before;
            without, each is read once a process.

    Raises:
        NotFound: There is no network in the folder.
        InvalidInput: A file is missing, short, foreign or changed, or the folder was replaced
            while it was read.
    """
    said = _header(folder)
    found = {}
    prices = [name for name in PRICES if name in said["arrays"]]
    for name in (*NAMES, *prices):
        entry = _entry(folder, said, name)
        found[name] = _mapped(folder / f"{name}.npy", entry, verify=verify)
    if _header(folder)["digest"] != said["digest"]:
        raise InvalidInput(f"{folder} was replaced while it was read")
    production = Production(
        CascadeStructure(*(found[name] for name in CascadeStructure._fields)),
        rows=found["rows"],
        places=found["places"],
        weights=found["weights"],
        sales=found["sales"],
        replaceability=bool(said["replaceability"]),
        denominators=said["denominators"],
    )
    object.__setattr__(production, "origin", NetworkOrigin(folder.resolve(), said["digest"]))
    if len(prices) == len(PRICES):
        peaks = Peaks(**{name: found[f"peaks_{name}"] for name in Peaks._fields})
        figures = {name: found[f"worth_{name}"] for name in _OWN}
        production.kept[KEY] = ShadowPrices(peaks=peaks, **figures)
    return production


def origin_of(production: Production) -> NetworkOrigin:
    """
    Return where a network was loaded from.

    Raises:
        InvalidInput: It was not: another process has nowhere to find it.
    """
    if production.origin is None:
        raise InvalidInput("the network is in this process only: save it, and load it again")
    return production.origin


def on_opened(
    make: Callable[..., object], production: Production, *more: object
) -> tuple[Any, ...]:
    """
    Return how work on a network is pickled: by where the network stands, opened there anew.

    Args:
        make: Makes the work of the network and what else it is made of.
        production: The network.
        more: What else.

    Raises:
        InvalidInput: The network was not loaded from a folder.
    """
    return _on_opened, (make, origin_of(production), *more)


def _on_opened(make: Callable[..., object], origin: NetworkOrigin, *more: object) -> object:
    return make(opened(origin), *more)


@lru_cache(maxsize=OPENED_MAX)
def opened(origin: NetworkOrigin) -> Production:
    """
    Return the very network that another process has loaded, read and compared once a process.

    Raises:
        NotFound: There is no network in the folder.
        InvalidInput: It is broken, or another than it was.
    """
    production = load(origin.folder, verify=True)
    if production.origin != origin:
        raise InvalidInput(f"another network stands in {origin.folder} by now")
    return production


def _price_arrays(production: Production) -> Mapping[str, npt.NDArray[Any]]:
    """Return the arrays of what a unit of loss costs; none where there is no fixed point."""
    try:
        prices = shadow_prices(production)
    except InvalidInput:
        return {}
    own = {f"worth_{name}": getattr(prices, name) for name in _OWN}
    return {**own, **{f"peaks_{name}": each for name, each in prices.peaks._asdict().items()}}


def _write(folder: Path, name: str, array: npt.NDArray[Any]) -> dict[str, Any]:
    path = folder / f"{name}.npy"
    np.save(path, array, allow_pickle=False)
    return {
        "type": str(array.dtype.descr),
        "shape": list(array.shape),
        "bytes": path.stat().st_size,
        "sha256": digests.sha256(path),
    }


def _digest(said: Mapping[str, Any]) -> str:
    """Return what tells one network from another: a hash of all that its header says."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _header(folder: Path) -> Mapping[str, Any]:
    """Return what the folder says of itself."""
    path = folder / HEADER
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(f"no prepared network in {folder}") from error
    except ValueError as error:
        raise InvalidInput(f"{path}: no header of a network ({error})") from error
    if not isinstance(said, dict) or said.get("form") != FORM:
        raise InvalidInput(f"{path} is not of form {FORM}: save the network again")
    digest = said.pop("digest", None)
    if digest != _digest(said):
        raise InvalidInput(f"{path} was changed: its digest does not fit")
    return {**said, "digest": digest}


def _entry(folder: Path, said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] | None = said["arrays"].get(name)
    if entry is None:
        raise InvalidInput(f"{folder / HEADER} names no {name}: save the network again")
    return entry


def _mapped(path: Path, entry: Mapping[str, Any], *, verify: bool) -> npt.NDArray[Any]:
    """Return an array that stays in its file, writable, as kernels are compiled for."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is missing") from error
    if size != entry["bytes"]:
        raise InvalidInput(f"{path} has {size} bytes, not {entry['bytes']}")
    try:
        array = np.load(path, mmap_mode="c", allow_pickle=False).view(np.ndarray)
    except ValueError as error:
        raise InvalidInput(f"{path} is no array: {error}") from error
    if str(array.dtype.descr) != entry["type"] or list(array.shape) != entry["shape"]:
        raise InvalidInput(f"{path} holds {array.dtype} {array.shape}, not what its header says")
    try:
        digests.verify_file(path, entry["sha256"], again=verify)
    except Damaged as error:
        raise InvalidInput(f"{path} was changed: its SHA-256 does not fit") from error
    found: npt.NDArray[Any] = array
    return found
