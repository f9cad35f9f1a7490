"""Products: read strictly, versioned by their content, in force on a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from app.lending.products.forms import ProductFile
from app.platform.errors import Unready
from app.policy.lines import lines_of
from app.policy.loader import load_files, stamp_of, version_of
from app.policy.reading import held_to, read_keys
from graph.errors import InvalidInput, NotFound

SHIPPED = Path(__file__).parent / "catalogue"
FOLDER = "products"  # Beside the policy files of a bank's own.


@dataclass(frozen=True, slots=True)
class Product:
    """One file of a product; its version names the product, its first day and its content."""

    terms: ProductFile
    version: str
    lines: Mapping[str, int]  # On which line of the file each of its keys stands.


@dataclass(frozen=True, slots=True)
class ProductBook:
    """
    Every product that a bank has had.

    Args:
        policy: The folder of its own policies; its products are in `products` below it, else the
            shipped ones hold.
    """

    policy: Path | None

    def on(self, day: dt.date) -> Sequence[Product]:
        """
        Return the products in force on a day, by their ids.

        Raises:
            Unready: The folder of products cannot be used as it is.
        """
        latest: dict[str, Product] = {}
        for product in self.every():
            if product.terms.valid_from <= day:
                latest[product.terms.id] = product
        held = [each for each in latest.values() if _holds(each.terms, day)]
        return sorted(held, key=lambda each: each.terms.id)

    def every(self) -> Sequence[Product]:
        """
        Return all that there are, whenever in force, the oldest first.

        Raises:
            Unready: The folder of products cannot be used as it is.
        """
        own = self.policy and self.policy / FOLDER
        folder = own if own and own.is_dir() else SHIPPED
        try:
            return _products(folder, stamp_of(folder))
        except (InvalidInput, NotFound, OSError) as error:
            raise Unready(f"no product can be used: {error}") from error


@lru_cache(maxsize=4)
def _products(folder: Path, _: tuple[tuple[str, int], ...]) -> tuple[Product, ...]:
    """Return a folder's products, read again when a file has changed."""
    return tuple(load_products(folder))


def load_products(folder: Path) -> list[Product]:
    """
    Return what every file of a folder says of its product, the oldest first.

    Raises:
        InvalidInput: A file cannot be read, or does not go with another of its product. The
            message names every such file, with key and line.
        NotFound: The folder holds no product file.
    """
    every = load_files(folder, read_product, "product", _between)
    return sorted(every, key=lambda each: each.terms.valid_from)


def read_product(path: Path) -> Product:
    """
    Return the product of a file.

    Raises:
        InvalidInput: The file does not hold to its schema; every fault is named by key and line.
    """
    raw, read = read_keys(path)
    terms = held_to(ProductFile, read, path.name, raw=raw)
    lines = {str(at[0]): line for at, line in lines_of(raw).items() if len(at) == 1}
    return Product(terms, version_of(terms.id, terms.valid_from, raw), lines)


def _holds(terms: ProductFile, day: dt.date) -> bool:
    """Return whether one that has begun still holds on a day."""
    return terms.valid_to is None or day <= terms.valid_to


def _between(every: Sequence[tuple[Path, Product]]) -> list[str]:
    """Return what is wrong between files of one product: they overlap, or a budget is gone."""
    files: dict[str, list[tuple[Path, Product]]] = defaultdict(list)
    for path, product in every:
        files[product.terms.id].append((path, product))
    faults = []
    for versions in files.values():
        versions.sort(key=lambda each: (each[1].terms.valid_from, each[0].name))
        for (earlier, one), (later, other) in pairwise(versions):
            faults += _faults(earlier, one, later, other)
    return faults


def _faults(earlier: Path, one: Product, later: Path, other: Product) -> list[str]:
    """Return what is wrong with a file of a product that follows another."""
    faults, begins = [], other.terms.valid_from
    if one.terms.valid_from == begins:
        said = f"{earlier.name} begins on {begins} too; one of them has to go"
        faults.append(_told(later, other, "from", said))
    elif one.terms.valid_to is not None and begins <= one.terms.valid_to:
        said = f"{begins} lies in the time of {earlier.name}, which ends on {one.terms.valid_to}"
        faults.append(_told(later, other, "from", said))
    if one.terms.budget_fen is not None and other.terms.budget_fen is None:
        said = f"must be stated: {earlier.name} gave the product an account, which stays"
        faults.append(_told(later, other, "budget_fen", said))
    return faults


def _told(path: Path, product: Product, key: str, said: str) -> str:
    return f"{path.name}: {key} (line {product.lines[key]}): {said}"
