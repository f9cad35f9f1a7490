"""What a description says of the sets of rows that a source is read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Grid:
    """
    Rows of cells below a header: text, workbooks, Parquet.

    `header` has names that one row must have, all of them; without it the first row is the header.
    With two header rows a name is `upper/lower`. `synonyms` gives for a name what files call it
    instead. Encoding and separator are found out where they are not given.
    """

    name: str
    files: str  # A pattern of the whole name of the file.
    header: tuple[str, ...] = ()
    sheet: str | None = None  # A pattern of the whole name; without it the first sheet one sees.
    header_rows: int = 1
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """Lines of text whose columns stand at fixed places: name, first and last character from 1."""

    name: str
    files: str
    widths: tuple[tuple[str, int, int], ...]
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One kind of document: its root, the elements that are rows (else it is one), its fields."""

    root: str
    namespace: str | None = None  # A pattern of the whole namespace of the root.
    each: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Xml:
    """Documents of XML: paths of fields by their names, for all kinds of documents or for one."""

    name: str
    files: str
    records: tuple[Record, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Lines of JSON, an object each: paths of fields by their names."""

    name: str
    files: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Query:
    """
    Rows of one SELECT; the variable of the environment that holds the address of the database.

    `:since` in it stands for the largest value of column `since` that was published, `since_first`
    where none was.
    """

    name: str
    query: str
    address_from: str
    since: str | None = None
    since_first: str | None = None


FileSet = Grid | Fixed | Xml | JsonLines
Set = FileSet | Query
