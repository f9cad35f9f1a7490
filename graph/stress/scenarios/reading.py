"""
Scenarios read from a document, YAML or JSON: whatever is wrong is named, all of it at once.

A fault names the field by its path, in a text also its line, the value, what is allowed, and of
known words the nearest one.
"""

import difflib
import json
import reprlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from graph.errors import InvalidInput
from graph.stress.scenarios.form import (
    BOUNDS,
    CHANNELS,
    REACHES,
    SELECTORS,
    SHARES,
    Hit,
    Scenario,
    closing,
)

USUAL = ("production", "orders")  # Channels of a share that names none.
HIT_FIELDS = (*SELECTORS, "reach", "tiers_min", "tiers_max", "share", "channels", *SHARES)
ONE = ("hits", "close", "combines")  # What a scenario may be made of.
SCENARIO_FIELDS = ("name", *ONE, "channels")
UNNAMED = "scenario"  # What one is called that stands alone without a name.
BREAKING = ("Cc", "Zl", "Zp")  # Kinds of characters: control, breaks of lines and paragraphs.
FAULTS_SHOWN = 20
SHOWN = reprlib.Repr()  # Of values: short, however long or deep they are.


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field."""

    path: str
    what: str

    def said(self, lines: Mapping[str, int]) -> str:
        """Return it in words, with the line of the field or of what it is missing in."""
        place = self.path
        while place and place not in lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        before = f"line {lines[place]}: " if place in lines else ""
        return f"{before}{self.path or 'the document'}: {self.what}"


def nearest(word: object, known: Iterable[str]) -> str:
    """
    Return a hint at the known word that is nearest to one nobody knows; nothing where none is near.

    Example:
        >>> nearest("chanels", ["firms", "channels"]), nearest("x", ["firms"])
        (' (did you mean channels?)', '')
    """
    found = difflib.get_close_matches(str(word)[: BOUNDS.name], list(known), n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def parse(value: object) -> tuple[Scenario, ...]:
    """
    Return the scenarios of a plain document, in its order.

    Raises:
        InvalidInput: Something is not what it must be; every wrong field is named, with the value
            and what is allowed.

    Example:
        >>> hit = {"sectors": ["C26"], "share": 0.5, "channels": ["production"]}
        >>> parse({"scenarios": [{"name": "half", "hits": [hit]}]})[0].hits[0].down
        0.5
        >>> parse({"scenarios": [{"name": "x", "hits": [{"firms": ["a"], "share": 2}]}]})
        Traceback (most recent call last):
        ...
        graph.errors.InvalidInput: scenarios[0].hits[0].share: 2 is no number in [0, 1]
    """
    return _told(*_parsed(value), {})


def _parsed(value: object) -> tuple[tuple[Scenario, ...], list[FieldFault]]:
    reader = _Reader()
    found: dict[str, Scenario] = {}
    alone = isinstance(value, Mapping) and "scenarios" not in value and any(n in value for n in ONE)
    if alone:
        scenario = _scenario(reader, value, "", found)
        return (scenario,) if scenario else (), reader.faults
    top = reader.fields(value, "", ("scenarios",))
    for at, entry in enumerate(reader.entries(top.get("scenarios"), "scenarios", BOUNDS.scenarios)):
        path = f"scenarios[{at}]"
        scenario = _scenario(reader, entry, path, found)
        if scenario is not None and scenario.name in found:
            reader.refuse(f"{path}.name", scenario.name, "a name of its own")
        elif scenario is not None:
            found[scenario.name] = scenario
    return tuple(found.values()), reader.faults


def _told(
    found: tuple[Scenario, ...], faults: list[FieldFault], lines: Mapping[str, int]
) -> tuple[Scenario, ...]:
    """Return what was found, or raise what is wrong with it, by line where that is known."""
    if not faults:
        return found
    said = [fault.said(lines) for fault in faults[:FAULTS_SHOWN]]
    left = len(faults) - FAULTS_SHOWN
    raise InvalidInput("; ".join([*said, f"and {left} more"] if left > 0 else said))


def read(text: str) -> tuple[Scenario, ...]:
    """
    Return the scenarios of a YAML or JSON text.

    Raises:
        InvalidInput: The text is neither, or as in `parse`.

    Example:
        >>> read("scenarios: [{name: a, hits: [{firms: [mill], share: 1}]}]")[0].hits[0].up
        1.0
    """
    if len(text) > BOUNDS.characters:
        raise InvalidInput(f"{len(text)} characters, more than {BOUNDS.characters}")
    text = text.removeprefix("\ufeff")
    value, node = _loaded(text)
    found, faults = _parsed(value)
    return _told(found, faults, _lines(_node(text) if node is None else node) if faults else {})


def _loaded(text: str) -> tuple[object, yaml.Node | None]:
    """Return what a text says, and the nodes of it where it is YAML and no JSON."""
    try:
        # YAML 1.1 takes JSON's 1e-3 for a text.
        return json.loads(text, object_pairs_hook=_once), None
    except RecursionError as error:
        raise InvalidInput("lists and fields lie too deep in each other") from error
    except ValueError:
        pass
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        _check(node)
        return None if node is None else loader.construct_document(node), node
    except RecursionError as error:
        raise InvalidInput("lists and fields lie too deep in each other") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidInput(f"neither YAML nor JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of a JSON object, none of which may stand twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError("a field stands twice")  # Read as YAML it is told with its line.
        found[name] = value
    return found


def _check(top: yaml.Node | None) -> None:
    """Refuse a field that stands twice, and what stands in two places by reference."""
    seen: set[int] = set()
    for path, node in _nodes(top):
        if id(node) in seen:
            raise InvalidInput(f"{_line(node)}{path}: references (& and *) are not understood")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for key, _ in node.value:
                name = key.value if isinstance(key, yaml.ScalarNode) else ""
                if name in names:
                    raise InvalidInput(f"{_line(key)}{SHOWN.repr(name)} stands twice")
                names.add(name)


def _nodes(top: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """Yield every node of a text with its path, each before what is in it."""
    left = [] if top is None else [("", top)]
    count = 0
    while left:
        path, node = left.pop()
        count += 1
        if count > BOUNDS.characters:
            raise InvalidInput("references (& and *) are not understood")
        yield path, node
        if isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                name = key.value if isinstance(key, yaml.ScalarNode) else "?"
                left.append((f"{path}.{name}" if path else name, value))
        elif isinstance(node, yaml.SequenceNode):
            left += [(f"{path}[{at}]", each) for at, each in enumerate(node.value)][::-1]


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}: "


def _node(text: str) -> yaml.Node | None:
    """Return the nodes of a JSON text, for its lines; nothing where YAML reads it otherwise."""
    try:
        return yaml.SafeLoader(text).get_single_node()
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _lines(top: yaml.Node | None) -> dict[str, int]:
    """Return the line on which every field stands."""
    return {path: node.start_mark.line + 1 for path, node in _nodes(top)}


@dataclass(slots=True)
class _Reader:
    """Reads fields and keeps what is wrong with them, each with its path."""

    faults: list[FieldFault] = field(default_factory=list)

    def add(self, path: str, what: str) -> None:
        """Keep a fault."""
        self.faults.append(FieldFault(path, what))

    def refuse(self, path: str, value: object, allowed: str, known: Iterable[str] = ()) -> None:
        """Keep that a value is not what is allowed, with the nearest of known words."""
        hint = nearest(value, known) if isinstance(value, str) else ""
        self.add(path, f"{SHOWN.repr(value)} is no {allowed}{hint}")

    def fields(self, value: object, path: str, known: tuple[str, ...]) -> Mapping[str, object]:
        """Return a mapping without the fields that nobody knows."""
        if not isinstance(value, Mapping):
            self.refuse(path, value, "mapping of fields")
            return {}
        before = f"{path}." if path else ""
        for name in value:
            if name not in known and len(self.faults) <= FAULTS_SHOWN:
                shown = (
                    name if isinstance(name, str) and len(name) < BOUNDS.name else SHOWN.repr(name)
                )
                said = f"no such field; there are {', '.join(known)}{nearest(name, known)}"
                self.add(f"{before}{shown}", said)
        return {name: value[name] for name in known if name in value}

    def entries(self, value: object, path: str, most: int = BOUNDS.entries) -> list[object]:
        """Return a list that holds something, and no more than it may."""
        if not isinstance(value, list) or not value:
            self.refuse(path, value, "list with at least one entry")
            return []
        if len(value) > most:
            self.add(path, f"has {len(value)} entries, more than {most}")
            return []
        return value

    def texts(self, value: object, path: str, allowed: Iterable[str] = ()) -> tuple[str, ...]:
        """Return distinct texts, of those allowed if any are named."""
        kept: dict[str, None] = {}
        words = tuple(allowed)
        for at, text in enumerate(self.entries(value, path)):
            if not _is_name(text):
                self.refuse(f"{path}[{at}]", text, "text (a number is quoted)")
            elif words and text not in words:
                self.refuse(f"{path}[{at}]", text, f"one of {', '.join(words)}", words)
            elif text in kept:
                self.add(f"{path}[{at}]", f"{text!r} stands twice")
            else:
                kept[str(text)] = None
        return tuple(kept)

    def share(self, value: object, path: str) -> float:
        """Return a number in [0, 1]."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
            self.refuse(path, value, "number in [0, 1]")
            return 0.0
        return float(value)


