"""What is told of an import besides its rows set aside, in English and Chinese."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from graph.model import Label
from ingestion.forms import form


class Note(str):
    """
    One thing told of an import: the English text, with the same in Chinese and a code of its kind.

    Args:
        en: The English text, which the note is.
        zh: The Chinese text; the English one where there is none.
        code: The kind of the note.
    """

    __slots__ = ("code", "zh")
    code: str
    zh: str

    def __new__(cls, en: str, zh: str = "", code: str = "") -> Self:
        """Return the note, a text that is equal to its English one."""
        made = super().__new__(cls, en)
        made.zh = zh or en
        made.code = code
        return made

    def document(self) -> dict[str, Any]:
        """Return the note as plain values: its code and its words in both languages."""
        return {"code": self.code, "label": {"zh": self.zh, "en": str(self)}}


def note(code: str, **values: object) -> Note:
    """
    Return a note of some kind.

    Args:
        code: A key of `NOTES`.
        **values: What its text speaks of; of a note among them each language has its own.

    Example:
        >>> told = note("hidden_sheet", name="旧")
        >>> str(told), told.zh
        ("sheet '旧' is hidden and not read", "工作表 '旧' 已隐藏，未读取")
    """
    label = NOTES[code]
    chinese = {
        name: value.zh if isinstance(value, Note) else value for name, value in values.items()
    }
    return Note(label.en.format(**values), label.zh.format(**chinese), code)


def about(place: str, what: str) -> Note:
    """Return a note with the file or sheet that it is about before it; its code stays."""
    said, where = _both(what), _both(place)
    return Note(f"{where}: {said}", f"{where.zh}：{said.zh}", said.code)


def about_files(places: Sequence[str], what: str) -> Note:
    """
    Return a note on something that is so in several files, the first of which stands before it.

    Example:
        >>> told = about_files(["a.csv", "b.csv", "c.csv"], "not read")
        >>> str(told), told.zh
        ('a.csv and 2 other files: not read', 'a.csv 等 3 个文件：not read')
    """
    first, others = places[0], len(places) - 1
    if not others:
        return about(first, what)
    files = "1 other file" if others == 1 else f"{others} other files"
    return about(Note(f"{first} and {files}", f"{first} 等 {len(places)} 个文件"), what)


def about_sheet(name: str, what: str) -> Note:
    """Return a note with the sheet that it is about before it."""
    return about(Note(f"sheet {name!r}", f"工作表 {name!r}"), what)


def table_name(table: str) -> Note:
    """Return the name of a table for a note."""
    return Note(table, form(table).label.zh)


def line_of(file: str, line: int) -> Note:
    """Return where a row stands, for a note."""
    return Note(f"{file} line {line}", f"{file} 第 {line} 行")


def _both(text: str) -> Note:
    return text if isinstance(text, Note) else Note(text)


NOTES: Mapping[str, Label] = {
    # Files and sheets.
    "no_table": Label("不是该来源的数据表", "no table of this source"),
    "table_not_read": Label(
        "像是数据表但未读取：{why}", "looks like a table and is not read: {why}"
    ),
    "folder_inside": Label("它是文件夹中的文件夹", "it is a folder in the folder"),
    "leads_out": Label("它是指向文件夹之外的链接", "it is a link that leads out of the folder"),
    "other_ending": Label("扩展名不属于 {endings}", "its ending is none of {endings}"),
    "other_ending_of_sheets": Label(
        "扩展名不属于 {endings}；请另存为 .xlsx",
        "its ending is none of {endings}; save it as .xlsx",
    ),
    "tables_inside": Label("含有数据表但未读取：{why}", "holds tables and is not read: {why}"),
    "unknown_table": Label(
        "来源 {source} 没有此名称的数据表", "source {source} knows no table of that name"
    ),
    "hidden_sheet": Label(
        "工作表 {name!r} 已隐藏，未读取", "sheet {name!r} is hidden and not read"
    ),
    "not_asked": Label("说明中没有数据集读取它", "no set of the description asks for it"),
    "not_asked_hidden": Label(
        "已隐藏，说明中没有数据集读取它", "it is hidden, and no set of the description asks for it"
    ),
    "other_root": Label(
        "根元素 {root} 不属于说明中的任何文档",
        "its root {root} is none that the description asks for",
    ),
    "sheet_of_charts": Label(
        "工作表 {name!r} 只有图表或宏，没有单元格，未读取",
        "sheet {name!r} holds charts or macros, no cells, and is not read",
    ),
    "hidden_rows": Label("{rows} 个隐藏行照常读取", "{rows} read like the others"),
    "other_header": Label(
        "工作表 {name!r}（{lines} 行）未读取：表头不同",
        "sheet {name!r} ({lines}) is not read: its header is another one",
    ),
    "other_header_than": Label(
        "工作表 {name!r}（{lines} 行）未读取：表头与工作表 {first!r} 不同",
        "sheet {name!r} ({lines}) is not read: its header is another one than that of sheet "
        "{first!r}",
    ),
    "line_above": Label(
        "第 {line} 行在表头之上，未读取", "line {line} stands above the header and is not read"
    ),
    "lines_above": Label(
        "第 {first} 至 {last} 行在表头之上，未读取",
        "lines {first} to {last} stand above the header and are not read",
    ),
    "column_not_read": Label("未读取列 {header!r}", "column {header!r} is not read"),
    "column_lacks": Label(
        "没有列 {header!r}，按空白处理", "column {header!r} is not there: it is blank"
    ),
    "nothing_looked_into": Label(
        "没有数据集 {name} 的文件：与它的关联都查不到",
        "no file is given for set {name}: joins into it find nothing",
    ),
    "no_header": Label("没有一行像表头", "no row of it looks like a header"),
    "is_empty": Label("它是空的", "it is empty"),
    "is_hidden": Label("它已隐藏", "it is hidden"),
    "like_no_table": Label("与已知的任何数据表都不相符", "it is like no table that is known"),
    "files_beyond": Label(
        "此文件及其后共 {count} 个文件未查看：只查看前 {most} 个",
        "this and the files behind it, {count}, are not looked at: the first {most} are",
    ),
    "owner_in_column": Label("列 {name} 每行相同", "column {name} says it in every row"),
    "owner_in_rows": Label(
        "{rows} 行中有 {count} 行以其为 {ends}", "it is {ends} in {count} of {rows} rows"
    ),
    "owner_above": Label("表头之上的行写明：{label}", "a line above the header says it: {label}"),
    "owner_in_title": Label("表头之上的标题以其开头", "the title above the header begins with it"),
    "no_rows": Label("表头之下没有数据行", "there are no rows below the header"),
    # Names and codes.
    "no_code": Label(
        "{table}：{count} 行的 {column} 不是统一社会信用代码（首个：{place}）："
        "该内容不识别任何企业",
        "{table}: {count} rows hold no credit code in {column}, the first in {place}: "
        "what stands there identifies nobody",
    ),
    "no_code_beside": Label(
        "{table}：{count} 行的 {column} 不是统一社会信用代码（首个：{place}）："
        "该内容不识别任何企业，以名称为准",
        "{table}: {count} rows hold no credit code in {column}, the first in {place}: "
        "what stands there identifies nobody, the name counts",
    ),
    "code_and_name": Label(
        "{table}：{count} 行 {column} 的名称与旁列代码不是同一企业（首个：{place}）：以代码为准",
        "{table}: {count} rows name another firm in {column} than the code beside it, the first in "
        "{place}: the code counts",
    ),
    "name_of_several": Label(
        "{table}：{count} 行 {column} 的名称可指多家企业（首个：{place}）：不归入任何一家，列入 "
        "resolution/candidates.csv",
        "{table}: {count} rows give in {column} a name that several firms bear, the first in "
        "{place}: it is joined to none, see resolution/candidates.csv",
    ),
    "one_code": Label(
        "企业：{count} 家与另一家代码相同而名称不同，视为同一企业（首个：{first} 与 {other}）",
        "firms: {count} have the credit code of another under an unlike name and are one with it, "
        "the first are {first} and {other}",
    ),
    "crowded_code": Label(
        "企业：统一社会信用代码 {uscc} 对应许多名称：不据此合并任何企业",
        "firms: credit code {uscc} stands on many names: it joins nobody",
    ),
    "since_stays": Label(
        "查询 {query}：{count} 行以后才可能计入（{reason}）：下次仍从原处读起",
        "query {query}: {count} rows may count later ({reason}): the next import reads them again",
    ),
    "more_words": Label(
        "{table}：没有含义的词超过 {most} 个：只列出这些",
        "{table}: more than {most} words have no meaning: so many are told",
    ),
    "not_compared": Label(
        "{count} 个名称未与已列企业的名称比较：一次导入最多比较 {most} 个",
        "{count} names were not compared with those of listed firms: one import compares {most}",
    ),
    # Facts.
    "equal_invoices": Label(
        "发票：{count} 张与另一号码的发票在日期、双方、金额和货物上相同：全部计入",
        "invoices: {count} equal another in day, parties, amount and goods under another number: "
        "all of them count",
    ),
    "told_otherwise_now": Label(
        "发票：此前导入的 {count} 张现由另一方以其他金额提供：以最后提供的为准",
        "invoices: {count} of earlier imports are told with other amounts by their other end now: "
        "what was told last counts",
    ),
    "number_again": Label(
        "发票：{count} 个号码由同一销方用于其他购方或日期（首个：{number}）：全部计入",
        "invoices: {count} numbers of one seller stand under another buyer or day too, the first "
        "is {number}: all of them count",
    ),
    "shares_above_one": Label(
        "持股关系：{count} 家企业的持股比例合计超过 1（首个：{firm}）",
        "holdings: the shares held of {count} firms sum to more than 1, the first is {firm}",
    ),
    "holdings_in_circles": Label(
        "持股关系：{count} 家企业经他人持有自身（首个：{firm}）",
        "holdings: {count} firms own themselves over others, the first is {firm}",
    ),
    "split_above_face": Label(
        "应收账款电子凭证：{count} 张拆分金额超过票面（首个：{number}）",
        "vouchers: {count} are split into more than their face, the first is {number}",
    ),
    "split_in_circles": Label(
        "应收账款电子凭证：{count} 张经多次导入拆分自身（首个：{number}）",
        "vouchers: {count} are split from themselves over several imports, the first is {number}",
    ),
    "parent_unknown": Label(
        "应收账款电子凭证：{count} 张的上级凭证不存在（首个：{number}）",
        "vouchers: {count} name a parent that is not there, the first is {number}",
    ),
    "document_unknown": Label(
        "应收账款登记：{count} 条指明的单证不在出质人名下（首个：{number}）：不影响任何单证",
        "registrations: {count} name a document that their pledgor does not have, the first is "
        "{number}: they take nothing",
    ),
    "debtor_unknown": Label(
        "应收账款登记：{count} 条指明的债务人与出质人没有应收、凭证或交易（首个：{number}）："
        "不影响任何单证",
        "registrations: {count} name a debtor of whom their pledgor has no claim, voucher or "
        "trade, the first is {number}: they take nothing",
    ),
    "told_by_source": Label(
        "{table}：{count} 条亦由来源 {source} 提供：每条只计一次",
        "{table}: {count} are told by source {source} too: each counts once",
    ),
    "told_by_source_otherwise": Label(
        "{table}：{count} 条亦由来源 {source} 提供，其中 {differ} 条金额不同：每条只计一次",
        "{table}: {count} are told by source {source} too, {differ} of them with other amounts: "
        "each counts once",
    ),
    "revenue_below_trades": Label(
        "企业：{count} 家申报的营业收入比其在网交易低一成以上：分析按交易计",
        "firms: {count} state a revenue a tenth or more below what they trade inside: "
        "their trades count in the analyses",
    ),
    "cost_below_trades": Label(
        "企业：{count} 家申报的营业成本比其在网交易低一成以上：分析按交易计",
        "firms: {count} state a cost a tenth or more below what they trade inside: "
        "their trades count in the analyses",
    ),
    "early": Label(
        "{table}：{count} 行的 {done} 早于 {entered}；仍计入",
        "{table}: {count} have {done} before {entered}; they count",
    ),
}
