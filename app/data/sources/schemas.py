"""Shapes of sources."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from app.data.imports.schemas import Remark
from app.data.versions.schemas import Label


class SourceState(BaseModel):
    """One source: whose it is, and whether it can be used."""

    name: str
    origin: Literal["own", "shipped"]
    state: Literal["ready", "template", "broken"] = Field(
        description="Whether it can be used; a template leaves questions open"
    )
    version: int | None = Field(description="Null where its text cannot be read at all")
    sha256: str | None = Field(description="Of its text")
    tables: list[str] = Field(description="The tables that it gives")
    problems: list[str] = Field(description="Faults and open questions, each with its line")


class SourceStates(BaseModel):
    """Sources in the order of their names."""

    items: list[SourceState]
    next: str | None


class SourceText(SourceState):
    """A source with its description; of a broken one there may be no more than its text."""

    label: Label | None = None
    owner: str | None = None
    schedule: str | None = None
    names_identify: bool | None = Field(None, description="Whether firms of one name are one firm")
    ids_shared: bool | None = Field(None, description="Whether its ids mean those of others")
    lag_days: dict[str, int] | None = Field(
        None, description="By table: days after which a row without such a day is known"
    )
    pushed: bool | None = Field(None, description="Whether other systems push its rows")
    sets: dict[str, str] | None = Field(None, description="What each set of rows is read from")
    addresses: list[str] | None = Field(
        None, description="Variables that hold the addresses of its databases"
    )
    text: str = Field(description="The description, in YAML")


class TriedFile(BaseModel):
    """A file, a sheet or a query that a trial read: every row is used or set aside."""

    path: str | None = None
    query: str | None = None
    sheet: str | None = None
    rows: int
    used: int
    set_aside: dict[str, int] = Field(description="Rows by the reason they were set aside for")


class TriedLookup(BaseModel):
    """A file that is only looked into."""

    set: str
    path: str | None = None
    query: str | None = None
    sheet: str | None = None
    rows: int
    matched: int
    unmatched: int


class FileNotRead(BaseModel):
    """A file or a sheet that nothing asks for."""

    path: str
    sheet: str | None = None
    why: str


class FactParty(BaseModel):
    """A firm as a fact names it."""

    name: str | None = None
    code: str | None = None


class TriedTable(BaseModel):
    """What a trial found for one table."""

    facts: int
    first: list[dict[str, str | int | float | bool | FactParty]] = Field(
        description="The first facts: money in fen, a party by name and code"
    )


class UnknownWord(BaseModel):
    """A word that has no meaning in a column."""

    set: str
    table: str
    column: str
    word: str
    rows: int


class ChangedFirm(BaseModel):
    """A firm by id and name."""

    id: str
    name: str


class NamedFirms(BaseModel):
    """How many firms, and the first of them."""

    count: int
    first: list[ChangedFirm]


class RowCount(BaseModel):
    """How many rows, and what they come to where the table has money."""

    count: int
    amount_fen: int | None = None


class ChangedRows(BaseModel):
    """How many rows change, and what they come to before and after."""

    count: int
    before_fen: int | None = None
    after_fen: int | None = None


class FirmsChange(BaseModel):
    """What becomes of the firms of the version that is served."""

    new: NamedFirms
    changed: NamedFirms
    gone: NamedFirms
    unchanged: RowCount


class RowsChange(BaseModel):
    """What becomes of the rows of one table."""

    new: RowCount
    changed: ChangedRows
    gone: RowCount
    unchanged: RowCount


class FenChange(BaseModel):
    """A sum before and after."""

    before: int
    after: int


class DebtorChange(BaseModel):
    """What limits read of one debtor, before the policy says what of it is eligible."""

    id: str
    name: str
    core: bool
    receivables_fen: FenChange = Field(description="Unpaid receivables on it, less what is paid")
    confirmed_fen: FenChange = Field(description="Of these, what it has confirmed")
    vouchers_fen: FenChange = Field(description="Vouchers of it that are held")
    purchases_fen: FenChange = Field(description="What it bought in the year")


class DebtorChanges(BaseModel):
    """How many debtors change, and those of whom most does, cores first."""

    count: int
    first: list[DebtorChange]


class LimitsChange(BaseModel):
    """What limits would read otherwise."""

    firms: int = Field(description="Firms of which, or of whose papers and trades, a row differs")
    debtors: DebtorChanges


class DaysChange(BaseModel):
    """The days of two versions."""

    before: dt.date | None
    after: dt.date


class VersionChange(BaseModel):
    """What an import would change in the version that is served."""

    version: int | None = Field(description="The one that is served; null where none is")
    as_of: DaysChange
    firms: FirmsChange
    tables: dict[str, RowsChange]
    limits: LimitsChange


class ColumnEvidence(BaseModel):
    """What speaks for a meaning of a column, and in how many rows."""

    kind: str
    rows: int
    of: int
    label: Label
    doubtful: bool = Field(
        default=False, description="Whether so few rows hold that it is asked about"
    )


class ProposedColumn(BaseModel):
    """A column and what it may mean."""

    column: str
    meaning: str | None = Field(alias="as", description="Null where nothing speaks for any")
    evidence: list[ColumnEvidence]
    first: list[str] = Field(default=[], description="The first texts in it")


class ProposedOwner(BaseModel):
    """The firm whose files these seem to be."""

    name: str
    code: str | None = None
    why: str


class ProposalRemark(BaseModel):
    """An open question, in both languages."""

    label: Label


class SourceProposal(BaseModel):
    """What files or sheets of one kind look like."""

    path: str
    files: list[str]
    sheet: str | None = None
    set: str
    header_lines: list[int]
    table: str | None = Field(description="Null for rows that are only looked into")
    owner: ProposedOwner | None
    owner_why: Label | None = Field(description="Why these are the owner's, in both languages")
    columns: list[ProposedColumn]
    columns_left: int = Field(0, description="Columns past those that are looked at")
    todo: list[str] = Field(description="What nobody could tell from the files alone")
    remarks: list[ProposalRemark]


class ProposedSource(BaseModel):
    """A description that is proposed for files, and what speaks for it."""

    proposals: list[SourceProposal]
    not_read: list[FileNotRead]
    description: str = Field(description="YAML, with its open questions")


class SourceTrial(BaseModel):
    """What an import would do; nothing was published."""

    source: str
    version: int | None = Field(description="Of the description; null where it cannot be read")
    as_of: dt.date | None
    files: list[TriedFile]
    rows: int
    used: int
    set_aside: dict[str, int] = Field(description="Rows by the reason they were set aside for")
    currencies: dict[str, int] = Field(description="Rows left out, by their currency")
    lookups: list[TriedLookup]
    not_read: list[FileNotRead]
    tables: dict[str, TriedTable]
    words: list[UnknownWord]
    stub: str = Field(description="YAML to fill in for words without meaning")
    questions: list[str] = Field(description="What the description leaves open")
    refused: str | None = Field(description="Why an import would be refused; null where not")
    notes: list[str] = Field(description="The English texts of the remarks")
    remarks: list[Remark]
    changes: VersionChange | None = Field(
        None, description="What would change, where that was asked for and it is not refused"
    )
