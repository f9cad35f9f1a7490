"""The small economy with owners, at a bank so small that dependence counts."""

import re
from pathlib import Path

from app.policy import loader, reading
from tests.app.economy import write_files

OWNER = "王五"
HOLDINGS = f"""\
owner,owned,share,kind,from,to
CORE2,ORE,0.3,equity,2020-01-01,
CORE2,ORE,0.3,equity,2021-01-01,
{OWNER},SHOP,0.6,equity,2020-01-01,
{OWNER},CORE2,0.1,control,2020-01-01,
CORE1,PART,0.9,equity,2020-01-01,2026-01-01
SHOP,PART,0.5,equity,2020-01-01,
"""
TIER1_YUAN = 1_000_000  # A twentieth is less than what CORE1, MILL and PART may borrow.


def small_bank(folder: Path) -> Path:
    """Return a folder with the standard policy at a bank of little capital of its first tier."""
    folder.mkdir()
    (shipped,) = sorted(loader.SHIPPED.glob("*.yml"))
    text = shipped.read_text(encoding="utf-8").replace("schema: 2", "schema: 4")
    added = [
        (reading.ADDED / f"{number}.yml").read_text(encoding="utf-8").split("values:\n")[1]
        for number in (3, 4)
    ]
    text = text.replace("tables:\n", "".join(added) + "tables:\n", 1)
    capital = re.compile(r"(tier1_net_fen:\n +value: )\d+")
    written = capital.sub(rf"\g<1>{TIER1_YUAN * 100}", text)
    (folder / "small.yml").write_text(written, encoding="utf-8")
    return folder


def write_grouped(folder: Path) -> Path:
    """Write the economy with its owners as the files of the source `files`."""
    files = write_files(folder)
    (files / "holdings.csv").write_text(HOLDINGS, encoding="utf-8")
    return files
