"""
The tables that a source may give, descriptions of sources and what a guess goes by: parts of pages.

`python -m ingestion.handbook docs/data.md docs/sources.md` writes them anew.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from graph import model
from ingestion.descriptions.folders import SHIPPED
from ingestion.forms import KNOWN, Column, Form, forms
from ingestion.guess.evidence import KINDS

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
_PROOF_BEGIN, _PROOF_END = "<!-- evidence: begin -->", "<!-- evidence: end -->"
_EXAMPLE = re.compile(
    "(?P<begin><!-- (?P<name>[a-z_0-9]+)[.]yml: begin -->).*?"
    "(?P<end><!-- (?P=name)[.]yml: end -->)",
    re.DOTALL,
)
_KINDS = {
    "text": "text",
    "party": "firm: id, code or name",
    "money": "money",
    "date": "date",
    "ratio": "number",
    "flag": "true/false, 是/否",
}


def tables() -> str:
    """Return every table with its columns, in Markdown."""
    return "\n".join(_table(form) for form in forms().values())


def renewed(page: str) -> str:
    """Return the page with its parts and its descriptions written anew."""
    for begin, end, part in ((BEGIN, END, tables()), (_PROOF_BEGIN, _PROOF_END, _evidence())):
        if begin in page:
            before, _, rest = page.partition(begin)
            _, _, after = rest.partition(end)
            page = f"{before}{begin}\n{part}\n{end}{after}"
    return _EXAMPLE.sub(_example, page)


def _evidence() -> str:
    """Return what speaks for the meaning of a column, in Markdown."""
    rows = [f"| `{kind}` | {label.en} | {label.zh} |" for kind, label in KINDS.items()]
    return "\n".join(["| evidence | is | 中文 |", "|---|---|---|", *rows])


def _example(found: re.Match[str]) -> str:
    text = (SHIPPED / f"{found['name']}.yml").read_text(encoding="utf-8")
    return f"{found['begin']}\n```yaml\n{text}```\n{found['end']}"


def main(arguments: Sequence[str]) -> None:
    """Write the part on tables of a page anew."""
    for path in map(Path, arguments):
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


def _table(form: Form) -> str:
    lines = [f"### {form.name} {form.label.zh}", ""]
    lines.append(f"Files: {', '.join(f'`{name}`' for name in form.files)}.")
    lines.append(f"One fact for each {', '.join(f'`{name}`' for name in form.key)}.")
    lines += [
        "",
        "| column | Chinese header | holds | required | meaning |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(form, column) for column in form.columns.values()]
    lines += [_part(part) for part in form.parts.values()]
    return "\n".join([*lines, ""])


def _row(form: Form, column: Column) -> str:
    name = f"`{column.name}_fen` or `{column.name}_yuan`" if column.kind == "money" else column.name
    cells = [name, "、".join(column.zh), _holds(column), "yes" if column.required else ""]
    return f"| {' | '.join([*cells, _meaning(form.name, column)])} |"


def _part(part: Column) -> str:
    alone = ", or stands for it alone" if part.suffices else ""
    if part.kind == "currency":
        heads = "、".join(name for name in part.zh if name != part.name)
        holds = "currency, by code or name (blank: CNY)"
        return f"| {part.name} | {heads} | {holds} |  | others: `left_out` |"
    if part.kind == "party":
        heads = f"{part.zh[0]}, 税号, …" if part.zh else ""
        return f"| {part.name} | {heads} | credit code |  | `{part.part_of}`, with or without it |"
    what = f"read for `{part.part_of}`{alone}" if part.part_of else "tells lines apart, not kept"
    return f"|  | {'、'.join(part.zh)} | {_holds(part)} |  | {what} |"


def _holds(column: Column) -> str:
    if column.words is not None:
        words = ", ".join(dict.fromkeys(column.words.values()))
        return words if column.default is None else f"{words} (blank: {column.default})"
    kind = _KINDS[column.kind]
    if column.kind == "money" and column.signed:
        return f"{kind}, may be negative"
    return f"{kind}, 0 to 1" if column.share else kind


def _meaning(table: str, column: Column) -> str:
    if column.name == KNOWN:
        return "Day on which the bank learned of it"
    if table not in model.TABLES:
        return ""
    names = (column.stored, f"{column.stored}_on")
    found = [a for a in model.table(table).attributes if a.name in names]
    return found[0].description.en if found else ""


if __name__ == "__main__":
    main(sys.argv[1:])
