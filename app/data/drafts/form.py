"""
A description as a form: what each column of the files is, what is asked, what words mean.

The form is a view of the text and knows only a part of it: what it does not know stays in the text
as it stands, and so does every character that no answer changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ingestion.descriptions.editing import Plain, Way, plain, put
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.model import Description, Rows
from ingestion.descriptions.nodes import read as read_nodes
from ingestion.descriptions.reading import read
from ingestion.descriptions.reading.scope import OPEN
from ingestion.descriptions.roles import (
    assigned,
    meant,
    option,
    optioned,
    retabled,
    roles,
    roles_of,
    woven,
)
from ingestion.forms import Column, form, forms
from ingestion.sets import Grid
from ingestion.sets.regexes import compiled

UNITS = ("fen", "yuan", "1k_yuan", "10k_yuan", "100m_yuan")
ORDERS = ("ymd", "dmy", "mdy")
DECIMALS = (".", ",")
_CHOICES = {"unit": UNITS, "order": ORDERS, "decimal": DECIMALS}
_OPTIONS = {"money": ("unit", UNITS, "yuan"), "date": ("order", ORDERS, "ymd")}
KEPT = "="  # A column stays what the text says.
QUESTIONS_MAX = 200


@dataclass(frozen=True, slots=True)
class FormOption:
    """How a column is read: its unit or the order of a day, of several ways."""

    name: str
    ways: Sequence[str]
    chosen: str


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column of the files, and what it is."""

    name: str
    samples: Sequence[str]
    role: str  # Blank for none; `KEPT` where the form cannot say it.
    roles: Sequence[str]  # All that the text says.
    evidence: Sequence[Mapping[str, Any]]
    option: FormOption | None


@dataclass(frozen=True, slots=True)
class FormTable:
    """One table of the description, and the files that it is made of."""

    at: int
    table: str
    set: str
    places: Sequence[Mapping[str, Any]]  # Proposals for what its set reads.
    columns: Sequence[FormColumn]
    choices: Sequence[str]
    doubts: Sequence[Mapping[str, str]] = ()  # What the proposals are not sure of, by language.


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """What the text leaves open: at which place, and what may answer it."""

    way: Way
    words: Mapping[str, str]  # By language.
    kind: str  # party, choice, text
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DescriptionForm:
    """All that the form shows of a text."""

    tables: Sequence[FormTable]
    questions: Sequence[FormQuestion]
    unread: Sequence[Mapping[str, Any]]  # Proposals for what no set reads.


def is_formed(text: str) -> bool:
    """Return whether a text can be shown as a form: it is YAML of the kind that is read."""
    faults = Faults("draft")
    return read_nodes(text, faults) is not None and not faults.told


def form_of(text: str, proposals: Sequence[Mapping[str, Any]]) -> DescriptionForm:
    """Return the form of a text beside what was found in its files."""
    described = read("draft", text, Faults("draft"))
    sets = {} if described is None else described.sets
    questions = _questions(text, _remarks(proposals))
    asked = [question.words for question in questions]
    seen: set[int] = set()
    tables = []
    for at, said in _tables(text):
        rows = sets.get(str(said.get("from")))
        matching = [p for p in proposals if rows is not None and _is_of(rows, p)]
        seen |= {id(each) for each in matching}
        doubts = [each for each in _remarks(matching) if each not in asked]
        tables.append(replace(_table(text, at, said, matching, rows), doubts=doubts))
    looked = _looked_into(described)
    unread = [
        p for p in proposals if id(p) not in seen and not any(_is_of(each, p) for each in looked)
    ]
    return DescriptionForm(tables, questions, unread)


def corrected(text: str, shown: DescriptionForm, sent: Mapping[str, str]) -> str:
    """
    Return the text with what a form was sent with; fields that are not there change nothing.

    Args:
        text: The description as the form showed it.
        shown: The form.
        sent: Its fields: `table-0`, `as-0-3`, `option-0-3`, `answer-2`, …
    """
    for table in shown.tables:
        name = sent.get(f"table-{table.at}", "")
        if name in forms() and name != table.table:
            text = retabled(text, table.at, name)
        else:
            text = _with_columns(text, table, sent)
    for at, question in enumerate(shown.questions):
        text = _answered(text, question, at, sent)
    return text


