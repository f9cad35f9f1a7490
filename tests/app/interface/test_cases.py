"""Whatever is sent, by whom, what comes back is as the description says."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.app.asking import answers
from tests.app.interface.cases import OTHERS, Attacked, attack, attacked, modes
from tests.graph.effort import is_whole, some

pytestmark = pytest.mark.xdist_group("cases")  # One process makes what is asked.
# `make soak` sends far more; a change is tried with half as many as a whole run.
EXAMPLES = 4 if is_whole() else 2
OPERATIONS = Path(__file__).with_name("operations.txt").read_text(encoding="utf-8").splitlines()
BODIES = {  # What a route that moves the book is sent, by the last word of its path.
    "dispute": {"reason": "late"},
    "split": {"parts": [3, 4]},
    "pass": {"holder": "ORE", "amount_fen": 1},
    "post": {"amount_fen": 1},
    "release": {"amount_fen": 1},
    "freeze": {"amount_fen": 1, "reason": "x"},
    "unfreeze": {"amount_fen": 1, "reason": "x"},
    "draw": {"amount_fen": 1, "account": "1"},
    "repayments": {"amount_fen": 1},
    "withdraw": {"reason": "x"},
}
THINGS = "receivable|voucher|approval|reservation|use|account|application|decision|loan"
SLOW = {
    ("/api/v1/session", "POST"): 2,  # Passwords are hashed.
    ("/api/v1/sources/guess", "POST"): 1,  # A child reads each.
}


@pytest.fixture(scope="module")
def place(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(kept_home, tmp_path_factory.mktemp("cases") / "home") as found:
        yield found


# Read from the file: a description for the names alone would be made by every process of a run.
@pytest.mark.parametrize("named", OPERATIONS, ids=str)
def test_every_answer_to_everybody_is_as_described(place: Attacked, named: str) -> None:
    _, method, path = named.split()
    for mode in modes(place.app.openapi()["paths"][path][method.lower()]):
        before = place.sent.total()
        attack(place, (path, method), mode, examples=SLOW.get((path, method), EXAMPLES))
        assert place.sent.total() > before


def test_what_is_another_core_s_or_firm_s_is_as_what_is_not_there(place: Attacked) -> None:
    tried = 0
    for path, methods in place.app.openapi()["paths"].items():
        given = re.search(
            r"{(receivable|voucher|approval|reservation|use|account|application|decision|loan)}",
            path,
        )
        if given is None:
            continue
        for method, who in product(methods, ("other core", "other supplier")):
            headers = {**place.senders[who], "Idempotency-Key": f"theirs {who}".replace(" ", "-")}
            body = BODIES.get(path.rpartition("/")[2])
            told = []
            for name in (place.one_of(given[1]), "NONE"):
                key = {"Idempotency-Key": f"{headers['Idempotency-Key']}-{name}-{tried}"}
                address = path.replace(given[0], name).replace("{n}", "1")
                answer = place.client.request(method, address, headers=headers | key, json=body)
                told.append((answer.status_code, answer.json()["detail"].replace(name, "X")))
            assert told[0] == told[1], (method, path, who)
            assert told[0][0] in (403, 404), (method, path, who, told)
            tried += 1

    assert tried >= 40


def test_a_method_that_a_path_does_not_answer_is_405_for_whoever_is_signed_in(
    place: Attacked,
) -> None:
    for name in ("nobody", "auditor", "supplier"):
        client = TestClient(place.app, headers=dict(place.senders[name]))
        calls, answered = [], []
        for path, methods in place.app.openapi()["paths"].items():
            known = {method.upper() for method in methods}
            known |= {"HEAD"} if "GET" in known else set()
            others = [method for method in OTHERS if method not in known]
            calls += [(method, path) for method in some(others)]
            answered += [known] * (len(calls) - len(answered))
        for (method, path), known, answer in zip(
            calls, answered, answers(client, calls), strict=True
        ):
            refused = name == "nobody" and path.startswith("/api/")
            assert answer.status_code == (401 if refused else 405), (method, path, name)
            assert refused or set(answer.headers["allow"].split(", ")) == known
