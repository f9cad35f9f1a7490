"""Receivables and vouchers moved in any order by requests: nothing is lost or made."""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from fastapi.testclient import TestClient
from hypothesis.stateful import rule

from app.books.business_day import business_day
from app.books.ledger.proof import verify
from app.main import create_app
from app.platform.auth.principals import Role
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from tests.app.chain.asking import Desk
from tests.app.chain.vouchers.test_papers_machine import PapersLaws, careless, run
from tests.app.computing import Here
from tests.app.conftest import NOW

WHO: dict[str, tuple[Role, str | None]] = {
    "officer": ("officer", None),
    **{core: ("core", core) for core in ("CORE1", "CORE2")},
    **{firm: ("supplier", firm) for firm in ("MILL", "PART", "ORE")},
}
PAPERS = {"R1": "CORE1", "R3": "CORE2"}  # With who owes them.
picks = st.integers(0, 1000)
fens = st.integers(1, 900)
papers = st.sampled_from(sorted(PAPERS))
_keys = itertools.count()


class PapersOverHttp(PapersLaws):
    """Cores and firms that ask by requests, each sometimes twice under its key."""

    room: ClassVar[Mapping[str, int]] = {"CORE1": 2_000, "CORE2": 100_001_000}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.resources)
        self.desk = desk
        self.seen["book_receivables:R1"] = "confirmed"  # In the files.

    def send(self, who: str, path: str, body: Any = None, *, again: bool = False) -> None:
        """Send an order, perhaps again; one that is refused leaves all as it is."""
        key, before = f"http-{next(_keys)}", self.desk.count()
        answer = self.desk.post(who, path, body, key=key)
        told = answer.json()
        assert answer.status_code in (200, 201, 404, 409), answer.text
        if answer.is_success:
            assert self.desk.count() > before
            self.is_as_told(told)
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            assert self.desk.count() == before
        if again:
            count = self.desk.count()
            repeated = self.desk.post(who, path, body, key=key)
            assert (repeated.status_code, self.desk.count()) == (answer.status_code, count)
            if answer.is_success:
                assert repeated.text == answer.text
                assert repeated.headers["Idempotent-Replay"] == "true"

    def is_as_told(self, told: dict[str, Any]) -> None:
        """Compare an answer with what reads of the same say."""
        kind = "receivables" if "creditor" in told else "vouchers"
        read = self.desk.get("officer", f"/{kind}/{told.get('id', told.get('number'))}")
        assert (read.status_code, read.json()["state"]) == (200, told["state"]), read.text

    @rule(paper=papers, what=st.sampled_from(["confirm", "dispute", "withdraw-dispute", "settle"]))
    def move_receivable(self, paper: str, what: str) -> None:
        body = {"reason": "r"} if what == "dispute" else None
        self.send(PAPERS[paper], f"/receivables/{paper}/{what}", body, again=what == "confirm")

    @rule(
        who=st.sampled_from(["CORE1", "CORE2"]),
        holder=st.sampled_from(["MILL", "PART"]),
        fen=fens,
        days=st.integers(1, 6),
    )
    def issue(self, who: str, holder: str, fen: int, days: int) -> None:
        body = {"holder": holder, "amount_fen": fen, "due_on": self.after(days)}
        self.send(who, "/vouchers", body | {"recourse": days % 2 == 0}, again=fen % 3 == 0)

    @rule(days=st.integers(1, 6))
    def issue_on_a_receivable(self, days: int) -> None:
        body = {"holder": "PART", "receivables": ["R3"], "due_on": self.after(days)}
        self.send("CORE2", "/vouchers", body | {"recourse": False})

    def after(self, days: int) -> str:
        """Return the day so many days after the business day."""
        return (business_day(self.resources) + dt.timedelta(days=days)).isoformat()

    @rule(pick=picks, what=st.sampled_from(["accept", "accept", "reject"]), other=st.booleans())
    def answer(self, pick: int, what: str, other: bool) -> None:  # noqa: FBT001  # drawn
        row = self.one_of(pick, "issued")
        if row is not None:
            who = "ORE" if other and pick % 4 == 0 else row["holder"]
            self.send(who, f"/vouchers/{row['voucher']}/{what}", again=other)

    @rule(pick=picks, fen=fens, less=st.booleans())
    def split(self, pick: int, fen: int, less: bool) -> None:  # noqa: FBT001  # drawn
        row = self.one_of(pick, "held")
        if row is not None and (rest := row["held_fen"] - fen - less) > 0:
            parts = {"parts": [fen, rest]}
            self.send(row["holder"], f"/vouchers/{row['voucher']}/split", parts, again=less)

    @rule(pick=picks, to=st.sampled_from(["ORE", "ORE", "PART", "CORE1"]), fen=fens)
    def pass_on(self, pick: int, to: str, fen: int) -> None:
        row = self.one_of(pick, "held", "matured")
        if row is not None:
            body = {"holder": to, "amount_fen": min(fen, row["held_fen"] or fen)}
            self.send(row["holder"], f"/vouchers/{row['voucher']}/pass", body, again=fen % 2 == 0)

    @rule(pick=picks, what=st.sampled_from(["cancel", "dispute", "settle"]))
    def issuer_acts(self, pick: int, what: str) -> None:
        row = self.one_of(pick, "issued", "disputed", "held", "matured", "dishonoured")
        if row is not None:
            body = {"reason": "r"} if what == "dispute" else None
            self.send(row["issuer"], f"/vouchers/{row['voucher']}/{what}", body, again=True)


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def any_desk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Desk]:
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
        settings = settings.model_copy(update={"records_url": url})
    app = create_app(settings, now=lambda: NOW, computer=Here)
    careless(app.state.resources)
    with TestClient(app, raise_server_exceptions=False) as client:
        desk = Desk(client, lambda *_: {})
        for name, (role, firm) in WHO.items():
            records, key = desk.resources.records, settings.signing_key()
            desk.use(name, issue(records, key, role=role, firm=firm, days=1, now=NOW))
        yield desk


def test_whatever_is_asked_over_http_nothing_is_lost_or_made(any_desk: Desk) -> None:
    run(lambda: PapersOverHttp(any_desk), 1, 15)

    assert verify(any_desk.resources.records).ok


@pytest.mark.slow
def test_whatever_is_asked_over_http_at_length(any_desk: Desk) -> None:
    run(lambda: PapersOverHttp(any_desk), 5, 40)

    assert verify(any_desk.resources.records).ok
