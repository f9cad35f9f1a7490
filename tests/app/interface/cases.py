"""Requests made by schemathesis from the description, sent by everybody to the application."""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.exceptions import ReadTimeout
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.main import create_app, rules_of
from app.platform.auth.principals import ROLES, Principal
from app.platform.auth.rules import OPEN, AccessRule
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from tests.app.chain.booked import ORDER, send, set_up
from tests.app.computing import Here
from tests.app.interface.lending import lend, send_what_is_there
from tests.app.logins import add_user
from tests.graph.effort import is_whole


@schemathesis.serializer("application/x-ndjson")
def _lines(_: Any, text: Any) -> dict[str, Any]:
    """Send lines of JSON as they are made."""
    return {"content": text if isinstance(text, bytes) else str(text).encode(errors="replace")}


NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
DESCRIPTION = "/api/v1/openapi.json"
WHICH_MAX = 1_000  # Of what is there, chosen among.
ANSWERED_SECONDS = 60  # On a machine that has much else to do.
PASSWORD = "a long password"  # noqa: S105  # of a user who lives for one test run
FIRMS = {"core": "CORE1", "supplier": "MILL"}
OTHER_FIRMS = {"core": "CORE2", "supplier": "ORE"}  # Of whom what is there is not.
BANK = ("risk", "officer", "auditor")  # Beside the admin, whose requests are read whole.
OTHERS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW")
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    allow_header_conformance,
]
# Ids in paths are replaced by known ones, and headers say who asks.
READ_AS_MADE = {ParameterLocation.QUERY, ParameterLocation.BODY}
MODES = {"good": GenerationMode.POSITIVE, "bad": GenerationMode.NEGATIVE}
Headers = Mapping[str, str]
VOUCHER = {"holder": "MILL", "amount_fen": 7, "due_on": "2026-12-01", "recourse": True}


@dataclass
class Attacked:
    """The application, who asks it, and ids that are there."""

    app: FastAPI
    client: Any
    described: Any
    senders: Mapping[str, Headers]
    known: Mapping[str, Any]  # An id, or several.
    rules: Mapping[tuple[str, str], AccessRule]
    everything: bool  # Whoever is refused sends every request all the same.
    sent: Counter[tuple[str, int]] = field(default_factory=Counter)
    turned_away: set[tuple[str, str, str, bool]] = field(default_factory=set)

    def one_of(self, name: str, which: int = 0) -> Any:
        """Return an id that is there, of several one."""
        known = self.known[name]
        return known[which % len(known)] if isinstance(known, tuple) else known

    def send(self, case: Any) -> None:
        """Send a request by everybody, and check every answer."""
        bad = any(
            case.meta.components[each].mode.is_negative
            for each in READ_AS_MADE & set(case.meta.components)
            if each != "query" or not self._names_more(case)
        )
        is_open = self.rules[case.method, case.operation.path] is OPEN
        passed_over = set() if is_open or self.everything or is_whole() else self._alike(case)
        for name, headers in self.senders.items():
            if name in passed_over:
                continue
            if is_open and name not in ("nobody", "risk"):
                continue  # Who asks makes no difference there.
            if self._is_turned_away_again(case, name, bad=bad):
                continue
            self.client.cookies.clear()  # Who signed in before is nobody here.
            answer = case.call(session=self.client, headers=dict(headers))
            self.sent[name, answer.status_code] += 1
            passes = name == "admin"  # Others are refused before their data is read.
            checks = [*CHECKS, negative_data_rejection] if bad and passes else CHECKS
            case.validate_response(answer, checks=checks, headers=dict(headers))
            check_problem(answer)

    def _names_more(self, case: Any) -> bool:
        """Return whether a query names what is not described: that is not read, so not refused."""
        return not set(case.query or {}) <= {each.name for each in case.operation.query}

    def _alike(self, case: Any) -> set[str]:
        """Return who of the bank stays silent, as another whom the rule treats alike asks."""
        silent: set[str] = set()
        for refused in (True, False):
            group = [name for name in BANK if self._refuses(case, name) is refused]
            silent |= set(group) - {group[len(case.operation.path) % len(group)] if group else ""}
        return silent

    def _refuses(self, case: Any, name: str) -> bool:
        """Return whether the rule of a route refuses somebody by the path alone."""
        rule = self.rules[case.method, case.operation.path]
        if name == "nobody":
            return rule is not OPEN
        role = name.removeprefix("other ")
        firm = (FIRMS if role == name else OTHER_FIRMS).get(role)
        return not rule.permits(Principal(name, role, firm), case.path_parameters)  # type: ignore[arg-type]  # a role

    def _is_turned_away_again(self, case: Any, name: str, *, bad: bool) -> bool:
        """
        Return whether the rule of a route refuses somebody by the path alone, and did so before.

        What else such a request holds is not read: one of each kind shows that.
        """
        refused = self._refuses(case, name)
        kind = (case.method, case.operation.path, name, bad)
        if self.everything or not refused or kind not in self.turned_away:
            self.turned_away |= {kind} if refused else set()
            return False
        return True


def check_problem(answer: Any) -> None:
    """Raise where a refusal is no problem, or tells what is nobody's business."""
    if answer.status_code < 400 or answer.request.method == "HEAD":
        return
    content = answer.json()
    assert answer.headers["content-type"] == ["application/problem+json"], answer.headers
    assert content["status"] == answer.status_code
    assert content["code"]
    assert content["trace_id"] == answer.headers["x-trace-id"][0]
    assert "Traceback (most" not in answer.text
    assert "site-packages/" not in answer.text


