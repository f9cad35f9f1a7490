"""Documents of XML as records: every leaf with its path, and what elements come again."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree

from ingestion.fields.currencies import currency
from ingestion.guess.records import BETWEEN, ROOT, FieldRecord
from ingestion.guess.vocabulary import tokens_of

NODES_MAX = 20_000  # Looked at of one document.
DEPTH_MAX = 12
VALUES_MAX = 200  # Of one field.
TEXT_MAX = 4_000
_NAME = re.compile(r"[^\W\d][\w.\-·]*")
_PREFIX = re.compile("[a-z][a-z0-9]*")
_SPACES_MAX = 20


class XmlKind(NamedTuple):
    """The root of a kind of documents."""

    root: str
    namespace: str


def kind_of(root: etree._Element) -> XmlKind:
    """Return of which kind a document is."""
    name = etree.QName(root)
    return XmlKind(name.localname, name.namespace or "")


def records_of(
    root: etree._Element, spaces: dict[str, str], each: str | None = None
) -> Iterator[FieldRecord]:
    """
    Yield the records of a document: one, or one for each element of a path.

    Args:
        root: The root of the document.
        spaces: Namespaces by prefixes; takes those that are new.
        each: The path of an element that comes again.
    """
    reading = _DocumentReading(root, spaces)
    elements = [root] if each is None else reading.at(each)
    for element in elements:
        record = FieldRecord(kind_of(root).root)
        reading.walk(element, record)
        if element is not root:
            reading.around(element, record)
        reading.in_currency(record)
        yield record


class _DocumentReading:
    def __init__(self, root: etree._Element, spaces: dict[str, str]) -> None:
        self.root = root
        self.kind = kind_of(root)
        self.spaces = spaces
        self.currencies: dict[str, list[tuple[str, str]]] = {}
        self.left = NODES_MAX
        self._prefixes = {space: prefix for prefix, space in root.nsmap.items() if prefix}

    def at(self, path: str) -> list[Any]:
        """Return the elements of a path that this reading has written."""
        spaces = {**self.spaces, **({"d": self.kind.namespace} if self.kind.namespace else {})}
        found = self.root.xpath(path, namespaces=spaces or None)
        return list(found)[:NODES_MAX] if isinstance(found, list) else []

    def step(self, element: etree._Element) -> str | None:
        """Return a step to an element as a description writes it; None where it cannot."""
        name = etree.QName(element)
        if not _NAME.fullmatch(name.localname):
            return None
        if not name.namespace:
            return str(name.localname)
        if name.namespace == self.kind.namespace:
            return f"d:{name.localname}"
        known = next((p for p, space in self.spaces.items() if space == name.namespace), None)
        if known is None:
            if len(self.spaces) >= _SPACES_MAX:
                return None
            given = self._prefixes.get(name.namespace, "")
            free = (
                _PREFIX.fullmatch(given) and given not in ("d", "xml") and given not in self.spaces
            )
            known = given if free else f"n{len(self.spaces) + 1}"
            self.spaces[known] = name.namespace
        return f"{known}:{name.localname}"

    def walk(self, element: etree._Element, record: FieldRecord) -> None:
        """Keep the leaves below an element, and what its elements have as attributes."""
        ahead: list[tuple[etree._Element, tuple[str, ...], tuple[str, ...]]] = [(element, (), ())]
        while ahead:
            here, keys, steps = ahead.pop()
            self._attributes(here, keys, steps, record)
            below = [
                (child, (*keys, self._key(child, top=not steps)), (*steps, step))
                for child in here.iterchildren("*")
                if len(steps) < DEPTH_MAX and self._has_room() and (step := self.step(child))
            ]
            for child, child_keys, child_steps in below:
                path = "/".join(child_steps)
                parent = len(child) > 0 or len(child.attrib) > 0
                record.elements[path] = record.elements.get(path, 0) + parent
                if len(child) == 0:
                    self._keep(child, BETWEEN.join(child_keys), path, record)
            ahead += reversed([each for each in below if len(each[0]) or each[0].attrib])

    def _has_room(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def _key(self, element: etree._Element, *, top: bool) -> str:
        """Return the name of an element, of the first ones without that of the root in it."""
        local, root = str(etree.QName(element).localname), self.kind.root
        begins = top and local.startswith(root) and local[len(root) :][:1].isupper()
        return f"{ROOT}{local.removeprefix(root)}" if begins else local

    def _attributes(
        self,
        element: etree._Element,
        keys: tuple[str, ...],
        steps: tuple[str, ...],
        record: FieldRecord,
    ) -> None:
        for name, value in element.attrib.items():
            text = str(value).strip()[:TEXT_MAX]
            amount = len(element) == 0 and currency(text) is not None
            if text and not amount and _NAME.fullmatch(str(name)):
                key = BETWEEN.join((*keys, str(name)))
                if len(record.fields.get(key, ())) < VALUES_MAX:
                    record.add(key, "/".join((*steps, f"@{name}")), text)

    def _keep(self, leaf: etree._Element, key: str, path: str, record: FieldRecord) -> None:
        text = (leaf.text or "").strip()[:TEXT_MAX]
        if len(record.fields.get(key, ())) >= VALUES_MAX:
            return
        for name, value in leaf.attrib.items():
            if currency(str(value)) and _NAME.fullmatch(str(name)):
                self.currencies.setdefault(key, []).append((str(name), str(value)))
                break
        else:
            self.currencies.setdefault(key, []).append(("", ""))
        if text or not leaf.attrib:
            record.add(key, path, text)

    def around(self, element: etree._Element, record: FieldRecord) -> None:
        """Keep the leaves of the elements around a row."""
        up, here = "..", element.getparent()
        while here is not None and up.count("..") <= DEPTH_MAX:
            for child in here.iterchildren("*"):
                step = self.step(child)
                if len(child) == 0 and step is not None:
                    key = f"up{BETWEEN}{etree.QName(child).localname}"
                    self._keep(child, key, f"{up}/{step}", record)
            up, here = f"../{up}", here.getparent()

    def in_currency(self, record: FieldRecord) -> None:
        """Let an amount that is told in several currencies be that of the document's own."""
        own = next(
            (
                key
                for key, values in record.fields.items()
                if "currency" in tokens_of(key) and len(values) == 1 and currency(values[0])
            ),
            None,
        )
        for key, told in self.currencies.items():
            values = record.fields.get(key, [])
            names = {name for name, _ in told if name}
            if own is None or len(values) < 2 or len(names) != 1 or len(told) != len(values):  # noqa: PLR2004
                continue
            wanted = record.fields[own][0]
            kept = [v for v, (_, code) in zip(values, told, strict=True) if code == wanted]
            if len({code for _, code in told}) > 1 and kept:
                record.fields[key] = kept
                up = "/".join([".."] * (record.written[key].count("/") + 1))
                record.written[key] += f"[@{names.pop()} = {up}/{record.written[own]}]"
        self.currencies = {}
