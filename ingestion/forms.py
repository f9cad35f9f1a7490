"""What a source may give: tables and columns as data (`forms.yml`), and how headers name them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import yaml

from graph.errors import InvalidInput
from graph.model import Label
from ingestion.characters import visible

Kind = Literal["text", "party", "money", "date", "ratio", "flag", "word", "currency"]
Unit = Literal["fen", "yuan", "wan"]  # 万元, ten thousand yuan
LINE = "line_number"  # A part that is kept until it is known which rows are used.
CURRENCY = "currency"  # Likewise, of every table with money; blank for the home currency.
BESIDES = (LINE, CURRENCY)
KNOWN = "known_on"  # The day the bank learned of a row, of every table.
_FILE = Path(__file__).parent / "forms.yml"
_UNITS: Mapping[str, Unit] = {
    "_fen": "fen", "_yuan": "yuan", "(元)": "yuan", "(分)": "fen", "(人民币)": "yuan",
    "(人民币元)": "yuan", "/元": "yuan", ":元": "yuan",
    "(万元)": "wan", "(人民币万元)": "wan", "/万元": "wan", ":万元": "wan",
}  # fmt: skip
_BETWEEN = re.compile(r"[\s()\[\]【】_\-‐-―−/:、,.·~]+")
_AROUND = "*: "  # A star marks what must be filled in, a colon what follows.
_NAME_OR_ID = re.compile("名称$|编号$")
_CURRENCIES = (
    CURRENCY,
    "币种",
    "币别",
    "货币",
    "币种代码",
    "货币代码",
    "币种名称",
    "货币种类",
    "交易币种",
    "结算币种",
)
_KNOWN = ("获知日期", "知悉日期", "知晓日期")
# What a credit code beside a name is called, behind what the name is called.
_CODES = ("识别号", "纳税人识别号", "税号", "统一社会信用代码", "信用代码")
_FOLLOWING = re.compile(r"$|[-_ .0-9(\[]")
_ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "party": pa.dictionary(pa.int32(), pa.string()),
    "money": pa.int64(),
    "date": pa.date32(),
    "ratio": pa.float64(),
    "flag": pa.bool_(),
    "word": pa.string(),
    "currency": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a source may give."""

    name: str
    kind: Kind
    zh: tuple[str, ...]
    required: bool = False
    default: str | bool | None = None
    signed: bool = False  # Money below nought has a meaning here.
    share: bool = False  # A ratio that lies between 0 and 1.
    words: Mapping[str, str] | None = None  # Every accepted word, plain -> the word that is kept.
    identity: bool = False  # Its text tells facts or firms apart: every digit counts.
    part_of: str | None = None  # The column that it is read for; it is not kept by itself.
    suffices: bool = False  # A part that can stand for its whole column.

    @property
    def stored(self) -> str:
        """Return the column's name once it is read: money is kept in fen."""
        return f"{self.name}_fen" if self.kind == "money" else self.name

    @property
    def arrow(self) -> pa.DataType:
        """Return the Arrow type in which the column is kept."""
        return _ARROW[self.kind]


@dataclass(frozen=True, slots=True)
class Form:
    """One table that a source may give."""

    name: str
    label: Label
    files: tuple[str, ...]
    key: tuple[str, ...]
    ends: tuple[str, ...]
    dated: str | None
    columns: Mapping[str, Column]
    parts: Mapping[str, Column]  # Columns that a file may have and that are read for another.

    @property
    def parties(self) -> tuple[str, ...]:
        """Return the columns that name a firm."""
        return tuple(c.name for c in self.columns.values() if c.kind == "party")

    @property
    def stored_key(self) -> tuple[str, ...]:
        """Return the key in the names of the columns as they are kept."""
        kept = {c.name: c.stored for c in self.columns.values()}
        return tuple(kept[name] for name in self.key)

    @property
    def day(self) -> str | None:
        """Return the column of a row's own day: when it happened, else from when it holds."""
        return self.dated or ("from" if "from" in self.columns else None)

    def keyed(self, key: tuple[str, ...]) -> "Form":
        """Return the same form with another key."""
        return replace(self, key=key)

    def parts_of(self, column: str) -> tuple[Column, ...]:
        """Return the columns of files that are read for one column of the table."""
        return tuple(part for part in self.parts.values() if part.part_of == column)

    def named(self, header: str) -> tuple[Column, Unit | None] | None:
        """
        Return the column that a header names, with its unit of money; None for an unknown one.

        Example:
            >>> invoices = form("invoices")
            >>> [(c.name, unit) for c, unit in [invoices.named("amount_fen")]]
            [('amount', 'fen')]
            >>> [(c.name, unit) for c, unit in [invoices.named("金额（元）")]]
            [('amount', 'yuan')]
            >>> invoices.named("amount") is None
            True
        """
        plain = plain_header(header)
        for part in self.parts.values():
            if plain in part.zh or (part.kind == "party" and plain == part.name):
                return part, None
        for column in self.columns.values():
            if column.kind == "money":
                unit = _money_unit(column, plain)
                if unit is not None:
                    return column, unit
            elif plain == column.name or plain in column.zh:
                return column, None
        return None


