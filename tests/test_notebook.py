"""The notebook of the documents runs from top to bottom, and draws."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

NOTEBOOK = Path(__file__).parent.parent / "docs" / "network.ipynb"


def cells() -> list[str]:
    read = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return ["".join(each["source"]) for each in read["cells"] if each["cell_type"] == "code"]


@pytest.fixture(scope="module")
def ran() -> dict[str, Any]:
    """Return the names that the notebook leaves behind."""
    mpl.use("agg")
    names: dict[str, Any] = {}
    for number, source in enumerate(cells()):
        exec(compile(source, f"cell {number}", "exec"), names)  # noqa: S102  # Its own documents.
    return names


def test_it_finds_a_worst_firm_and_what_it_costs(ran: dict[str, Any]) -> None:
    index = ran["index"]

    assert isinstance(index, pd.DataFrame)
    assert len(index) == len(ran["network"])
    assert ran["found"].esri == pytest.approx(index["esri"].max())


def test_it_draws_a_line_a_round_and_a_bar_a_tier(ran: dict[str, Any]) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415  # After its backend is chosen.

    lines, bars = (plt.figure(number).axes[0] for number in plt.get_fignums())

    assert len(lines.lines) == 3
    assert next(label.get_text() for label in bars.get_xticklabels()).startswith("suppliers")
    assert all(bar.get_height() >= 0 for bar in bars.patches)
    plt.close("all")


def test_it_is_kept_without_results() -> None:
    read = json.loads(NOTEBOOK.read_text(encoding="utf-8"))

    assert all(not each.get("outputs") for each in read["cells"])
