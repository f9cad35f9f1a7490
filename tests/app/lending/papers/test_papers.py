"""Papers over the interface: handed in, read, saved, withdrawn, taken, refused; whose, and what."""

import hashlib
import io
import itertools
import os
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Response
from openpyxl import Workbook

from app.books.ledger import AccountLedger, Reply
from app.books.ledger.proof import verify
from app.lending.papers.contents import BYTES_MAX
from app.lending.papers.keeping import keep, place_of
from app.lending.papers.service import sweep
from app.lending.papers.tables import paper_sums
from app.platform.config import Settings
from app.platform.errors import Busy
from tests.app.chain.asking import API, Desk
from tests.app.chain.conftest import desk, kept_clock, kept_desk

__all__ = ["desk", "kept_clock", "kept_desk"]
ORDERS = b"number,buyer,amount_yuan\nO1,CORE1,1000\n"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
_lines = itertools.count()


def handed(
    desk: Desk,
    content: bytes,
    *,
    who: str = "MILL",
    name: str = "o.csv",
    key: str | None = None,
    **form: str,
) -> Response:
    headers = desk.headers(who) | {"Idempotency-Key": key or f"paper-{next(_lines)}"}
    data = {"kind": "orders"} | form
    files = {"file": (name, content, "text/html")}
    return desk.client.post(f"{API}/papers", data=data, files=files, headers=headers)


def rows(*cells: str) -> bytes:
    """Return a table that nobody has handed in before."""
    return f"number,{next(_lines)}\n{','.join(cells)}\n".encode()


def workbook(**parts: bytes) -> bytes:
    book, made = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "number", "=1+1"
    book.save(made)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def files(desk: Desk) -> list[str]:
    return sorted(each.name for each in (desk.resources.home / "papers").rglob("*-*"))


def sums(desk: Desk, firm: str) -> tuple[int, int]:
    query = sa.select(paper_sums.c.open_count, paper_sums.c.open_bytes)
    with desk.resources.records.reading() as connection:
        found = connection.execute(query.where(paper_sums.c.firm == firm)).one()
        return (found[0], found[1])


def test_a_paper_is_kept_as_it_came_and_stands_once_while_it_waits(desk: Desk) -> None:
    first = handed(desk, ORDERS, name="订单 七月.csv", key="one")
    events = desk.count()
    same = handed(desk, ORDERS, name="订单 七月.csv", key="one")
    again = handed(desk, ORDERS, name="other.csv")

    digest = hashlib.sha256(ORDERS).hexdigest()
    assert [each.status_code for each in (first, same, again)] == [201, 201, 200]
    assert same.headers["Idempotent-Replay"] == "true"
    assert first.json() == same.json() == again.json()
    told = first.json()
    assert (told["firm"], told["kind"], told["form"], told["sha256"]) == (
        "MILL", "orders", "csv", digest,
    )  # fmt: skip
    assert (told["size_bytes"], told["state"], told["handed_on"]) == (
        len(ORDERS), "open", desk.get("risk", "/business-day").json()["date"],
    )  # fmt: skip
    assert desk.count() == events
    assert files(desk) == [f"{digest}-{told['id']}"]
    for who in ("MILL", "officer", "auditor"):
        saved = desk.get(who, f"/papers/{told['id']}/file")
        assert (saved.status_code, saved.content) == (200, ORDERS)
        assert saved.headers["Content-Disposition"].startswith("attachment;")
        assert saved.headers["X-Content-Type-Options"] == "nosniff"
        assert desk.get(who, "/papers?state=open").json()["items"] == [told]
    assert verify(desk.resources.records).ok


def test_what_a_firm_handed_in_is_not_there_for_others(kept_desk: Desk) -> None:
    made = handed(kept_desk, rows("1", "2")).json()["id"]
    for who in ("ORE", "CORE1"):
        for path in ("", "/file"):
            others = kept_desk.get(who, f"/papers/{made}{path}")
            unknown = kept_desk.get(who, f"/papers/nothing{path}")
            assert others.status_code == unknown.status_code == 404
            assert others.json()["detail"].replace(made, "nothing") == unknown.json()["detail"]
        assert kept_desk.post(who, f"/papers/{made}/withdraw").status_code == 404
        assert kept_desk.get(who, "/papers?firm=MILL").json()["items"] == []
        assert kept_desk.post(who, f"/papers/{made}/take").status_code == 403
    assert kept_desk.get("MILL", f"/papers/{made}").json()["state"] == "open"