def _is_name(text: object) -> bool:
    """Return whether something is a text that can be written: no NUL, no half of a pair."""
    if not isinstance(text, str) or not text.strip() or len(text) > BOUNDS.name:
        return False
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _lacks(name: object) -> str:
    """Return what a name would have to be; nothing where it is a text on one line."""
    if not _is_name(name):
        return f"text of 1 to {BOUNDS.name} characters"
    breaks = any(unicodedata.category(letter) in BREAKING for letter in str(name))
    return "text on one line" if breaks else ""


def _scenario(
    reader: _Reader, value: object, path: str, earlier: Mapping[str, Scenario]
) -> Scenario | None:
    before, inside = len(reader.faults), f"{path}." if path else ""
    fields = reader.fields(value, path, SCENARIO_FIELDS)
    name = fields.get("name", None if path else UNNAMED)
    if allowed := _lacks(name):
        reader.refuse(f"{inside}name", name, allowed)
    hits: dict[Hit, None] = {}
    if "combines" in fields:
        for other in reader.texts(fields["combines"], f"{inside}combines", earlier or ("",)):
            hits.update(dict.fromkeys(earlier[other].hits))
    hits.update(dict.fromkeys(_closed(reader, fields, inside)))
    if "hits" in fields or not any(part in fields for part in ONE):
        place = f"{inside}hits"
        for at, entry in enumerate(reader.entries(fields.get("hits"), place, BOUNDS.hits)):
            hits.update(dict.fromkeys(_hit(reader, entry, f"{place}[{at}]")))
    if len(hits) > BOUNDS.hits:
        reader.add(path, f"has {len(hits)} hits in all, more than {BOUNDS.hits}")
    if len(reader.faults) > before:
        return None
    return Scenario(str(name), tuple(hits))


