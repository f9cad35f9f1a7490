"""Files of many blocks: rows are taken as they come, and a wrong one is still named."""

from pathlib import Path

import pytest

from app.risk.analyse.tables import InputColumn, InputFiles, claims_of, firms_of, trades_of
from graph.errors import InvalidInput

ROWS = 700_000  # More than one block of a file.


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "firms.csv").write_text("firm\n" + "\n".join(f"F{n:014d}" for n in range(7)) + "\n")
    rows = [f"F{n % 7:014d},F{n * n % 7:014d},{n}.5" for n in range(ROWS)]
    (folder / "trades.csv").write_text("supplier,buyer,amount\n" + "\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize("held", [1, 10 * ROWS])
def test_batches_make_the_same_rows(files: Path, held: int) -> None:
    shares: list[float] = []
    desk = InputFiles(
        keep_going=False, rows_held=held, step=lambda _name, share: shares.append(share)
    )
    _, codes = firms_of(desk, files / "firms.csv")

    trades = trades_of(desk, files / "trades.csv", codes)

    assert len(trades) == ROWS
    assert (trades.wholes("supplier_row") == [n % 7 for n in range(ROWS)]).all()
    assert (trades.wholes("buyer_row") == [n * n % 7 for n in range(ROWS)]).all()
    assert trades.floats("amount").sum() == ROWS * (ROWS - 1) / 2 + ROWS / 2
    assert "supplier" not in trades
    assert len(shares) > 2
    assert sorted(shares[1:]) == shares[1:]
    assert shares[-1] == 1.0


def test_a_wrong_row_of_a_later_batch_is_named(files: Path, tmp_path: Path) -> None:
    text = (files / "trades.csv").read_text()
    (tmp_path / "late.csv").write_text(text + "F00000000000001,nobody,1\n")
    desk = InputFiles(keep_going=False, rows_held=1)
    _, codes = firms_of(desk, files / "firms.csv")

    with pytest.raises(InvalidInput, match=f"late.csv, line {ROWS + 2}, column buyer: 'nobody'"):
        trades_of(desk, tmp_path / "late.csv", codes)


def test_what_is_not_used_is_said_once(files: Path, tmp_path: Path) -> None:
    header, *rows = (files / "trades.csv").read_text().splitlines()
    (tmp_path / "more.csv").write_text("\n".join([f"{header},note", *(f"{r}," for r in rows)]))
    desk = InputFiles(keep_going=False, rows_held=1)

    desk.sheet(tmp_path / "more.csv", InputColumn("amount", "amount"))

    assert desk.notes == ["more.csv: not used: supplier, buyer, note"]


def test_a_claim_on_oneself_is_set_aside_with_its_line(files: Path, tmp_path: Path) -> None:
    (tmp_path / "claims.csv").write_text("creditor,debtor,amount\nF1,F1,3\nF1,F2,4\n")
    (tmp_path / "firms.csv").write_text("firm\nF1\nF2\n")
    desk = InputFiles(keep_going=True)
    _, codes = firms_of(desk, tmp_path / "firms.csv")

    assert len(claims_of(desk, tmp_path / "claims.csv", codes)) == 1
    assert [(i.line, i.column, i.reason) for i in desk.issues] == [
        (2, "debtor", "is its own creditor")
    ]


def trades_in(folder: Path, content: str) -> list[float]:
    (folder / "trades.csv").write_text(content, encoding="utf-8")
    (folder / "firms.csv").write_text("FIRM \nA\nB\n", encoding="utf-8")
    desk = InputFiles(keep_going=False)
    _, codes = firms_of(desk, folder / "firms.csv")
    return trades_of(desk, folder / "trades.csv", codes).floats("amount").tolist()


@pytest.mark.parametrize(
    "content",
    ["Supplier, BUYER ,Amount\nA,B,5\n",
     "\ufeffsup\u200bplier,buyer,AMOUNT_FEN\nA\u200b,\u00a0B,5\n",
     "Trades of 2026\n\nsupplier,buyer,amount\nA,B,5\n", "supplier\tbuyer\tamount\nA\tB\t5\n"],
)  # fmt: skip
def test_headers_and_cells_are_read_as_by_an_import(tmp_path: Path, content: str) -> None:
    assert trades_in(tmp_path, content) == [5.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [("supplier,buyer,Amount,amount_fen\nA,B,5,5\n", "line 1: both 'Amount' and 'amount_fen'"),
     ("supplier,Supplier,buyer,amount\nA,A,B,5\n", "line 1: both 'supplier' and 'Supplier'"),
     ("\nsupplier,buyer\nA,B\n", "line 2: there is no column 'amount'"),
     ("supplier,buyer,amount\nA,#N/A,5\n", "line 2, column buyer: '#N/A' is no code"),
     ("supplier,buyer,amount\nA,2.4442E+19,5\n", r"column buyer: '2.4442E\+19' is no code"),
     ("supplier,buyer,amount\nA,911.1E+15,5\n", r"column buyer: '911.1E\+15' is no code"),
     ("supplier,buyer,amount\nA,3月12日,5\n", "column buyer: '3月12日' is no code"),
     ("supplier,buyer,amount\nA,Err:502,5\n", "column buyer: 'Err:502' is no code"),
     ("supplier,buyer,amount\nA,B\ufffd,5\n", "column buyer: 'B\ufffd' is no code"),
     ("supplier;buyer;amount\nA;B;5\n", "cells parted by ';' are not read")],
)  # fmt: skip
def test_what_an_import_refuses_an_analysis_refuses(
    tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=rf"trades\.csv.*{message}"):
        trades_in(tmp_path, content)