def kinds(description: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return path, method and mode of all that can be sent; nothing bad where anything is good."""
    found = []
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            found += [(path, method.upper(), mode) for mode in modes(operation)]
    return found


def modes(operation: Mapping[str, Any]) -> list[str]:
    """Return what can be sent to an operation: nothing bad where anything is good."""
    choosy = "requestBody" in operation or any(
        each["schema"] != {"type": "string"} and each["in"] != "header"
        for each in operation.get("parameters", ())
    )
    return [mode for mode in MODES if choosy or mode == "good"]


@contextmanager
def attacked(
    kept_home: Path, home: Path, *, everything: bool = False, records_url: str = ""
) -> Iterator[Attacked]:
    """
    Yield the application over a copy of what is kept in a folder.

    Args:
        kept_home: What is copied.
        home: Where to.
        everything: Whether who is refused by the path alone sends more than one of each kind.
        records_url: The records database; empty: the folder's own.
    """
    shutil.copytree(kept_home, home)
    settings = Settings(home=home, records_url=records_url)
    app = create_app(settings, now=lambda: NOW, computer=Here)
    app.state.imports = _NothingWorks()
    resources = app.state.resources
    key = resources.settings.signing_key()
    senders: dict[str, Headers] = {"nobody": {}}
    for role in ROLES:
        token = issue(resources.records, key, role=role, firm=FIRMS.get(role), days=1, now=NOW)
        senders[role] = {"Authorization": f"Bearer {token}"}
    for role, firm in OTHER_FIRMS.items():
        token = issue(resources.records, key, role=role, firm=firm, days=1, now=NOW)
        senders[f"other {role}"] = {"Authorization": f"Bearer {token}"}
    add_user(resources.records, "lin", PASSWORD, role="risk", now=NOW)
    with asgi.get_client(app) as client:
        client.trust_env = False  # Proxies of the environment are looked for at every request.
        scenario = client.post(
            "/api/v1/scenarios", json={"close": ["MILL"]}, headers=dict(senders["risk"])
        ).json()["id"]
        known = {"core": "CORE1", "firm": "MILL", "partner": "CORE1", "name": "lin"}
        known |= {"scenario": scenario, "number": 0, "account": "chain:CORE1:MILL"}
        set_up(resources)
        held = send(client, senders["officer"], "/reservations", ORDER, key="held").json()["id"]
        known |= {"reservation": held, "use": held, "receivable": "R1", "group": "MILL"}
        known["voucher"] = send(client, senders["core"], "/vouchers", VOUCHER).json()["id"]
        asked = send(client, senders["officer"], "/receivables/R3/confirm")
        known |= lend(client, senders, resources)
        known["approval"] = (asked.json()["approval"], known["approval"])
        described = schemathesis.openapi.from_asgi(DESCRIPTION, app)
        described.config.generation.with_security_parameters = False
        described.config.request_timeout = ANSWERED_SECONDS
        yield Attacked(app, client, described, senders, known, rules_of(app), everything)
    asgi.shutdown_lifespans()


class _NothingWorks(nullcontext[None]):
    """In place of what works imports off: they wait."""

    def wake(self) -> None:
        """Do nothing."""


def cases(place: Attacked, path: str, method: str, mode: str) -> st.SearchStrategy[Any]:
    """Return requests of one operation; half of them ask for what is there."""

    def with_known(case: Any, *, known: bool, which: int) -> Any:
        if known:
            names = case.path_parameters.keys() & place.known.keys()
            case.path_parameters |= {name: place.one_of(name, which) for name in names}
        if known and mode == "good":
            _ask_for_what_is_there(case)
        return case

    made = place.described[path][method].as_strategy(generation_mode=MODES[mode])
    return st.builds(
        lambda case, known, which: with_known(case, known=known, which=which),
        *(made, st.booleans(), st.integers(0, WHICH_MAX)),
    )


def _ask_for_what_is_there(case: Any) -> None:
    """Read the first version from its first page, close firms of it, sign in as somebody."""
    if case.headers is not None and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())
    if "version" in (case.query or {}):
        case.query["version"] = 1
    for name in ("as_of", "cursor"):
        (case.query or {}).pop(name, None)
    _send_what_is_there(case)


def _send_what_is_there(case: Any) -> None:
    path = case.operation.path
    if path.endswith("/scenarios"):
        case.body.pop("version", None)
        if "close" in case.body:
            case.body["close"] = ["MILL", "ORE"][: len(case.body["close"])]
    elif path.endswith("/reservations"):
        case.body |= {"core": "CORE1", "firm": "MILL", "documents": []}
    elif path.endswith("/vouchers") and case.method == "POST":
        case.body |= {"holder": "MILL", "receivables": [], "due_on": "2026-12-01"}
    elif path.endswith("/receivables/confirm"):
        case.body = {"numbers": ["R1", "R2", "R3"][: len(case.body["numbers"])]}
    elif path.endswith("/session") and case.method == "POST":
        case.body = {"name": "lin", "password": PASSWORD}
    else:
        send_what_is_there(case)


def attack(
    place: Attacked,
    operation: tuple[str, str],
    mode: str,
    *,
    examples: int,
    fault: Callable[[Any, BaseException], None] | None = None,
) -> None:
    """
    Send requests of one operation by everybody.

    Args:
        place: The application.
        operation: Path and method.
        mode: `good`: as the description says; `bad`: not so.
        examples: How many requests are made; each is sent by everybody.
        fault: Takes every fault; without it the first is raised.
    """

    @given(case=cases(place, *operation, mode))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=fault is None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        try:
            place.send(case)
        except (Failure, FailureGroup, AssertionError, ValueError, ReadTimeout) as found:
            if fault is None:
                raise
            fault(case, found)

    holds()
