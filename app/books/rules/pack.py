"""Rule packs: read strictly, versioned by their content, and asked for a value on a day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from app.books.errors import RuleBroken
from app.books.rules.forms import (
    SHAPES,
    Action,
    AnyRuling,
    RulePackFile,
    Severity,
    Unit,
)
from app.policy.loader import DatedFolder, version_of
from app.policy.reading import held_to, read_keys
from graph.model import Label

SHIPPED = Path(__file__).parent / "packs"
Value = int | Decimal | dt.date | Sequence[str] | Mapping[str, int] | Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for a time: what holds, where it comes from, and what follows where it is broken."""

    id: str
    value: Value
    unit: Unit
    valid_from: dt.date | None  # None: announced, and not in force.
    valid_to: dt.date | None  # The last day; None: until further notice.
    source: str
    severity: Severity
    action: Action
    label: Label


@dataclass(frozen=True, slots=True)
class RulePack:
    """One file of rules; its version names the file's name, date and content."""

    name: str
    valid_from: dt.date
    version: str
    label: Label
    rules: Sequence[Rule]

    def on(self, day: dt.date) -> "RulesInForce":
        """Return what is in force on a day, and what is to come."""
        begun = [each for each in self.rules if each.valid_from and each.valid_from <= day]
        held = {r.id: r for r in begun if r.valid_to is None or day <= r.valid_to}
        return RulesInForce(day, self, held, [each for each in self.rules if each not in begun])


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules in force on a day, by their ids; `coming` are announced, or begin later."""

    day: dt.date
    pack: RulePack
    held: Mapping[str, Rule]
    coming: Sequence[Rule]

    def days(self, name: str) -> int | None:
        """
        Return a number of days; None where the rule is not in force.

        Raises:
            KeyError: There is no such rule of days.

        Example:
            >>> Rulebook(None).on(dt.date(2026, 6, 30)).days("voucher.tenor.hard_days")
            365
        """
        value = self._value(name, "days")
        return value if isinstance(value, int) else None

    def fen(self, name: str) -> int | None:
        """
        Return an amount; None where the rule is not in force.

        Raises:
            KeyError: There is no such rule of an amount.
        """
        value = self._value(name, "fen")
        return value if isinstance(value, int) else None

    def share(self, name: str) -> Decimal | None:
        """
        Return a part of a whole; None where the rule is not in force.

        Raises:
            KeyError: There is no such rule of a share.
        """
        value = self._value(name, "share")
        return value if isinstance(value, Decimal) else None

    def flag(self, name: str) -> bool | None:
        """
        Return a yes or no; None where the rule is not in force.

        Raises:
            KeyError: There is no such rule of yes or no.
        """
        value = self._value(name, "flag")
        return value if isinstance(value, bool) else None

    def text(self, name: str) -> Sequence[str]:
        """
        Return a list of words; an empty one where the rule is not in force.

        Raises:
            KeyError: There is no such rule of words.
        """
        value = self._value(name, "text")
        return value if isinstance(value, list) else ()

    def refuse(self, name: str, *, zh: str, en: str) -> RuleBroken:
        """
        Return the refusal of what breaks a rule, which names the rule and its source.

        Raises:
            KeyError: The rule is not in force: nothing is refused by it.
        """
        return RuleBroken(name, self.held[name].source, zh=zh, en=en)

    def _value(self, name: str, unit: Unit) -> Value | None:
        if SHAPES[name].unit != unit or SHAPES[name].keys:
            raise KeyError(f"rule {name} is no single value in {unit}")
        return self.held[name].value if name in self.held else None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """
    Every rule pack of a bank.

    Args:
        policy: The folder of its own policies; packs are in `rules` below it, else the shipped
            ones hold.
    """

    policy: Path | None

    def on(self, day: dt.date) -> RulesInForce:
        """
        Return the rules in force on a business day.

        Raises:
            Unready: The folder cannot be used as it is, or (`NoneInForce`) no pack is in force.
        """
        return PACKS.on(self.policy, day).on(day)


def read_pack(path: Path) -> RulePack:
    """
    Return the rule pack of a file.

    Raises:
        InvalidInput: The file does not hold to its schema; every fault is named by its key.
    """
    raw, read = read_keys(path)
    file = held_to(RulePackFile, read, path.name)
    rules = [_rule(name, each) for name, rulings in file.rules.items() for each in rulings]
    return RulePack(
        name=file.name,
        valid_from=file.valid_from,
        version=version_of(file.name, file.valid_from, raw),
        label=Label(**dict(file.label)),
        rules=rules,
    )


def _rule(name: str, ruling: AnyRuling) -> Rule:
    return Rule(
        id=name,
        value=ruling.value,
        unit=ruling.unit,
        valid_from=ruling.valid_from,
        valid_to=ruling.valid_to,
        source=ruling.source,
        severity=ruling.severity,
        action=ruling.action,
        label=Label(**dict(ruling.label)),
    )


PACKS = DatedFolder("rules", SHIPPED, read_pack, "rule pack")