def with_words(text: str, unknown: Sequence[Mapping[str, Any]], sent: Mapping[str, str]) -> str:
    """
    Return the text in which words have the meanings that a form gave them.

    Args:
        text: The description.
        unknown: Words without meaning, as a trial tells them.
        sent: By `word-N` the meaning of the Nth.
    """
    for number, each in enumerate(unknown):
        meaning = sent.get(f"word-{number}", "")
        if meaning not in words_of(each["table"], each["column"]):
            continue
        for at, said in _tables(text):
            if said.get("table") == each["table"] and said.get("from") == each["set"]:
                text = meant(text, at, each["column"], {each["word"]: meaning})
    return text


def words_of(table: str, column: str) -> list[str]:
    """Return the words that a column of a table may hold."""
    found = form(table).columns.get(column) or form(table).parts.get(column)
    if found is None:
        return []
    return (
        ["true", "false"]
        if found.kind == "flag"
        else list(dict.fromkeys((found.words or {}).values()))
    )


def _tables(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the tables of a text that are mappings, each with its place."""
    said = plain(text, ("tables",))
    tables = enumerate(said) if isinstance(said, list) else ()
    return [(at, each) for at, each in tables if isinstance(each, Mapping)]


def _looked_into(described: Description | None) -> list[Rows]:
    """Return the sets that only others look into."""
    if described is None:
        return []
    named = {join.set for rows in described.sets.values() for join in rows.joins}
    return [rows for name, rows in described.sets.items() if name in named]


def _is_of(rows: Rows, proposal: Mapping[str, Any]) -> bool:
    """Return whether a set reads the file and sheet of a proposal."""
    files = getattr(rows.origin, "files", "")
    name = str(proposal["path"]).rpartition("/")[2]
    if not files or not compiled(files).fullmatch(name):
        return False
    sheet = getattr(rows.origin, "sheet", None)
    return (
        not sheet or not proposal.get("sheet") or bool(compiled(sheet).fullmatch(proposal["sheet"]))
    )


def _table(
    text: str,
    at: int,
    said: Mapping[str, Any],
    places: Sequence[Mapping[str, Any]],
    rows: Rows | None,
) -> FormTable:
    name = str(said.get("table"))
    known = roles(text, at)
    beside = woven(text, at)
    found: dict[str, Mapping[str, Any]] = {}
    for place in places:
        for column in place["columns"]:
            found.setdefault(_own_name(rows, column["column"]), column)
    columns = [
        _column(text, at, name, (each, found.get(each, {})), (known, beside))
        for each in [*found, *(own for own in known if own not in found)]
    ]
    choices = roles_of(form(name)) if name in forms() else []
    return FormTable(at, name, str(said.get("from")), places, columns, choices)


def _own_name(rows: Rows | None, header: str) -> str:
    """Return what the description calls a column: a synonym stands for another name."""
    if rows is None or not isinstance(rows.origin, Grid):
        return header
    others = rows.origin.synonyms.items()
    return next((own for own, names in others if header in names), header)


def _column(
    text: str,
    at: int,
    table: str,
    column: tuple[str, Mapping[str, Any]],
    said: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]],
) -> FormColumn:
    name, found = column
    simple, beside = (each.get(name, []) for each in said)
    every = [*simple, *(role for role in beside if role not in simple)]
    role = simple[0] if len(every) == 1 and simple else KEPT if every else ""
    return FormColumn(
        name,
        found.get("first", ()),
        role,
        every,
        found.get("evidence", ()),
        _option(text, at, table, role),
    )


def _option(text: str, at: int, table: str, role: str) -> FormOption | None:
    kind = _kind(table, role)
    if kind not in _OPTIONS or role == KEPT:
        return None
    name, ways, usual = _OPTIONS[kind]
    said = option(text, at, role, name)
    return FormOption(name, ways, said if said in ways else usual) if said in (*ways, "") else None


def _kind(table: str, role: str) -> str:
    column = form(table).columns.get(role.partition(" ")[0]) if table in forms() else None
    return "" if column is None else column.kind


def _with_columns(text: str, table: FormTable, sent: Mapping[str, str]) -> str:
    wanted = {}
    for number, column in enumerate(table.columns):
        role = sent.get(f"as-{table.at}-{number}", KEPT)
        if role not in (KEPT, column.role) and role in ("", *table.choices):
            wanted[column.name] = role
    text = assigned(text, table.at, wanted)
    for number, column in enumerate(table.columns):
        said = sent.get(f"option-{table.at}-{number}", "")
        known = column.option
        if known is None or column.name in wanted or said not in known.ways or said == known.chosen:
            continue
        usual = _OPTIONS[_kind(table.table, column.role)][2]
        text = optioned(text, table.at, column.role, **{known.name: "" if said == usual else said})
    return text


def _remarks(proposals: Sequence[Mapping[str, Any]]) -> list[Mapping[str, str]]:
    return [each["label"] for proposal in proposals for each in proposal.get("remarks", ())]


def _questions(text: str, remarks: Sequence[Mapping[str, str]]) -> list[FormQuestion]:
    """Return what the text leaves open, in both languages where a proposal asked it."""
    found = []
    for way, words in islice(_open(plain(text), ()), QUESTIONS_MAX):
        same = {"zh": words, "en": words}
        said = next((each for each in remarks if words.startswith(each["en"])), same)
        found.append(_question(text, way, said))
    return found


def _open(value: Any, way: Way) -> Iterator[tuple[Way, str]]:
    """Yield every place that the text leaves open, with what it asks."""
    said = value if isinstance(value, str) and way else ""
    if said == OPEN or said.startswith((f"{OPEN}:", f"{OPEN} ")):
        yield way, said.removeprefix(OPEN).removeprefix(":").strip()
    elif isinstance(value, Mapping) and list(value) == [OPEN] and way:
        yield way, str(value[OPEN])
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _open(inner, (*way, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _open(inner, (*way, number))


def _question(text: str, way: Way, words: Mapping[str, str]) -> FormQuestion:
    column = _column_at(text, way)
    last = way[-1] if way else ""
    if last in _CHOICES:
        return FormQuestion(way, words, "choice", _CHOICES[str(last)])
    if column is not None and column.kind == "party" and last == column.name:
        return FormQuestion(way, words, "party")
    if column is not None and column.words and (last == column.name or way[-2] == "words"):
        return FormQuestion(way, words, "choice", list(dict.fromkeys(column.words.values())))
    return FormQuestion(way, words, "text")


def _column_at(text: str, way: Way) -> Column | None:
    """Return the column of a table that a place belongs to; None for any other place."""
    if len(way) < 4 or way[0] != "tables" or way[2] != "columns":  # noqa: PLR2004  # tables, N, columns, NAME
        return None
    table = plain(text, (*way[:2], "table"))
    return form(table).columns.get(str(way[3])) if table in forms() else None


def _answered(text: str, question: FormQuestion, at: int, sent: Mapping[str, str]) -> str:
    """Return the text with the answer to a question; blank ones are none."""
    said = sent.get(f"answer-{at}", "").strip()
    still = plain(text, question.way)
    if still is None or not list(_open(still, question.way)):
        return text  # What it asked is settled, or gone with another answer.
    if question.kind == "party":
        given = {"name": said, "code": sent.get(f"code-{at}", "").strip()}
        parts: Plain = {part: {"const": each} for part, each in given.items() if each}
        return put(text, question.way, parts) if parts else text
    if not said or (question.kind == "choice" and said not in question.choices):
        return text
    column = _column_at(text, question.way)
    valued = column is not None and question.way[-1] in (column.name, "code", "name")
    return put(text, question.way, {"const": said} if valued else said)