def test_a_paper_is_withdrawn_while_nobody_took_it_and_its_bytes_are_gone(desk: Desk) -> None:
    made = handed(desk, ORDERS).json()["id"]
    assert desk.post("MILL", f"/papers/{made}/withdraw").json()["state"] == "withdrawn"
    assert files(desk) == []
    assert sums(desk, "MILL") == (0, 0)
    assert desk.get("MILL", f"/papers/{made}/file").status_code == 404
    late = desk.post("officer", f"/papers/{made}/take")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")

    anew = handed(desk, ORDERS)
    assert anew.status_code == 201
    assert desk.post("officer", f"/papers/{anew.json()['id']}/take").status_code == 200
    kept = desk.post("MILL", f"/papers/{anew.json()['id']}/withdraw")
    assert (kept.status_code, kept.json()["state"]) == (409, "taken")
    assert desk.get("officer", f"/papers/{anew.json()['id']}/file").content == ORDERS


def test_the_bank_takes_or_refuses_and_the_firm_is_told_but_not_by_whom(kept_desk: Desk) -> None:
    taken, refused = (handed(kept_desk, rows("1", each)).json()["id"] for each in "ab")
    assert (
        kept_desk.post("officer", f"/papers/{refused}/refuse", {"reason": " "}).status_code == 422
    )
    by_bank = kept_desk.post("officer", f"/papers/{taken}/take").json()
    kept_desk.post("officer", f"/papers/{refused}/refuse", {"reason": "of another year"})

    assert by_bank["decided_by"]
    read = [kept_desk.get("MILL", f"/papers/{each}").json() for each in (taken, refused)]
    assert [(each["state"], each["reason"], each["decided_by"]) for each in read] == [
        ("taken", None, None),
        ("refused", "of another year", None),
    ]
    told = kept_desk.get("MILL", "/notices").json()["items"][:2]
    assert [(each["kind"], each["subject"]) for each in told] == [
        ("paper.refuse", f"paper:{refused}"),
        ("paper.take", f"paper:{taken}"),
    ]
    assert kept_desk.post("officer", "/papers/nothing/take").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("statement.pdf", b"<!DOCTYPE html><script>alert(1)</script>,", 415),
        ("statement.pdf", b"%PDF-1.7\nand no end", 422),
        ("notes.csv", b"one column alone\nno more\n", 415),
        ("tool.csv", b"MZ\x90\x00\x03,\x00", 415),
        ("empty.csv", b"", 422),
        ("blank.csv", b" \r\n \n", 422),
        ("f.csv", b"number,name\n1,=cmd|' /C calc'!A0\n", 422),
        ("f.csv", 'number,name\n1,"\t＝1+1"\n'.encode(), 422),  # as wide letters
        ("f.csv", b"number,name\n1,@SUM(A1)\n", 422),
        ("f.csv", b"number,name\n1,-cmd\n", 422),
        ("../../o.csv", ORDERS, 422),
        ("a/o.csv", ORDERS, 422),
        ("..", ORDERS, 422),
        ("a\r\nX-Other: 1.csv", ORDERS, 422),
        ("o.csv", b"a,b\n" + b"1" * BYTES_MAX, 413),
        ("o.csv", b"a" * (BYTES_MAX + 2**21), 413),
        ("z.xlsx", b"PK\x03\x04 and nothing", 422),
        ("m.xlsx", workbook(**{"xl/vbaProject.bin": b"1"}), 422),
        ("l.xlsx", workbook(**{"xl/externalLinks/externalLink1.xml": b"<a/>"}), 422),
        ("bomb.xlsx", workbook(**{"xl/media/a.bin": bytes(2**23)}), 422),
    ],
)
def test_what_is_no_paper_leaves_nothing_behind(
    kept_desk: Desk, name: str, content: bytes, status: int
) -> None:
    before, kept = kept_desk.count(), files(kept_desk)
    answer = handed(kept_desk, content, name=name)

    assert answer.status_code == status, answer.text
    assert (kept_desk.count(), files(kept_desk)) == (before, kept)


def test_what_a_file_is_shows_in_its_bytes_and_not_in_its_name(kept_desk: Desk) -> None:
    forms = [
        (PDF, "a.csv"),
        (workbook(), "b.pdf"),
        ("编号,金额\n1,-5\n".encode("gb18030"), "c.txt"),
    ]
    made = [handed(kept_desk, content, name=name).json() for content, name in forms]
    assert [each["form"] for each in made] == ["pdf", "xlsx", "csv"]
    saved = kept_desk.get("MILL", f"/papers/{made[0]['id']}/file")
    assert saved.headers["Content-Type"] == "application/pdf"
    assert saved.headers["Content-Disposition"].endswith("a.csv.pdf")


