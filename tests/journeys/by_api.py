"""A person who asks by the interface alone: `/api/v1`, a session, JSON."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import uuid4

from httpx import Client, Response

from app.lending.decisions.forms import act_of
from tests.journeys.people import Answer, Asked, Login, Node, Refused, Way

WAIT_S = 60.0


class ByApi:
    """Somebody signed in by name and password."""

    def __init__(self, address: str, login: Login) -> None:
        self.firm = login.firm
        self._client = Client(base_url=f"{address}/api/v1", timeout=WAIT_S)
        told = self._client.post("/session", json={"name": login.name, "password": login.password})
        assert told.is_success, told.text
        self._client.headers["X-CSRF-Token"] = self._client.get("/session").json()["csrf"]

    def close(self) -> None:
        """Leave no connection open."""
        self._client.close()

    def get(self, path: str) -> Any:
        """Return a document."""
        return _told(self._client.get(path))

    def post(self, path: str, body: Any = None) -> Any:
        """Return what is answered to an order."""
        return self._order("POST", path, body)

    def _order(self, method: str, path: str, body: Any) -> Any:
        own = {"Idempotency-Key": str(uuid4())}
        return _told(self._client.request(method, path, json=body or {}, headers=own))

    def limit_fen(self, core: str) -> int:
        return int(self.get(f"/chains/{core}/limits/{self.firm}")["limit_fen"])

    def held_fen(self) -> int:
        found = self.get(f"/vouchers?holder={self.firm}&state=held&size=1000")["items"]
        return sum(each["held_fen"] for each in found)

    def can_finance(self, core: str, paper: str) -> bool:
        account = self._client.get(f"/accounts/{paper}").json()
        return bool(account.get("core") == core and account["available_fen"])

    def confirm(self, number: str) -> None:
        self.post(f"/receivables/{number}/confirm")

    def settle_late(self) -> None:
        path = f"/vouchers?issuer={self.firm}&state=dishonoured&size=1000"
        for each in self.get(path)["items"]:
            if each["parent"] is None:
                self.post(f"/vouchers/{each['id']}/settle")

    def issue(self, holder: str, amount_fen: int, due_on: str) -> str:
        body = {"holder": holder, "amount_fen": amount_fen, "due_on": due_on}
        return str(self.post("/vouchers", body)["id"])

    def accept_voucher(self, voucher: str) -> None:
        self.post(f"/vouchers/{voucher}/accept")

    def split(self, voucher: str, parts: Sequence[int]) -> Sequence[str]:
        made = self.post(f"/vouchers/{voucher}/split", {"parts": [*parts]})["children"]
        return [each["id"] for each in made]

    def pass_on(self, voucher: str, holder: str) -> str:
        made = self.post(f"/vouchers/{voucher}/pass", {"holder": holder})["children"]
        return str(made[-1]["id"])

    def tree(self, voucher: str) -> Node:
        return _node(self.get(f"/vouchers/{voucher}/tree"))

    def ask(self, asked: Asked) -> Answer:
        told = self.post("/applications", _body(asked))
        return _answer(told["decision"], told["id"], told["state"])

    def quote(self, asked: Asked, firm: str) -> Answer | None:
        """Return what a firm would be answered; None where the product is not for it."""
        try:
            told = self.post("/quotes", _body(asked) | {"firm": firm})
        except Refused:
            return None
        return _answer(told, "", "")

    def state(self, application: str) -> str:
        return str(self.get(f"/applications/{application}")["state"])

    def accept(self, application: str) -> None:
        self.post(f"/applications/{application}/accept")

    def withdraw(self, application: str) -> None:
        self.post(f"/applications/{application}/withdraw")

    def sign(self, application: str) -> None:
        read = self.get(f"/applications/{application}/contract?language=en")
        self.post(f"/applications/{application}/sign", {"language": "en", "sha256": read["sha256"]})

    def file_account(self, application: str, account: str) -> None:
        self._order("PUT", f"/firms/{self.firm}/account", {"account": account})

    def draw(self, application: str, amount_fen: int, account: str) -> str:
        body = {"amount_fen": amount_fen, "account": account}
        return str(self.post(f"/applications/{application}/draw", body)["loan"])

    def owed_fen(self, loan: str) -> int:
        return int(self.get(f"/loans/{loan}")["owed"]["all_fen"])

    def repay(self, loan: str, amount_fen: int) -> int:
        body = {"amount_fen": amount_fen, "prepay": True}
        return int(self.post(f"/loans/{loan}/repayments", body)["outstanding_fen"])

    def recommend(self, application: str, amount_fen: int) -> None:
        body = {"outcome": "approved", "amount_fen": amount_fen, "comment": "pays in time"}
        self.post(f"/applications/{application}/recommend", body)

    def decide(self, application: str) -> None:
        body = {"outcome": "approved", "comment": "agreed"}
        self.post(f"/applications/{application}/decide", body)

    def approve(self, thing: str) -> None:
        waiting = self.get("/approvals?state=open&size=1000")["items"]
        (name,) = (each["id"] for each in waiting if each["subjects"][0].endswith(thing))
        self.post(f"/approvals/{name}/approve")

    def reserve(self, core: str, firm: str, amount_fen: int, documents: Sequence[str]) -> None:
        papers = [{"kind": "receivable", "number": each} for each in documents]
        body = {"core": core, "firm": firm, "product": "any", "amount_fen": amount_fen}
        self.post("/reservations", body | {"documents": papers, "seconds": 600})

    def freeze(self, account: str, amount_fen: int) -> None:
        self.post(f"/accounts/{account}/freeze", {"amount_fen": amount_fen, "reason": "a signal"})

    def unfreeze(self, account: str, amount_fen: int) -> None:
        body = {"amount_fen": amount_fen, "reason": "looked into"}
        assert self.post(f"/accounts/{account}/unfreeze", body)["approval"]

    def available_fen(self, account: str) -> int:
        return int(self.get(f"/accounts/{account}")["available_fen"])

    def frozen_fen(self, account: str) -> int:
        return int(self.get(f"/accounts/{account}")["frozen_fen"])


def _body(asked: Asked) -> dict[str, Any]:
    papers = [each.partition(":") for each in asked.documents]
    body = {
        "core": asked.core,
        "product": asked.product,
        "amount_fen": asked.amount_fen,
        "repayment": asked.repayment,
        "purpose": "working_capital",
        "documents": [{"kind": kind, "number": number} for kind, _, number in papers],
    }
    return body | ({"tenor_months": asked.months} if asked.months else {"tenor_days": asked.days})


def _answer(decision: Any, application: str, state: str) -> Answer:
    return Answer(
        *(application, state, decision["outcome"], decision["amount_fen"]),
        [each["code"] for each in decision["reasons"]],
        _ways(decision["path_to_yes"]),
    )


def _told(answer: Response) -> Any:
    """Return a document, or raise what stands against it."""
    document = answer.json()
    if answer.is_success:
        return document
    code = document.get("code", "")
    assert code, f"{answer.request.method} {answer.request.url}: {answer.text}"
    accounts = [each["account"] for each in document.get("accounts", ())]
    raise Refused(code, accounts, document["detail"])


def _node(told: Node) -> Node:
    return {
        "id": told["id"],
        "tier": told["tier"],
        "state": told["state"],
        "fen": told["amount_fen"],
        "held": told["held_fen"],
        "financed": told["financed_fen"],
        "parts": [_node(each) for each in told["children"]],
    }


def _ways(path: Sequence[dict[str, Any]]) -> list[Way]:
    """Return the ways of a path: what belongs together has the same number."""
    found = []
    for _, together in groupby(sorted(path, key=lambda each: each["set"]), lambda e: e["set"]):
        steps = list(together)
        papers = [f"{d['kind']}:{d['number']}" for each in steps for d in each["documents"]]
        acts = [act_of(each["leaf"]) for each in steps]
        found.append(Way(acts, list(dict.fromkeys(papers)), steps[0]["amount_fen"]))
    return found
