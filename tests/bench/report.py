"""
Write docs/performance.md from what was measured: `report.py [--part] MEASURED.json [...] PAGE.md`.

With `--part` what was measured takes the place of its rows, and the others stay as they are.
"""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from llvmlite import binding

HEAD = """# Performance

Written by `make bench`. Targets are ratios of what ran side by side in this one run, which hold on
any machine and under any load, or peak memory, that of a process of its own, its input included.
Times and rates are records of this machine as it was loaded.
What keeps a figure from its target, and what was tried:
[0014](decisions/0014-what-limits-the-speed.md).
"""


def machine(measured: dict[str, Any]) -> str:
    """Return one line about the machine and the interpreter."""
    cpu = measured.get("machine_info", {}).get("cpu", {})
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Machine: {cpu.get('brand_raw', platform.processor() or 'unknown')}, "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, vectors of {vector_bits()} bits; "
        f"Python {platform.python_version()}; "
        f"measured {measured.get('datetime', '')[:10]}."
    )


def vector_bits() -> int:
    """Return how wide this processor's registers are: what batches of columns depend on most."""
    features = binding.get_host_cpu_features()
    return 512 if features.get("avx512f") else 256 if features.get("avx2") else 128


def seconds(value: float) -> str:
    """Return a time with three figures and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def figure(value: float, unit: str) -> str:
    """Return a figure with three digits, or whole and grouped, and its unit."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def promise(kept: dict[str, Any]) -> str:
    """Return one line of the table of targets."""
    bound = "at_most" if kept["at_most"] is not None else "at_least"
    reached = figure(kept["reached"], kept["unit"])
    if kept[bound] is None:
        return f"| {kept['what']} | – | {reached} | |"
    target = f"{'≤' if bound == 'at_most' else '≥'} {figure(kept[bound], kept['unit'])}"
    return f"| {kept['what']} | {target} | {reached} | {'yes' if kept['kept'] else '**no**'} |"


def told(entries: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return what all benchmarks have noted under a name."""
    return [each for entry in entries for each in entry.get("extra_info", {}).get(name, [])]


def targets(entries: list[dict[str, Any]]) -> list[str]:
    """Return the table of what was promised and what was reached."""
    lines = [promise(each) for each in told(entries, "promises")]
    head = ["## Targets", "", "| what | target | reached | kept |", "|---|--:|--:|---|"]
    return [*head, *lines, ""]


def records(entries: list[dict[str, Any]]) -> list[str]:
    """Return the table of what is held against nothing."""
    lines = [
        f"| {each['what']} | {figure(each['reached'], each['unit'])} |"
        for each in told(entries, "records")
    ]
    head = ["## Records of this machine", "", "| what | reached |", "|---|--:|"]
    return [*head, *lines, ""] if lines else []


def row(entry: dict[str, Any]) -> str:
    """Return one line of the table."""
    stats, extra = entry["stats"], entry.get("extra_info", {})
    shown = {key: value for key, value in extra.items() if key not in ("promises", "records")}
    noted = "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in shown.items())
    return (
        f"| {entry['name']} | {seconds(stats['median'])} | {seconds(stats['min'])} "
        f"| {stats['rounds']} | {noted} |"
    )


def page(measured: dict[str, Any]) -> str:
    """Return the whole page, one table a module."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in measured["benchmarks"]:
        module = entry["fullname"].split("::")[0].removesuffix(".py").rsplit("test_", 1)[-1]
        groups.setdefault(module, []).append(entry)
    everything = measured["benchmarks"]
    parts = [HEAD, machine(measured), "", *targets(everything), *records(everything)]
    for module, entries in sorted(groups.items()):
        parts += [f"## {module.replace('_', ' ')}", ""]
        parts += ["| what | median | best | runs | recorded |", "|---|--:|--:|--:|---|"]
        parts += [row(entry) for entry in sorted(entries, key=lambda e: str(e["name"]))]
        parts.append("")
    return "\n".join(parts)


def with_part(whole: str, part: str) -> str:
    r"""
    Return a page with the rows of another in place of its own.

    Example:
        >>> whole = "# P\n## Targets\n| a | 1 |\n| b | 2 |\n\n## b\n"
        >>> with_part(whole, "# P\n## Targets\n| b | 3 |\n| c | 4 |\n").split("\n")
        ['# P', '## Targets', '| a | 1 |', '| b | 3 |', '| c | 4 |', '', '## b', '']
    """
    measured = {
        section: {line.split(" | ")[0]: line for line in block if line.startswith("| ")}
        for section, block in _sections(part)
    }
    found: list[str] = []
    for section, block in _sections(whole):
        due = measured.pop(section, {})
        lines = [due.pop(line.split(" | ")[0], line) for line in block]
        end = len(lines) - 1 if lines and not lines[-1] else len(lines)
        found += [*lines[:end], *due.values(), *lines[end:]]
    return "\n".join([*found, ""])


def _sections(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in text.splitlines():
        if line.startswith("## "):
            found.append((line, []))
        found[-1][1].append(line)
    return found


def main(arguments: list[str]) -> int:
    """Read the measurements, write the page, print the targets, return the exit status."""
    is_part = "--part" in arguments
    *measured, out = (Path(each) for each in arguments if each != "--part")
    found, *others = (json.loads(path.read_text(encoding="utf-8")) for path in measured)
    for other in others:
        found["benchmarks"] += other["benchmarks"]
    text = page(found)
    if is_part:
        text = with_part(out.read_text(encoding="utf-8"), text)
    out.write_text(text, encoding="utf-8")
    sys.stdout.write("\n".join([*targets(found["benchmarks"]), f"{out} written", ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
