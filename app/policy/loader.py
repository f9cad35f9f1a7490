"""Policy files: read strictly by their schema, versioned by their content, chosen by their date."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from app.platform.errors import Unready
from app.policy.reading import read_file, rules_of, stated_since
from graph.errors import InvalidInput, NotFound
from graph.model import Label

SHIPPED = Path(__file__).parent / "policies"
FILES_MAX = 1000
Single = Decimal | int | bool | str


class DatedFile(Protocol):
    """What a file says from a day on."""

    @property
    def valid_from(self) -> dt.date:
        """Return the day."""
        ...


DatedT = TypeVar("DatedT", bound=DatedFile)
ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One value of a policy (or a table of values by key), with unit, source and meaning."""

    id: str
    value: Single | list[str] | Mapping[str, Decimal]
    unit: str
    source: str
    label: Label


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy file: its version names the file's name, date and content."""

    name: str
    valid_from: dt.date
    version: str
    schema: int
    label: Label
    rules: Mapping[str, PolicyValue]
    raw: bytes

    def rule(self, name: str) -> PolicyValue:
        """
        Return a rule.

        Raises:
            NotFound: The policy has no such rule.
        """
        if name not in self.rules:
            raise NotFound(f"policy {self.version} has no rule {name!r}")
        return self.rules[name]

    def unit(self, name: str) -> str:
        """Return the unit of a rule's value or values."""
        return self.rule(name).unit

    def decimal(self, name: str) -> Decimal:
        """Return a number as an exact decimal."""
        value = self.rule(name).value
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise InvalidInput(f"policy {self.version}: rule {name} is not a number")
        return Decimal(value)

    def whole(self, name: str) -> int:
        """Return a whole number (fen, days or a count)."""
        value = self.rule(name).value
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInput(f"policy {self.version}: rule {name} is not a whole number")
        return value

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        value = self.rule(name).value
        if not isinstance(value, bool):
            raise InvalidInput(f"policy {self.version}: rule {name} is not true or false")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.rule(name).value
        if not isinstance(value, list):
            raise InvalidInput(f"policy {self.version}: rule {name} is not a list of texts")
        return tuple(value)

    def table(self, name: str) -> Mapping[str, Decimal]:
        """Return a table of numbers by key."""
        value = self.rule(name).value
        if not isinstance(value, Mapping):
            raise InvalidInput(f"policy {self.version}: rule {name} is not a table")
        return value


def shipped() -> list[Policy]:
    """Return the policies that come with the package, oldest first."""
    return load_policies(SHIPPED)


def files_in(folder: Path) -> list[Path]:
    """Return the policy files of a folder by their names; what begins with a dot is none."""
    found = (*folder.glob("*.yml"), *folder.glob("*.yaml"))
    return sorted(path for path in found if not path.name.startswith("."))


def load_policies(folder: Path) -> list[Policy]:
    """
    Return every policy of a folder, oldest first; what later schemas added is filled in.

    Raises:
        InvalidInput: A file cannot be read, lacks or misnames a value, or must be given a value
            that a later schema added; or two begin on the same day. The message names every
            such file, and its keys.
        NotFound: The folder holds no policy file.
    """
    return load_dated(folder, read_policy, "policy")


def load_dated(folder: Path, read: Callable[[Path], DatedT], kind: str) -> list[DatedT]:
    """
    Return what every file of a folder says, oldest first.

    Args:
        folder: Where the files are.
        read: Reads one.
        kind: What such a file is called.

    Raises:
        InvalidInput: A file cannot be read, or two begin on the same day. The message names every
            such file.
        NotFound: The folder holds none.
    """
    every = load_files(folder, read, kind, _begun_twice)
    return sorted(every, key=lambda each: each.valid_from)


def load_files(
    folder: Path,
    read: Callable[[Path], ReadT],
    kind: str,
    between: Callable[[Sequence[tuple[Path, ReadT]]], Sequence[str]],
) -> list[ReadT]:
    """
    Return what every file of a folder says, in order of their names.

    Args:
        folder: Where the files are.
        read: Reads one.
        kind: What such a file is called.
        between: Returns what is wrong between files that can be read.

    Raises:
        InvalidInput: A file cannot be read, or something is wrong between two. The message names
            every such file.
        NotFound: The folder holds none.
    """
    files = files_in(folder)
    if not files:
        raise NotFound(f"no {kind} file (*.yml) in {folder}")
    if len(files) > FILES_MAX:
        raise InvalidInput(f"{folder}: more than {FILES_MAX} {kind} files")
    every: list[tuple[Path, ReadT]] = []
    faults = []
    for path in files:
        try:
            every.append((path, read(path)))
        except InvalidInput as error:
            faults.append(str(error))
    if faults := [*faults, *between(every)]:
        raise InvalidInput("\n".join(faults))
    return [each for _, each in every]


