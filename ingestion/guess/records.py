"""Records with named fields, of which each may have several values: of documents, of lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingestion.guess.vocabulary import tokens_of, vocabulary

BETWEEN = "/"
ROOT = "{root}"  # Stands for the name of the root in those of other elements.
_CODES = {
    "id",
    "num",
    "no",
    "code",
    "tax",
    "taxno",
    "nsrsbh",
    "sh",
    "sbh",
    "vat",
    "uscc",
    "识别号",
    "税号",
    "number",
}
_NAMES = {"name", "mc", "registration", "名称"}
_NO_PARTY = {
    "addr",
    "address",
    "bank",
    "account",
    "phone",
    "tel",
    "telephone",
    "email",
    "contact",
    "street",
    "city",
    "country",
    "scheme",
    "地址",
    "电话",
    "银行",
    "order",
    "reference",
    "document",
    "invoice",
    "contract",
    "账号",
}
_PARTIES = {"party", "company", "firm", "trade"}
_LINES = {"item", "line", "lines", "detail", "details", "明细", "mx"}
_LINE_WEIGHT, _DEPTH_WEIGHT, _PARENT_WEIGHT = 0.7, 0.985, 0.97


@dataclass(slots=True)
class FieldRecord:
    """One record: the values of its fields by their keys, and how paths to them are written."""

    root: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    elements: dict[str, int] = field(default_factory=dict)  # Paths of elements, and how often.

    def add(self, key: str, path: str, value: str) -> None:
        """Keep a value of a field."""
        self.fields.setdefault(key, []).append(value)
        self.written.setdefault(key, path)

    def first(self, key: str) -> str | None:
        """Return the first value of a field; None for none."""
        return next((text for value in self.fields.get(key, ()) if (text := value.strip())), None)


def named_fields(keys: Sequence[str]) -> dict[str, str]:
    """
    Return a name for each key, as short as tells them apart.

    Example:
        >>> named_fields(["a/name", "b/name", "b/id"])
        {'a/name': 'a_name', 'b/name': 'b_name', 'b/id': 'id'}
    """
    found: dict[str, str] = {}
    left = list(keys)
    for way in _WAYS:
        names: dict[str, list[str]] = {}
        for key in left:
            names.setdefault(way(key), []).append(key)
        taken = set(found.values())
        alone = {same[0]: n for n, same in names.items() if len(same) == 1 and n not in taken}
        found |= alone
        left = [key for key in left if key not in alone]
    for at, key in enumerate(left):
        found[key] = f"{_last(key)}_{at + 1}_of_{len(left)}"
    return {key: found[key] for key in keys}


def _steps(key: str) -> list[str]:
    return [step.replace(ROOT, "") or step for step in key.split(BETWEEN)]


def _last(key: str) -> str:
    return _steps(key)[-1]


# From the shortest name on: the last step, with the one before, with the first, with all.
_WAYS: tuple[Callable[[str], str], ...] = (
    _last,
    lambda key: "_".join(_steps(key)[-2:]),
    lambda key: "_".join([_steps(key)[0], _last(key)]),
    lambda key: "_".join(_steps(key)),
)


def spoken_as(key: str) -> tuple[tuple[str, float], ...]:
    """
    Return the words that a field's path speaks, each with how surely.

    Example:
        >>> spoken_as("SellerInformation/SellerIdNum")
        (('seller code', 1.0),)
    """
    steps = key.split(BETWEEN)
    every = [tokens_of(step) for step in steps]
    flat = {token for tokens in every for token in tokens}
    lists = vocabulary().lists
    leaf = set(every[-1])
    for role in ("seller", "buyer"):
        own = set(lists[f"{role}_elements"])
        if not flat & own:
            continue
        if flat & _NO_PARTY:
            return ()
        part = "name" if leaf & _NAMES or leaf <= own | _PARTIES else "code"
        told = part == "name" or bool(leaf & _CODES)
        return ((f"{role} {part}", 1.0),) if told else ()
    weight = _DEPTH_WEIGHT ** (len(steps) - 1)
    if flat & _LINES and not leaf & _NAMES:
        weight *= _LINE_WEIGHT
    said = [(steps[-1], weight)]
    if len(steps) > 1:
        said.append((f"{' '.join(every[-2])} {' '.join(every[-1])}", weight * _PARENT_WEIGHT))
    return tuple(said)
