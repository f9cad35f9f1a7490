"""The commands `analyse NAME`."""

import inspect
import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.files.whole import together
from app.risk.analyse.options import (
    AnalysisOptions,
    AnalysisResult,
    ClearingOptions,
    CreditOptions,
    DebtRankOptions,
    DiffusionOptions,
    EsriOptions,
    FsriOptions,
)

ANALYSES: dict[str, type[AnalysisOptions]] = {
    "esri": EsriOptions,
    "debtrank": DebtRankOptions,
    "clearing": ClearingOptions,
    "diffusion": DiffusionOptions,
    "credit": CreditOptions,
    "fsri": FsriOptions,
}
OUTPUTS = ("out", "losses", "set_aside")

analyse = typer.Typer(
    name="analyse",
    no_args_is_help=True,
    help="Run one analysis on plain files (CSV, XLSX, Parquet), without any store.\n\n"
    "Example: deeptier analyse esri --firms firms.csv --trades trades.csv --out esri.csv",
)


def _add(name: str, kind: type[AnalysisOptions]) -> None:
    def command(**given: Any) -> None:
        """Run the analysis with the options given."""
        _run(name, kind(**given))

    command.__doc__ = kind.__doc__
    command.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]  # What typer reads.
    analyse.command(name)(command)


for each in ANALYSES.items():
    _add(*each)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check(options: AnalysisOptions) -> None:
    if options.closed and options.shocks:
        raise typer.BadParameter("give --close or --shocks, not both")
    for name, words in options.words.items():
        if (value := getattr(options, name)) is not None and value not in words:
            known = f"{value!r} is none of {', '.join(words)}"
            raise typer.BadParameter(known, param_hint=_option(name))


def _run(name: str, options: AnalysisOptions) -> None:
    _check(options)
    # Loaded here: compiled code takes a second to load, which other commands need not wait for.
    tables, writing = (import_module(f"app.risk.analyse.{part}") for part in ("tables", "writing"))
    given = {field.name: getattr(options, field.name) for field in fields(options)}  # type: ignore[arg-type]  # All kinds are dataclasses.
    files = {_option(at): path for at, path in given.items() if isinstance(path, Path)}
    outputs = {at: files.pop(at) for at in map(_option, OUTPUTS) if at in files}
    writing.check(outputs, files)
    desk = tables.InputFiles(keep_going=options.set_aside is not None)
    with progress(name) as step:
        desk.step = step
        module = import_module(f"app.risk.analyse.{name}")
        answer: AnalysisResult = module.run(options, desk, step)
    for note in desk.notes:
        console.say(f"note: {note}")
    out = options.out
    with together() as draft:
        if options.losses is not None and answer.losses is not None:
            writing.write(draft(options.losses), answer.losses)
        if options.set_aside is not None:
            writing.write_issues(draft(options.set_aside), desk.issues)
        if out is not None:
            writing.write(draft(out), [answer.table])
    if out is not None:
        console.say(f"{name}: {answer.rows} rows written to {out}")
    if options.as_json:
        said = {"set_aside": len(desk.issues), "out": str(out) if out else None}
        console.print_document({**answer.facts, **said})
    elif out is None:
        writing.write_csv(sys.stdout, [answer.table])
