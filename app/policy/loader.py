"""Policy files: read strictly, versioned by their content, chosen by their date."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from graph.errors import InvalidInput, NotFound
from graph.model import Label

SHIPPED = Path(__file__).parent / "policies"
FILES_MAX = 1000
UNITS = ("fen", "days", "count", "share", "ratio", "rate", "flag", "text")
WHOLE = ("fen", "days", "count")
SECTIONS = ("values", "tables", "contagion")
PLACES_MAX = 12  # As many as a share of a derivation has.
Single = Decimal | int | bool | str


@dataclass(frozen=True, slots=True)
class Rule:
    """One value of a policy (or a table of values by key), with unit, source and meaning."""

    id: str
    value: Single | Mapping[str, Decimal]
    unit: str
    source: str
    label: Label


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy file: its version names the file's name, date and content."""

    name: str
    valid_from: dt.date
    version: str
    label: Label
    rules: Mapping[str, Rule]
    raw: bytes

    def rule(self, name: str) -> Rule:
        """
        Return a rule.

        Raises:
            NotFound: The policy has no such rule.
        """
        if name not in self.rules:
            raise NotFound(f"policy {self.version} has no rule {name!r}")
        return self.rules[name]

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

    def table(self, name: str) -> Mapping[str, Decimal]:
        """Return a table of numbers by key."""
        value = self.rule(name).value
        if not isinstance(value, Mapping):
            raise InvalidInput(f"policy {self.version}: rule {name} is not a table")
        return value


def shipped() -> list[Policy]:
    """Return the policies that come with the package, oldest first."""
    return load_policies(SHIPPED)


def load_policies(folder: Path) -> list[Policy]:
    """
    Return every policy of a folder, oldest first.

    Raises:
        InvalidInput: A file cannot be read, or lacks or misnames a value; the message names
            file and key.
        NotFound: The folder holds no policy file.
    """
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise NotFound(f"no policy file (*.yml) in {folder}")
    if len(files) > FILES_MAX:
        raise InvalidInput(f"{folder}: more than {FILES_MAX} policy files")
    policies = [_read(path) for path in files]
    return sorted(policies, key=lambda policy: (policy.valid_from, policy.version))


def in_force(policies: list[Policy], day: dt.date) -> Policy:
    """
    Return the policy in force on a day: the latest that had begun.

    Raises:
        NotFound: No policy had begun on that day.

    Example:
        >>> in_force(shipped(), dt.date(2026, 6, 30)).name
        'standard'
    """
    begun = [policy for policy in policies if policy.valid_from <= day]
    if not begun:
        raise NotFound(f"no policy is in force on {day.isoformat()}")
    return begun[-1]


def _read(path: Path) -> Policy:
    raw = path.read_bytes()
    try:
        read = yaml.safe_load(raw.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path.name}: not a YAML file in UTF-8: {error}") from error
    wanted = {"name", "from", "label", "values", "tables", "contagion"}
    if not isinstance(read, dict) or set(read) != wanted:
        found = sorted(read) if isinstance(read, dict) else type(read).__name__
        raise InvalidInput(f"{path.name}: keys must be {sorted(wanted)}, found {found}")
    if not isinstance(read["from"], dt.date):
        raise InvalidInput(f"{path.name}: from must be a date")
    rules = _rules(path.name, read)
    digest = hashlib.sha256(raw).hexdigest()[:12]
    return Policy(
        name=str(read["name"]),
        valid_from=read["from"],
        version=f"{read['name']}-{read['from'].isoformat()}-{digest}",
        label=_label(path.name, "label", read["label"]),
        rules=rules,
        raw=raw,
    )


def _rules(file: str, read: Mapping[str, Any]) -> dict[str, Rule]:
    rules = _entries(file, read)
    reference = _reference()
    if set(reference) != set(rules):
        missing = sorted(set(reference) - set(rules))
        unknown = sorted(set(rules) - set(reference))
        raise InvalidInput(f"{file}: missing values {missing}, unknown values {unknown}")
    for name, (place, unit, keys) in reference.items():
        found = rules[name]
        if found.unit != unit:
            raise InvalidInput(f"{file}: {place}: unit must be {unit}, not {found.unit}")
        given = set(found.value) if isinstance(found.value, Mapping) else None
        if given != keys:
            missing = sorted((keys or set()) - (given or set()))
            unknown = sorted((given or set()) - (keys or set()))
            raise InvalidInput(f"{file}: {place}: missing keys {missing}, unknown keys {unknown}")
    return rules


def _entries(file: str, read: Mapping[str, Any]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for section in SECTIONS:
        if not isinstance(read[section], dict):
            raise InvalidInput(f"{file}: {section} must hold values by name")
        for name, entry in read[section].items():
            rule = _rule(file, f"{section}.{name}", _id(section, name), entry)
            rules[rule.id] = rule
    return rules


def _id(section: str, name: str) -> str:
    return f"{section}.{name}" if section == "contagion" else str(name)


@cache
def _reference() -> dict[str, tuple[str, str, set[str] | None]]:
    """Return place, unit and keys of every rule: those of the first shipped file."""
    first = min(SHIPPED.glob("*.yml"))
    read = yaml.safe_load(first.read_text(encoding="utf-8"))
    found: dict[str, tuple[str, str, set[str] | None]] = {}
    for section in SECTIONS:
        for name, entry in read[section].items():
            keys = set(entry["value"]) if isinstance(entry["value"], dict) else None
            found[_id(section, name)] = (f"{section}.{name}", entry["unit"], keys)
    return found


def _rule(file: str, place: str, name: str, entry: Any) -> Rule:
    if not isinstance(entry, dict) or set(entry) != {"value", "unit", "source", "label"}:
        raise InvalidInput(f"{file}: {place} must have value, unit, source and label")
    unit = entry["unit"]
    if unit not in UNITS:
        raise InvalidInput(f"{file}: {place}: unit must be one of {', '.join(UNITS)}")
    if not isinstance(entry["source"], str) or not entry["source"].strip():
        raise InvalidInput(f"{file}: {place}: every value needs its source")
    value = entry["value"]
    parsed: Single | Mapping[str, Decimal]
    if isinstance(value, dict):
        parsed = {str(key): _number(file, f"{place}.{key}", cell) for key, cell in value.items()}
    else:
        parsed = _single(file, place, value, unit)
    return Rule(name, parsed, unit, entry["source"], _label(file, place, entry["label"]))


def _single(file: str, place: str, value: Any, unit: str) -> Single:
    if unit == "flag":
        if not isinstance(value, bool):
            raise InvalidInput(f"{file}: {place}: must be true or false")
        return value
    if unit == "text":
        return str(value)
    if unit in WHOLE:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InvalidInput(f"{file}: {place}: must be a whole number, not below 0")
        return value
    return _number(file, place, value)


def _number(file: str, place: str, value: Any) -> Decimal:
    if not isinstance(value, str):
        raise InvalidInput(f"{file}: {place}: write the number in quotes, it is kept exactly")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise InvalidInput(f"{file}: {place}: {value!r} is not a number") from error
    if not number.is_finite() or number < 0:
        raise InvalidInput(f"{file}: {place}: {value!r} must be finite and not below 0")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES_MAX:
        raise InvalidInput(f"{file}: {place}: {value!r} has more than {PLACES_MAX} places")
    return number


def _label(file: str, place: str, entry: Any) -> Label:
    if not isinstance(entry, dict) or set(entry) != {"zh", "en"}:
        raise InvalidInput(f"{file}: {place}: label must have zh and en")
    return Label(zh=str(entry["zh"]), en=str(entry["en"]))
