"""Scenarios from where they are kept: a file of people, or a document that was computed."""

from collections.abc import Sequence
from pathlib import Path

from app.platform.documents import Document
from app.risk.stress.schemas import chosen
from graph.errors import InvalidInput
from graph.scenarios import BOUNDS, Scenario, closing, parse, read

BYTES_MAX = 4 * BOUNDS.characters  # A character has four at most.


def scenario_in(path: Path, name: str | None) -> Scenario:
    """
    Return the scenario of a file that is meant: the one of that name, or the only one.

    Raises:
        InvalidInput: The file is none, or it does not say which is meant.
        OSError: It cannot be read.
    """
    found = scenarios_in(path)
    try:
        return chosen(found, name)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error


def scenarios_in(path: Path) -> Sequence[Scenario]:
    """
    Return every scenario of a file, in its order.

    Raises:
        InvalidInput: The file is no file of scenarios; it is named with the line of every fault.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise InvalidInput(f"{path}: more than {BYTES_MAX} bytes")
    try:
        return read(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{path}: line {line}: is no UTF-8") from error
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error


def scenario_of(document: Document) -> Scenario:
    """
    Return the scenario that a document was computed for.

    Example:
        >>> scenario_of({"closed": [{"id": "mill"}], "channels": ["orders"]}).hits[0].firms
        ('mill',)
    """
    if "hits" in document:
        return parse({"name": document["name"], "hits": document["hits"]})[0]
    return closing([firm["id"] for firm in document["closed"]], document["channels"])
