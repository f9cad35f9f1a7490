"""docs/data.md tells what the code does."""

from pathlib import Path

from ingestion import fields, handbook, reasons
from ingestion.descriptions.folders import SourceFolders

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
INGESTION = Path(handbook.__file__).parent


def test_the_tables_of_the_page_are_those_of_the_forms() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert handbook.renewed(page) == page


def test_the_examples_of_the_page_on_sources_are_those_that_ship() -> None:
    page = (PAGE.parent / "sources.md").read_text(encoding="utf-8")

    assert page.count(".yml: begin -->") == 2
    assert handbook.renewed(page) == page


def test_the_page_can_be_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "data.md"
    path.write_text(f"before {handbook.BEGIN} old {handbook.END} after", encoding="utf-8")

    handbook.main([str(path)])

    written = path.read_text(encoding="utf-8")
    assert written.startswith("before ")
    assert written.endswith(" after")
    assert "### invoices 发票" in written


def test_every_reason_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for reason, label in reasons.REASONS.items():
        assert f"`{reason}`" in page
        assert label.zh in page


def test_every_reason_that_is_given_has_words() -> None:
    paths = [path for path in INGESTION.rglob("*.py") if path.name != "reasons.py"]
    source = "".join(path.read_text(encoding="utf-8") for path in paths)

    assert {*fields.REASONS.values()} <= set(reasons.REASONS)
    assert [reason for reason in reasons.REASONS if f'"{reason}"' not in source] == []


def test_every_source_is_on_the_page() -> None:
    page = (PAGE.parent / "sources.md").read_text(encoding="utf-8")

    assert all(f"`{name}`" in page for name in SourceFolders().names())
