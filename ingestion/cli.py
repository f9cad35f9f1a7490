"""The command `ingest`, for an application that knows the store and the data folder."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from ingestion.collect import Progress
from ingestion.reasons import described as in_words
from ingestion.run import ImportOutcome
from ingestion.urls import brought

# Imports files of a source.
Ingest = Callable[[str, Sequence[Path]], ImportOutcome]
# Opens what one import needs: as-of date, whether to replace, progress.
OpenIngest = Callable[[dt.date | None, bool, Progress], AbstractContextManager[Ingest]]
# Shows people how far a command of that name is: told the step and the share of it that is done.
Shown = Callable[[str], AbstractContextManager[Callable[[str, float], None]]]


def build(open_ingest: OpenIngest, shown: Shown) -> Callable[..., None]:
    """Return the command `ingest`, which asks the application for what it needs."""

    def ingest(
        source: Annotated[str, typer.Argument(help="Its name, as `deeptier source list` has it.")],
        paths: Annotated[
            list[str] | None,
            typer.Argument(help="Files, folders of files, or URLs; none for databases."),
        ] = None,
        *,
        as_of: Annotated[
            dt.datetime | None,
            typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last day that is seen."),
        ] = None,
        replace: Annotated[
            bool, typer.Option("--replace", help="Forget what the source gave before.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        Read files, check every row, and publish a version, or keep the old one.

        Example: deeptier ingest files ./january --as-of 2026-01-31
        """
        day = None if as_of is None else as_of.date()
        with shown("ingest") as step:

            def progress(stage: str, done: int) -> None:
                """Show how far a stage is, given in per cent."""
                step(stage, done / 100)

            with brought(paths or []) as files, open_ingest(day, replace, progress) as run:
                outcome = run(source, files)
        typer.echo(
            json.dumps(outcome.document(), ensure_ascii=False, indent=2)
            if as_json
            else described(outcome)
        )
        for note in outcome.notes:
            typer.echo(f"note: {note}\n说明：{note.zh}", err=True)

    return ingest


def described(outcome: ImportOutcome) -> str:
    """Return the outcome in words, a line a fact."""
    said = outcome.document()
    lines = [_file(entry) for entry in said["files"]]
    lines.append(f"rows {said['rows']}, used {said['used']}")
    lines += [
        f"set aside {count}: {in_words(reason)}" for reason, count in said["set_aside"].items()
    ]
    lines += [f"left out in {code}: {count}" for code, count in said["currencies"].items()]
    state = "published" if outcome.published else "nothing new; still"
    lines.append(f"{state} version {said['version']} as of {said['as_of']}")
    lines.append(f"firms {said['firms']}, trades {said['trades']}")
    lines.append(f"issues in {said['issues']}")
    return "\n".join(lines)


def _file(entry: Mapping[str, Any]) -> str:
    sheet = f", sheet {entry['sheet']}" if "sheet" in entry else ""
    where = f"query {entry['query']}" if "query" in entry else entry["path"]
    return f"{where}{sheet}: {entry['rows']} rows"