def _closed(reader: _Reader, fields: Mapping[str, object], inside: str) -> tuple[Hit, ...]:
    """Return the hit that the short form stands for: firms that close, along channels."""
    if "close" not in fields:
        if "channels" in fields:
            reader.add(f"{inside}channels", "stands without the firms that close along them")
        return ()
    firms = reader.texts(fields["close"], f"{inside}close")
    channels = tuple(CHANNELS)
    if "channels" in fields:
        channels = reader.texts(fields["channels"], f"{inside}channels", CHANNELS)
    return closing(firms, channels).hits if firms and channels else ()


def _hit(reader: _Reader, value: object, path: str) -> list[Hit]:
    """Return the hit, or none where a field is wrong."""
    before = len(reader.faults)
    fields = reader.fields(value, path, HIT_FIELDS)
    found: dict[str, Any] = _shares(reader, fields, path)
    for name in SELECTORS:
        if name in fields:
            found[name] = reader.texts(fields[name], f"{path}.{name}")
    for name, (allowed, fits, known) in KINDS.items():
        if name in fields and not fits(fields[name]):
            reader.refuse(f"{path}.{name}", fields[name], allowed, known)
        elif name in fields:
            found[name] = fields[name]
    if len(reader.faults) > before:
        return []
    try:
        return [Hit(**found)]
    except InvalidInput as error:
        reader.add(path, str(error))
        return []


def _is_tier(number: object) -> bool:
    whole = isinstance(number, int) and not isinstance(number, bool)
    return whole and 1 <= number <= BOUNDS.tiers  # type: ignore[operator]


TIER = (f"whole number in 1 to {BOUNDS.tiers}", _is_tier, ())
KINDS: Mapping[str, tuple[str, Callable[[object], bool], tuple[str, ...]]] = {
    "reach": (f"one of {', '.join(REACHES)}", lambda word: word in REACHES, REACHES),
    "tiers_min": TIER,
    "tiers_max": TIER,
}


def _shares(reader: _Reader, fields: Mapping[str, object], path: str) -> dict[str, float]:
    """Return the losses by channel, from one share or one by one."""
    if "share" not in fields:
        if "channels" in fields:
            reader.add(f"{path}.channels", "stands without the share that runs along them")
        return {
            name: reader.share(fields[name], f"{path}.{name}") for name in SHARES if name in fields
        }
    both = [name for name in SHARES if name in fields]
    if both:
        reader.add(f"{path}.{both[0]}", "stands beside share, which is all channels' loss")
    share = reader.share(fields["share"], f"{path}.share")
    channels = (
        reader.texts(fields["channels"], f"{path}.channels", CHANNELS)
        if "channels" in fields
        else USUAL
    )
    return {CHANNELS[name]: share for name in channels}