def plain_header(header: str) -> str:
    """
    Return a header in the form in which equal headers are equal; Chinese ones have no blanks.

    Example:
        >>> plain_header(" Amount_Yuan\u200b"), plain_header("金 额（元）")
        ('amount_yuan', '金额(元)')
    """
    plain = visible(unicodedata.normalize("NFKC", visible(header))).lower().strip(_AROUND)
    return plain if plain.isascii() else plain.replace(" ", "")


def plain_word(word: str) -> str:
    """
    Return a word without case, width, blanks, hyphens and brackets.

    Example:
        >>> plain_word("已红冲－（全额）"), plain_word(" Void")
        ('已红冲全额', 'void')
    """
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", visible(word)).casefold())


def _money_unit(column: Column, header: str) -> Unit | None:
    for ending, unit in _UNITS.items():
        base = header.removesuffix(ending)
        if base != header and base.strip() in (column.name, *column.zh):
            return unit
    # A Chinese heading without a unit means yuan, as on every printed invoice.
    return "yuan" if header in column.zh else None


@cache
def forms() -> Mapping[str, Form]:
    """Return every table that a source may give, by name."""
    read = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: _form(name, entry) for name, entry in read.items()}


def form(name: str) -> Form:
    """
    Return one table that a source may give.

    Raises:
        InvalidInput: There is no such table.

    Example:
        >>> form("invoices").key
        ('number', 'issued_on', 'seller', 'buyer')
    """
    if name not in forms():
        raise InvalidInput(f"no table {name!r}; there are {', '.join(forms())}")
    return forms()[name]


def table_of(stem: str) -> str | None:
    """
    Return the table that a file's name stands for, None when it stands for none.

    A table may come in several files: `invoices_2025.csv`, `invoices-2026.csv`, `发票（1月）.xlsx`.
    After a word or a sign that parts words anything may follow; right after the name only figures
    and brackets.

    Example:
        >>> table_of("invoices_2025"), table_of("应收账款（1月）"), table_of("发票明细")
        ('invoices', 'receivables', None)
    """
    plain = unicodedata.normalize("NFKC", visible(stem)).lower()
    for name, entry in forms().items():
        for file in entry.files:
            if plain.startswith(file) and _FOLLOWING.match(plain.removeprefix(file)):
                return name
    return None


def _form(name: str, entry: Mapping[str, Any]) -> Form:
    columns = {column["name"]: _column(column) for column in entry["columns"]}
    columns[KNOWN] = Column(KNOWN, "date", _KNOWN)
    return Form(
        name=name,
        label=Label(**entry["label"]),
        files=tuple(entry["files"]),
        key=tuple(entry["key"]),
        ends=tuple(entry["ends"]),
        dated=entry.get("dated"),
        columns=columns,
        parts={part["name"]: _column(part) for part in entry.get("parts", ())}
        | {f"{party}_code": _code_beside(party, columns[party]) for party in _parties(columns)}
        | _currency(columns),
    )


def _parties(columns: Mapping[str, Column]) -> list[str]:
    return [name for name, column in columns.items() if column.kind == "party"]


def _code_beside(party: str, column: Column) -> Column:
    """Return the column of the credit codes that stand beside the names of a party."""
    heads = dict.fromkeys(_NAME_OR_ID.sub("", header) for header in column.zh)
    named = tuple(f"{head}{what}" for head in heads for what in _CODES)
    return Column(f"{party}_code", "party", named, part_of=party, suffices=True)


def _currency(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the column of the currency that money is in; none for a table without money."""
    if not any(column.kind == "money" for column in columns.values()):
        return {}
    return {CURRENCY: Column(CURRENCY, "currency", _CURRENCIES)}


def _column(entry: Mapping[str, Any]) -> Column:
    fields = dict(entry)
    words = fields.pop("words", None)
    taken = None if words is None else _words(words)
    return Column(zh=tuple(map(plain_header, fields.pop("zh"))), words=taken, **fields)


def _words(entry: Mapping[str, list[str]]) -> dict[str, str]:
    accepted = {plain_word(kept): kept for kept in entry}
    for kept, others in entry.items():
        accepted.update(dict.fromkeys(map(plain_word, others), kept))
    return accepted
