"""The command `source`: which sources there are, what they say and would read, what files are."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from app.data.imports.ingesting import check_files, guess_files
from app.platform.console.operator import operator
from app.platform.console.options import AsJson
from app.platform.console.output import print_document, say, show, show_facts, show_table
from app.platform.deps import open_resources
from app.platform.files.whole import real, together
from graph.errors import InvalidInput
from ingestion.changes.limits import SUMS
from ingestion.descriptions.listing import listed, shown
from ingestion.reasons import described
from ingestion.trial import TrialWishes

FAILED = 1
source = typer.Typer(
    name="source",
    no_args_is_help=True,
    help="Descriptions of a bank's own files and databases: list, show, propose, try.\n\n"
    "Example: deeptier source check tax_bureau_workbook ./july",
)
Name = Annotated[str, typer.Argument(help="The name of the source.")]


@source.command("list")
def list_sources(*, as_json: AsJson = False) -> None:
    """
    List the sources that there are, and whether each can be used.

    Example: deeptier source list
    """
    with open_resources() as resources:
        items = list(listed(resources.sources))
    if as_json:
        print_document({"items": items})
        return
    heads = ("name", "origin", "state", "version", "tables")
    show_table(
        heads, [[*(item[h] for h in heads[:4]), ", ".join(item["tables"])] for item in items]
    )
    for item in items:
        for problem in item["problems"]:
            say(problem)


@source.command("show")
def show_source(name: Name, *, as_json: AsJson = False) -> None:
    """
    Show a source: whose it is, what it gives, and its description.

    Example: deeptier source show cumcm
    """
    with open_resources() as resources:
        found = shown(resources.sources, name)
    if as_json:
        print_document(found)
        return
    said = ("name", "origin", "state", "version", "owner", "schedule")
    show_facts({key: found[key] for key in said if key in found})
    show("")
    show(found["text"])
    for problem in found["problems"]:
        say(problem)


@source.command("check")
def check_source(
    name: Name,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files, or folders of files; none for databases.")
    ] = None,
    *,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last day that is seen."),
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(help="Write every fact as a line of JSON to this file.")
    ] = None,
    changes: Annotated[
        bool, typer.Option("--changes", help="Tell what would change in what is served.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Read files as an import would, and tell what would become of them; nothing is published.

    Example: deeptier source check tax_bureau_workbook ./july --facts facts.jsonl
    """
    day = None if as_of is None else as_of.date()
    with open_resources() as resources:
        wishes = TrialWishes(facts=None if facts is None else facts.absolute(), changes=changes)
        trial = check_files(resources, name, paths or [], as_of=day, wishes=wishes)
    if as_json:
        print_document(trial.document)
    else:
        _show(trial.document)
        _show_changes(trial.document.get("changes"))
    if trial.refused is not None:
        say(f"refused: {trial.refused}\n被拒绝：{trial.refused}")
        raise typer.Exit(FAILED)