def _begun_twice(every: Sequence[tuple[Path, DatedT]]) -> list[str]:
    """Return a word on every file that begins on the day of one before it."""
    begun: dict[dt.date, str] = {}
    faults = []
    for path, dated in every:
        if (other := begun.setdefault(dated.valid_from, path.name)) != path.name:
            day = dated.valid_from.isoformat()
            faults.append(f"{path.name}: from: {other} begins on {day}, too; one of them has to go")
    return faults


def read_policy(path: Path, *, stored: bool = False) -> Policy:
    """
    Return the policy of a file, of whatever released schema it is.

    Args:
        path: The file.
        stored: Whether a run has been computed with it: then it is read as it is, also where a
            later schema added a value without which nothing could be computed today.

    Raises:
        InvalidInput: The file does not hold to its schema, or must be given a new value.
    """
    raw, read = read_file(path, stored=stored)
    added, wanting = stated_since(read.schema_number)
    if wanting and not stored:
        raise InvalidInput(
            f"{path.name}: is of schema {read.schema_number}; add the values {wanting} "
            "and name the newest schema"
        )
    entries = added | rules_of(read)
    rules = {
        name: PolicyValue(name, each.value, each.unit, each.source, Label(**dict(each.label)))
        for name, each in entries.items()
    }
    return Policy(
        name=read.name,
        valid_from=read.valid_from,
        version=version_of(read.name, read.valid_from, raw),
        schema=read.schema_number,
        label=Label(**dict(read.label)),
        rules=rules,
        raw=raw,
    )


def version_of(name: str, day: dt.date, raw: bytes) -> str:
    """Return the version of a dated file: its name, its day, and a digest of its content."""
    return f"{name}-{day.isoformat()}-{hashlib.sha256(raw).hexdigest()[:12]}"


def in_force(dated: Sequence[DatedT], day: dt.date) -> DatedT:
    """
    Return the policy (or another dated file) in force on a day: the latest that had begun.

    Raises:
        NotFound: None had begun on that day.

    Example:
        >>> in_force(shipped(), dt.date(2026, 6, 30)).name
        'standard'
    """
    begun = [each for each in dated if each.valid_from <= day]
    if not begun:
        raise NotFound(f"none is in force on {day.isoformat()}")
    return begun[-1]


def stamp_of(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return the names of a folder's files and when each was written: what they say depends on."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in files_in(folder))


class NoneInForce(Unready):
    """No dated file of a kind had begun on a day."""


@dataclass(frozen=True, slots=True)
class DatedFolder(Generic[DatedT]):
    """
    Dated files of one kind beside the policy files of a bank's own, else the shipped ones.

    Args:
        name: What the folder is called below that of the bank's own policies.
        shipped: The folder that holds where a bank has none of its own.
        read: Reads one file.
        kind: What such a file is called.
    """

    name: str
    shipped: Path
    read: Callable[[Path], DatedT]
    kind: str

    def on(self, policy: Path | None, day: dt.date) -> DatedT:
        """
        Return what is in force on a business day; files are read again when one has changed.

        Args:
            policy: The folder of a bank's own policies.
            day: The business day.

        Raises:
            Unready: The folder cannot be used as it is, or (`NoneInForce`) none is in force.
        """
        own = policy and policy / self.name
        folder = own if own and own.is_dir() else self.shipped
        try:
            every: Sequence[DatedT] = _dated(self, folder, stamp_of(folder))
            return in_force(every, day)
        except NotFound as error:
            raise NoneInForce(f"no {self.kind} can be used: {error}") from error
        except (InvalidInput, OSError) as error:
            raise Unready(f"no {self.kind} can be used: {error}") from error


@lru_cache(maxsize=12)
def _dated(of: DatedFolder[Any], folder: Path, _: tuple[tuple[str, int], ...]) -> tuple[Any, ...]:
    """Return a folder's files, read again when one has changed."""
    return tuple(load_dated(folder, of.read, of.kind))


def policy_on(folder: Path | None, day: dt.date) -> Policy:
    """
    Return the policy in force on a day, from a folder of the bank's own or the shipped one.

    Raises:
        Unready: The folder cannot be used as it is, or none of its policies is in force: not the
            reader's fault, and well again once the folder is.
    """
    folder = folder or SHIPPED
    try:
        return in_force(_policies(folder, stamp_of(folder)), day)
    except (InvalidInput, NotFound, OSError) as error:
        raise Unready(f"no policy can be used: {error}") from error


@lru_cache(maxsize=4)
def _policies(folder: Path, _: tuple[tuple[str, int], ...]) -> tuple[Policy, ...]:
    """Return a folder's policies, read again when a file has changed."""
    return tuple(load_policies(folder))