@pytest.mark.parametrize(
    ("who", "form", "status"),
    [
        ("officer", {}, 403),
        ("MILL", {"kind": "photo"}, 422),
        ("MILL", {"application": "nothing"}, 404),
    ],
)
def test_who_or_what_for_may_be_wrong(
    kept_desk: Desk, who: str, form: dict[str, Any], status: int
) -> None:
    before, kept = kept_desk.count(), files(kept_desk)
    assert handed(kept_desk, rows("1", "2"), who=who, **form).status_code == status
    assert (kept_desk.count(), files(kept_desk)) == (before, kept)


def test_what_waits_of_a_firm_is_bounded_in_number_and_in_bytes(
    kept_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {"papers_open": 2, "papers_mib": 1}
    monkeypatch.setattr(
        kept_desk.resources,
        "settings",
        Settings(home=kept_desk.resources.home, **bounds),
    )
    large = handed(kept_desk, b"a,b\n" * 2**18 + b"1,2\n", who="PART")
    made = [handed(kept_desk, rows("1", "2"), who="PART") for _ in range(3)]

    assert (large.status_code, large.json()["rule"]) == (409, "papers.bytes")
    assert [each.status_code for each in made] == [201, 201, 409]
    assert made[2].json()["rule"] == "papers.count"
    assert sums(kept_desk, "PART")[0] == 2
    kept_desk.post("PART", f"/papers/{made[0].json()['id']}/withdraw")
    assert handed(kept_desk, rows("1", "2"), who="PART").status_code == 201
    assert handed(kept_desk, rows("1", "2"), who="ORE").status_code == 201


@pytest.mark.slow
def test_a_preview_tells_rows_and_faults_of_the_file_alone(kept_desk: Desk) -> None:
    head = "number,seller,buyer,amount_yuan,placed_on\n"
    text = head + "O1,MILL,CORE1,1000,2026-05-01\nO2,MILL,CORE1,much,2026-05-02\n"
    made = handed(kept_desk, text.encode()).json()["id"]
    others = kept_desk.get("ORE", f"/papers/{made}/preview")
    told = kept_desk.get("MILL", f"/papers/{made}/preview")
    pdf = handed(kept_desk, PDF + b"%%EOF").json()["id"]

    assert others.status_code == 404
    assert told.status_code == 200, told.text
    assert (told.json()["rows"], told.json()["used"]) == (2, 1), told.text
    assert [(each["line"], each["column"]) for each in told.json()["faults"]] == [
        (3, "amount_yuan")
    ]
    assert kept_desk.get("officer", f"/papers/{made}/preview").json() == told.json()
    assert kept_desk.get("MILL", f"/papers/{pdf}/preview").status_code == 409


def test_bytes_stay_where_nobody_knows_whether_the_paper_was_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, before, asks = rows("O7", "1"), files(desk), AccountLedger.ask

    def unheard(self: AccountLedger, order: Any) -> Reply:
        """Keep what is asked, and lose the answer."""
        asks(self, order)
        raise Busy("whether it was kept is not known yet", again_seconds=1)

    with monkeypatch.context() as lost:
        lost.setattr(AccountLedger, "ask", unheard)
        assert handed(desk, content, key="lost").status_code == 503
    told = handed(desk, content, key="lost").json()

    saved = desk.client.get(f"{API}/papers/{told['id']}/file", headers=desk.headers("MILL"))
    assert saved.content == content
    assert len(files(desk)) == len(before) + 1


def test_bytes_that_no_paper_stands_for_are_swept_after_a_day(desk: Desk) -> None:
    resources = desk.resources
    told = handed(desk, rows("O8", "1")).json()
    left = [place_of(resources, "ab" * 32, each) for each in ("nobody", "today")]
    stands = place_of(resources, told["sha256"], told["id"])
    for place in left:
        keep(place, b"left by a crash")
    old = resources.now().timestamp() - 2 * 86_400
    for place in (left[0], stands):
        os.utime(place, (old, old))
    os.utime(left[1], (old + 2 * 86_400,) * 2)

    assert sweep(resources) == 1
    assert [each.exists() for each in (*left, stands)] == [False, True, True]
    left[1].unlink()