@source.command("guess")
def guess_source(
    paths: Annotated[
        list[Path], typer.Argument(help="A folder of files that belong together, or the files.")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Write the description that is proposed to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Propose a description of files: what each column means, and what speaks for it.

    What nobody could tell from the files alone stands there as a question. Nothing is published.

    Example: deeptier source guess ./july --out july.yml
    """
    if out is not None:
        _check_apart(out, paths)
    with open_resources() as resources:
        found = guess_files(resources, paths, owner=operator().rpartition(":")[2])
        folder = resources.home / "sources"
    if out is not None and found["description"]:
        with together() as draft:
            draft(out).write_text(found["description"], encoding="utf-8")
    if as_json:
        print_document(found)
    else:
        _show_guess(found)
        if found["proposals"]:
            say(
                f"next: save it as {folder}/NAME.yml, then: deeptier source check NAME FILES\n"
                f"下一步：另存为 {folder}/NAME.yml，然后运行 deeptier source check NAME FILES"
            )
    if not found["proposals"]:
        say("nothing here is like a table that is known\n这里没有与已知数据表相符的内容")
        raise typer.Exit(FAILED)


def _check_apart(out: Path, paths: Sequence[Path]) -> None:
    """Raise where a description would be written over a file that is looked at."""
    for path in paths:
        for each in path.iterdir() if path.is_dir() else [path]:
            if real(each) == real(out) and each.suffix not in (".yml", ".yaml"):
                raise InvalidInput(f"--out and a file that is looked at are the same: {out}")


def _show_guess(said: Mapping[str, Any]) -> None:
    """Print what is proposed, with what speaks for each column beside it."""
    for each in said["proposals"]:
        lines = ", ".join(map(str, each["header_lines"]))
        show(
            f"{_place(each)}: {each['table'] or 'looked into'}"
            + (f", header {lines}" if lines else "")
        )
        if each["owner"] is not None:
            show(f"owner {each['owner']['name']}: {each['owner']['why']}")
        heads = ("column", "as", "evidence")
        rows = [
            (column["column"], column["as"] or "-", "; ".join(map(_proof, column["evidence"])))
            for column in each["columns"]
        ]
        show_table(heads, rows)
        for told in each["remarks"]:
            say(f"question: {told['label']['en']}\n待定：{told['label']['zh']}")
        show("")
    show(said["description"].rstrip("\n"))
    for passed in said["not_read"]:
        place, why = _place(passed), passed["label"]
        say(f"not read: {place}: {why['en']}\n未读取：{place}：{why['zh']}")


def _proof(evidence: Mapping[str, Any]) -> str:
    return f"{evidence['label']['en']} {evidence['rows']}/{evidence['of']}"


def _show(said: Mapping[str, Any]) -> None:
    """Print what a trial found, a line a fact."""
    for file in said["files"]:
        aside = "".join(f", {reason} {count}" for reason, count in file["set_aside"].items())
        show(f"{_place(file)}: rows {file['rows']}, used {file['used']}{aside}")
    for look in said["lookups"]:
        show(f"{_place(look)}: looked into, matched {look['matched']} of {look['rows']} rows")
    show(f"rows {said['rows']}, used {said['used']}")
    for reason, count in said["set_aside"].items():
        show(f"set aside {count}: {described(reason)}")
    for code, count in said["currencies"].items():
        show(f"left out in {code}: {count}")
    for table, found in said["tables"].items():
        show(f"\n{table}: {found['facts']} facts")
        for fact in found["first"]:
            show("  " + ", ".join(f"{key} {_value(value)}" for key, value in fact.items()))
    _show_words(said["words"], said["stub"])
    for told in said["remarks"]:
        say(f"note: {told['label']['en']}\n说明：{told['label']['zh']}")


def _show_words(words: Sequence[Mapping[str, Any]], stub: str) -> None:
    for each in words:
        show(f"no meaning for {each['word']!r} in {each['table']}.{each['column']}: {each['rows']}")
    if stub:
        show(f"\nTo be filled in, under `words` of the column / 请在该列的 words 下补全:\n{stub}")


def _show_changes(changes: Mapping[str, Any] | None) -> None:
    if changes is None:
        return
    for name, kinds in {"firms": changes["firms"], **changes["tables"]}.items():
        counts = ", ".join(f"{kind} {found['count']}" for kind, found in kinds.items())
        show(f"{name}: {counts}")
    limits = changes["limits"]
    show(f"firms whose limits read other figures / 额度所依据的数据有变的企业: {limits['firms']}")
    for debtor in limits["debtors"]["first"]:
        sums = ", ".join(
            f"{name} {debtor[name]['before']} -> {debtor[name]['after']}" for name in SUMS
        )
        show(f"  {debtor['id']} {debtor['name']}: {sums}")


def _place(entry: Mapping[str, Any]) -> str:
    if "query" in entry:
        return f"query {entry['query']}"
    sheet = f", sheet {entry['sheet']}" if "sheet" in entry else ""
    return f"{entry['path']}{sheet}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(str(part) for part in value.values())
    return str(value)
