"""Whatever a core or a firm reads, by whatever route: nothing of it is somebody else's."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import BytesIO
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from openpyxl import load_workbook

from app.chain.chains.schemas import Chain, Cores, Graph, Tiers
from app.chain.firms.schemas import Firm, Invoices
from app.chain.limits.schemas import ChainLimits, FirmLimit, FirmLimits
from app.data.versions.schemas import Versions
from app.main import rules_of
from app.platform.auth.principals import Principal
from app.platform.auth.rules import OPEN, SIGNED_IN
from app.platform.auth.sight import sight_of
from app.platform.errors import Forbidden
from tests.app.asking import asked
from tests.app.sight.conftest import Bearer, Get, Reader
from tests.app.sight.economy import (
    COLUMNS,
    NAMED,
    NAMES,
    RECEIVABLES,
    TRADES,
    VOUCHERS,
    figure,
)
from tests.graph.effort import is_whole

pytestmark = pytest.mark.xdist_group("sight")  # One process gathers all answers.

API = "/api/v1"
LANGUAGES = ("en", "zh") if is_whole() else ("en",)  # Of pages; both are made of the same.
BANK: Reader = ("risk", None)
CORE: Reader = ("core", "KAYAK")
KNOWN: dict[Reader, set[str]] = {  # Partners, cores of its chains; for a core whom it knows.
    CORE: {"KAYAK", *NAMED},
    ("core", "KELPX"): {"KELPX", "SABLE", "KAYAK", "SYLPH", "SEPIA"},
    ("supplier", "SABLE"): {"SABLE", "SEPIA", "SIENA", "KAYAK", "KELPX"},
    ("supplier", "SUMAC"): {"SUMAC", "SEPIA", "KAYAK", "KELPX"},
    ("supplier", "SIENA"): {"SIENA", "SABLE", "KAYAK", "KELPX"},
    ("supplier", "DAHLI"): {"DAHLI", "DELTA", "KAYAK", "KELPX"},
    ("supplier", "KELPX"): {"KELPX", "SABLE", "KAYAK", "SEPIA"},  # It owes the last.
}
# A change is tried by a core, a supplier, and a core that supplies another; all in a whole run.
FIRST = (CORE, ("supplier", "SABLE"), ("supplier", "KELPX"))
READERS = [
    pytest.param(who, marks=() if who in FIRST else pytest.mark.slow)
    for who in sorted(KNOWN, key=str)
]
SUPPLIERS = [each for each in READERS if each.values[0][0] == "supplier"]  # type: ignore[index]  # a reader
CORES = [firm for firm in NAMES if firm.startswith("K")]

# What may be read of a tree, by code; written out by hand, apart from the service's own lists.
FIRM_READS = """
limit smallest need funding product_cap documents relation unscaled capacity base
need_total sales sales_of_cycle cycle_days days_of_turnover cycle_need documents_total
goods stock owed less_profit cost_of_sales balance_grown stock_capital owed_capital
working_capital capital_needed capital_left growth_factor grown expected_growth one zero
revenue cost profit inventory receivable payable prepaid advances own_funds
working_capital_loans loans_in_statement loans_of_others lent_by_us
advance_rate held document_factor chain_factor share
resilience after_worst taken omega worst resilience_min product_cap_total
claim gross receivables estimated contra rate rate_top rate_less_dilution excess above_free
dilution dilution_free returned returned_share red_letters disputed blue_sales belonging
over_year purchases uncovered margin prepay_days year_and_chains days_of_year chains claims
others reachable reachable_exact passable from arrived loans
"""
ALONE = {"document_factor", "chain_factor", "share", "belonging", "worst"}
CORE_READS = {
    *("limit", "reachable", "held"),
    *("claim", "gross", "receivables", "estimated", "contra"),
}
FACILITY_READS = {
    *("facility", "purchases", "sales", "tangible_net_worth", "free_cash", "cash_there"),
    *("operating_cash_flow", "cash", "short_debt", "loans"),
}
OF_CHAINS = {  # What a supplier reads of no chain.
    *("facility", "occupied", "papers", "confirmed", "vouchers", "room", "relation_total"),
    *("relation_use", "stressed_loss", "stress_budget", "bank_capital", "legal_share"),
    *("legal_room", "single_borrower_cap", "single_borrower_cap_total"),
}


BESIDE = {  # What is asked for beside the bare address, by the route's template.
    f"{API}/cores": ("version=1",),
    f"{API}/firms": ("query=KA",),
    f"{API}/chains/{{core}}": ("tiers=1", "size=1", "version=1"),
    f"{API}/chains/{{core}}/tiers": ("tiers=2",),
    f"{API}/chains/{{core}}/graph": ("groups=rating", "groups=none&tiers=2"),
    f"{API}/chains/{{core}}/limits": (
        *("size=2&sort=limit_fen&descending=true", "as_of=2026-12-31&sort=name"),
    ),
    f"{API}/firms/{{firm}}/trades": ("size=1",),
    f"{API}/firms/{{firm}}/trades/{{partner}}/invoices": ("size=1",),
    "/firms": ("query=KA",),
    "/chains/{core}": ("query=S&sort=-limit", "where=up2&grade=A", "version=1"),
}
FIRMS = ("KAYAK", "KELPX", "SABLE", "SEPIA", "SIENA", "SUMAC", "DAHLI", "XENON", "NOBODY")
PARTNERS = ("KAYAK", "SABLE", "SEPIA", "XENON", "NOBODY")
FILLED = {"core": (*CORES, "NOBODY"), "firm": FIRMS, "partner": PARTNERS, "number": ("0",)}


def addresses_of(app: FastAPI) -> list[tuple[str, str, tuple[str, ...]]]:
    """
    Return the addresses of every route that can be read, with every firm and core in place.

    Each with the template of its route before it, and after it what it may be asked with.
    """
    found = []
    for method, template in sorted(rules_of(app)):
        if method != "GET":
            continue
        names = re.findall(r"{(\w+)}", template)
        for values in product(*(FILLED.get(name, ("none",)) for name in names)):
            path = template.format(**dict(zip(names, values, strict=True)))
            found.append((template, path, BESIDE.get(template, ())))
    return found


class Answers(dict[Reader, dict[str, Response]]):
    """What readers get from every address, asked for when a test first wants to know it."""

    def __init__(self, served: TestClient, bearer_of: Bearer) -> None:
        super().__init__()
        self._served, self._bearer_of = served, bearer_of

    def __missing__(self, who: Reader) -> dict[str, Response]:
        """Ask for all that a reader gets."""
        assert self._served.portal is not None
        bearer = self._bearer_of(who)
        self[who] = self._served.portal.call(gathered, self._served.app, bearer)
        return self[who]


@pytest.fixture(scope="session")
def answers(served: TestClient, bearer_of: Bearer) -> Answers:
    """What every reader gets from every address, the pages in both languages in a whole run."""
    return Answers(served, bearer_of)


async def gathered(app: FastAPI, bearer: Mapping[str, str]) -> dict[str, Response]:
    """
    Return all answers to a reader, read in the loop of the service itself, as a server would.

    A client between costs as much as many an answer, and there are thousands; a request from
    another thread costs twice that. What was refused is not asked for in the other language or
    with more in the query as well, beyond the first that a route refuses so.
    """
    found: dict[str, Response] = {}
    refused = set()
    for template, path, queries in addresses_of(app):
        asks = [f"{path}{query}" for query in ("", *(f"?{each}" for each in queries))]
        if path.startswith(API):
            tries = [(each, each, bearer) for each in asks]
        else:
            page = {"Accept": "text/html", **bearer}
            tries = [
                (f"{language} {each}", each, page | {"Accept-Language": language})
                for each, language in product(asks, LANGUAGES)
            ]
        for name, asked_for, headers in tries:
            found[name] = unpacked(await asked(app, asked_for, headers))
            status = found[tries[0][0]].status_code
            if status != 200 and (template, status) in refused:
                break
        refused.add((template, status))
    return found


def unpacked(answer: Response) -> Response:
    """Return the same answer; of a workbook, with the values of its cells as text."""
    if "spreadsheetml" not in answer.headers.get("content-type", ""):
        return answer
    book = load_workbook(BytesIO(answer.content), read_only=True)
    values = [each for sheet in book for row in sheet.iter_rows(values_only=True) for each in row]
    text = " ".join(
        f"{each} {each:.2f}" if isinstance(each, float) else str(each) for each in values
    )
    return Response(answer.status_code, text=text)


def said(path: str, answer: Response) -> str:
    """Return what an answer tells: its body and headers, without what the address said."""
    text = answer.text + " ".join(f"{k}: {v}" for k, v in answer.headers.items())
    for part in re.split(r"[/?=&. ]", path):
        if part in NAMES:
            for form in (part, quote(part, safe="")):
                text = text.replace(form, "")
    return text if answer.status_code != 200 else answer.text


def forms(fen: int) -> set[str]:
    yuan, cents = divmod(fen, 100)
    return {str(fen), f"{fen:,}", f"{yuan:,}.{cents:02}", f"{yuan}.{cents:02}"}


def traded(yuan: int) -> int:
    """Return what six invoices of the economy come to in fen."""
    return (6 * (yuan // 6) + 21) * 100


def planted(who: Reader) -> dict[str, set[str]]:
    """Return what somebody may not be told, by what it is: as it would be written."""
    secret = {
        f"{firm}.{column}": forms(figure(firm, column) * 100)
        for firm in NAMES
        for column in COLUMNS
        if firm != who[1]
    }
    for firm, name in NAMES.items():
        if firm not in KNOWN[who]:
            secret[firm] = {firm, name}
    for seller, buyer, yuan in TRADES:
        if who[1] not in (seller, buyer):
            secret[f"{seller}-{buyer}"] = forms(traded(yuan))
    for line in [*RECEIVABLES.splitlines()[1:], *VOUCHERS.splitlines()[1:]]:
        number, *ends, yuan = line.split(",")[:4]
        if who[1] not in ends:
            secret[number] = forms(int(Decimal(yuan) * 100))
    return secret


def test_the_bank_is_told_all_that_is_planted(answers: Any) -> None:
    text = " ".join(answer.text for answer in answers[BANK].values())

    for firm, name in NAMES.items():
        assert name in text
        for column in COLUMNS:
            assert firm not in FIRMS or str(figure(firm, column) * 100) in text, (firm, column)
    for seller, buyer, yuan in TRADES:
        assert any(form in text for form in forms(traded(yuan))), (seller, buyer)


@pytest.mark.parametrize("who", READERS, ids=str)
def test_nobody_is_told_a_name_or_a_figure_of_others(answers: Any, who: Reader) -> None:
    secret = planted(who)
    told = {path: said(path, answer) for path, answer in answers[who].items()}
    whole = "\0".join(told.values())  # Searched at once: no secret holds what stands between.
    figures = "\0".join(set(re.findall(r"[0-9.,]+", whole)))  # Each once: many are told often.
    for path, answer in answers[who].items():
        assert answer.status_code in (200, 303, 403, 404, 422), (path, answer.status_code)
    for what, written in secret.items():
        for each in written:
            place = figures if re.fullmatch(r"[0-9.,]+", each) else whole
            assert each not in place, (what, [path for path, text in told.items() if each in text])


@pytest.mark.parametrize("who", READERS, ids=str)
def test_nobody_is_told_a_rating_or_what_the_bank_has(answers: Any, who: Reader) -> None:
    for path, answer in answers[who].items():
        text = answer.text
        assert not re.search(r"\bR(1[0-5]|[1-9])\b", text), path
        assert not re.search(r"grade-[A-E]", text), path
        for fen in (5_000_000_000_000, 500_000_000_000):
            assert not any(form in text for form in forms(fen)), (path, fen)


def nodes(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        if {"code", "label", "op"} <= set(document):
            yield document
        for value in document.values():
            yield from nodes(value)
    elif isinstance(document, list):
        for value in document:
            yield from nodes(value)


def word(code: str) -> str:
    return code.partition(":")[0]


def reads(who: Reader, path: str) -> set[str]:
    """Return the codes that somebody may read at an address."""
    role, firm = who
    if re.fullmatch(rf".*/limits/{firm}(/tree)?", path):
        return set(FIRM_READS.split())
    if role == "core" and re.search(rf"/chains/{firm}/limits/", path):
        return CORE_READS
    return FACILITY_READS if role == "core" else set()


@pytest.mark.parametrize("who", READERS, ids=str)
def test_every_node_that_is_read_is_on_the_list(answers: Any, who: Reader) -> None:
    met = set()
    for path, answer in answers[who].items():
        if answer.headers.get("content-type") != "application/json" or answer.status_code != 200:
            continue
        for node in nodes(answer.json()):
            if node["op"] == "withheld" or node.get("operation") in ("不予展示", "not shown"):
                assert path.startswith(API) is False or set(node) == {"code", "label", "op"}
                assert not node.get("children")
                continue
            assert word(node["code"]) in reads(who, path), (path, node["code"])
            source = node.get("source")
            assert not isinstance(source, dict) or "firm" not in source, (path, node["code"])
            if node["code"] in ALONE:
                assert node["children"] == [], (path, node["code"])
            if ":" in node["code"]:
                assert node["code"].partition(":")[2] in KNOWN[who], (path, node["code"])
            met.add(word(node["code"]))
    assert "limit" in met


FORMS = {
    r"/versions": Versions,
    r"/cores(\?.*)?": Cores,
    r"/chains/\w+(\?.*)?": Chain,
    r"/chains/\w+/tiers(\?.*)?": Tiers,
    r"/chains/\w+/graph(\?.*)?": Graph,
    r"/chains/\w+/limits(\?.*)?": ChainLimits,
    r"/chains/\w+/limits/\w+": FirmLimit,
    r"/firms/\w+": Firm,
    r"/firms/\w+/limits": FirmLimits,
    r"/firms/\w+/trades/\w+/invoices(\?.*)?": Invoices,
}


@pytest.mark.parametrize("who", READERS, ids=str)
def test_what_is_withheld_has_the_form_that_is_described(answers: Any, who: Reader) -> None:
    met = set()
    for path, answer in answers[who].items():
        for form, kind in FORMS.items():
            if answer.status_code == 200 and re.fullmatch(API + form, path):
                kind.model_validate(answer.json(), strict=False)
                met.add(kind)
    assert {Versions, Firm, FirmLimits, Invoices} <= met


def bank_figures(answers: Any) -> dict[str, set[str]]:
    """Return the figures of chains and of the bank, by code, from the trees that the bank reads."""
    found: dict[str, set[str]] = {}
    for path, answer in answers[BANK].items():
        if path.startswith(API) and answer.status_code == 200:
            document = answer.json()
            for node in nodes(document):
                if node["code"] in OF_CHAINS and len(str(node["value"])) >= 8:
                    found.setdefault(node["code"], set()).add(str(node["value"]))
            for name, value in (document.get("facility") or {}).items():
                if name.endswith("_fen") and value:
                    found.setdefault("facility", set()).add(str(value))
    return found


@pytest.mark.parametrize("who", SUPPLIERS, ids=str)
def test_a_supplier_is_told_nothing_of_a_chain(answers: Any, who: Reader) -> None:
    figures = bank_figures(answers)

    assert {"facility", "room", "stressed_loss", "bank_capital", "occupied"} <= set(figures)
    for path, answer in answers[who].items():
        for code, values in figures.items():
            for value in values:
                assert value not in answer.text, (path, code, value)


def test_a_core_knows_its_nearest_tier_and_who_holds_its_paper(answers: Any) -> None:
    mine, bank = answers[CORE], answers[BANK]
    for path in ("/chains/KAYAK", "/chains/KAYAK/limits"):
        whole = {row["id"]: row for row in bank[f"{API}{path}"].json()["firms"]}
        shown = {row["id"]: row for row in mine[f"{API}{path}"].json()["firms"]}
        assert set(shown) == NAMED
        assert set(whole) == NAMED | {"SEPIA", "SIENA", "SYLPH", "DELTA", "DRIFT"}
        assert mine[f"{API}{path}"].json()["tiers"] == bank[f"{API}{path}"].json()["tiers"]
        if path.endswith("limits"):
            assert shown == {firm: whole[firm] for firm in NAMED}
    sumac = next(row for row in mine[f"{API}/chains/KAYAK"].json()["firms"] if row["id"] == "SUMAC")
    assert (sumac["tier"], sumac["amount_fen"], sumac["via"]) == (3, None, None)
    assert [row["id"] for row in mine[f"{API}/cores"].json()["items"]] == ["KAYAK"]


def test_a_core_s_graph_has_whom_it_knows_and_one_group_of_each_tier_else(answers: Any) -> None:
    for rest in ("", "?groups=rating"):
        graph = answers[CORE][f"{API}/chains/KAYAK/graph{rest}"].json()
        assert graph["groups"] == "tier"
        assert {node["node"]: node["firms"] for node in graph["nodes"]} == {
            "core": 1,
            **{f"firm:{firm}": 1 for firm in NAMED},
            "up:2": 2,
            "up:3": 1,
            "down:2": 2,
        }
        tiers = {(t["direction"], t["tier"]): t["amount_fen"] for t in tiers_of(answers)}
        edges = {(e["supplier"], e["buyer"]): e["amount_fen"] for e in graph["edges"]}
        assert edges.pop(("up:3", "up:2")) == tiers["up", 3]
        assert all("core" in ends for ends in edges)
        assert {end for ends in edges for end in ends} == {
            *("core", "firm:KELPX", "firm:SABLE", "firm:DAHLI", "firm:DUNEX")
        }
    near = answers[CORE][f"{API}/chains/KAYAK/graph?groups=none&tiers=2"].json()
    assert {n["node"] for n in near["nodes"] if n["node"].startswith("up:")} == {"up:2"}


def tiers_of(answers: Any) -> Any:
    return answers[BANK][f"{API}/chains/KAYAK/tiers"].json()["items"]


def test_blocks_of_a_core_s_picture_lead_where_somebody_has_a_name(answers: Any, get: Get) -> None:
    page = answers[CORE]["en /chains/KAYAK"].text
    blocks = re.findall(r'<g class="block', page)
    leads = re.findall(r'<a href="[^"]*where=(\w+)[^"]*" aria-label=', page)
    empty = get(CORE, "/chains/KAYAK?where=up2", Accept="text/html", Accept_Language="en").text
    nobody = get(CORE, "/chains/KAYAK?where=up1&query=zz", Accept="text/html", Accept_Language="en")

    assert len(blocks) == 6
    assert leads == ["up3", "up1", "down1"]
    assert "The firms of this tier are counted, not named" in empty
    assert "No firm fits these filters." in nobody.text


def test_of_its_facility_a_core_reads_the_figures_and_its_own_statement(answers: Any) -> None:
    path = f"{API}/chains/KAYAK/limits"
    mine, whole = (answers[who][path].json()["facility"] for who in (CORE, BANK))

    for name in ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding"):
        assert mine[name] == whole[name]
    assert int(Decimal(mine["derivation"]["value"])) == mine["limit_fen"]
    assert {child["op"] for child in mine["derivation"]["children"]} == {"withheld"}
    own = {node["code"]: node["value"] for node in mine["own"]}
    assert own["tangible_net_worth"] == figure("KAYAK", "tangible_net_worth") * 100
    assert own["loans"] == figure("KAYAK", "loans") * 100
    assert "free_cash" in own
    assert "own" not in whole


def test_of_a_supplier_s_limit_a_core_reads_what_it_promised(answers: Any) -> None:
    path = f"{API}/chains/KAYAK/limits/SABLE"
    mine, whole = (answers[who][path].json() for who in (CORE, BANK))

    for name in ("limit_fen", "reachable_fen", "binding", "absent", "tier", "direction"):
        assert mine[name] == whole[name]
    own = {node["code"]: node["value"] for node in mine["own"]}
    assert own["held"] == 812_345_678
    assert own["claim"] >= 345_678_912
    assert mine["derivation"]["value"] == whole["limit_fen"]
    assert [child["op"] for child in mine["derivation"]["children"]] == ["withheld"]


def test_a_firm_reads_its_own_rows_and_what_they_come_to(answers: Any) -> None:
    tree = answers["supplier", "SABLE"][f"{API}/chains/KAYAK/limits/SABLE"].json()
    found = {node["code"]: node for node in nodes(tree) if node["op"] != "withheld"}

    assert found["held"]["value"] == 812_345_678
    assert found["inventory"]["value"] == figure("SABLE", "inventory") * 100
    assert "claim:KAYAK" in found
    assert {"funding", "relation", "base", "resilience", "documents", "sales"} <= set(found)
    hidden = {node["code"] for node in nodes(tree["derivation"]) if node["op"] == "withheld"}
    assert hidden == {"single_borrower_cap", "unscaled", "chain_factor"}


@pytest.mark.parametrize("who", SUPPLIERS, ids=str)
def test_own_capacity_which_tells_the_grade_cannot_be_worked_out(answers: Any, who: Reader) -> None:
    for core in CORES:
        path = f"{API}/chains/{core}/limits/{who[1]}"
        if answers[who][path].status_code != 200:
            continue
        mine, whole = (answers[each][path].json() for each in (who, BANK))
        exact = {node["code"]: node for node in nodes(whole["derivation"])}
        found = {node["code"]: node for node in nodes(mine) if node["op"] != "withheld"}
        assert not {"own", "own_total", "own_share", "grade_factor", "sales_share"} & set(found)
        if Decimal(exact["own"]["value"]) < Decimal(exact["base"]["value"]):
            assert not {"capacity", "unscaled", "chain_factor"} & set(found)
            assert {"relation", "base", "resilience"} <= set(found)
        else:
            assert found["capacity"]["value"] == found["base"]["value"]


@pytest.mark.parametrize("who", READERS, ids=str)
def test_neither_rating_nor_counts_are_read_of_oneself(answers: Any, who: Reader) -> None:
    firm = answers[who][f"{API}/firms/{who[1]}"].json()
    versions = answers[who][f"{API}/versions"].json()["items"]

    assert firm["rating"] is None
    assert firm["revenue_fen"] == figure(str(who[1]), "revenue") * 100
    assert [(each["firms"], each["trades"]) for each in versions] == [(None, None)]
    assert answers[BANK][f"{API}/versions"].json()["items"][0]["firms"] == len(NAMES)


@pytest.mark.parametrize(
    ("who", "hidden", "unknown"),
    [
        (CORE, "/chains/KAYAK/limits/SEPIA", "/chains/KAYAK/limits/NOBODY"),
        (CORE, "/chains/KAYAK/limits/XENON", "/chains/KAYAK/limits/NOBODY"),
        (CORE, "/chains/KAYAK/limits/KAYAK", "/chains/KAYAK/limits/NOBODY"),
        (CORE, "/chains/KELPX/limits", "/chains/NOBODY/limits"),
        (CORE, "/chains/KELPX/limits/SABLE", "/chains/NOBODY/limits/SABLE"),
        (CORE, "/firms/SABLE", "/firms/NOBODY"),
        (("supplier", "SABLE"), "/chains/KIWIX/limits/SABLE", "/chains/NOBODY/limits/SABLE"),
        (("supplier", "SABLE"), "/chains/KAYAK/limits/SEPIA", "/chains/KAYAK/limits/NOBODY"),
        (("supplier", "SABLE"), "/chains/KAYAK", "/chains/NOBODY"),
    ],
)
@pytest.mark.parametrize("api", [True, False], ids=["api", "page"])
def test_what_is_hidden_is_as_what_is_not_there(
    answers: Any, who: Reader, hidden: str, unknown: str, *, api: bool
) -> None:
    lead = API if api else "en "
    pair = [(path, answers[who].get(f"{lead}{path}")) for path in (hidden, unknown)]
    if any(answer is None for _, answer in pair):
        return  # There is no page of it.
    texts = []
    for path, answer in pair:
        text = re.sub(r"[0-9a-f]{16,}", "", answer.text)
        for form in (path, quote(path, safe="")):
            text = text.replace(form, "")
        texts.append((answer.status_code, text))

    assert texts[0] == texts[1]
    assert texts[0][0] in (403, 404)


def test_a_cursor_opens_no_more_than_its_reader_may_see(get: Get) -> None:
    for path in (f"{API}/chains/KAYAK/limits?size=1", f"{API}/chains/KAYAK?size=1"):
        handed, seen = get(BANK, path).json()["next"], set()
        for _ in range(20):
            page = get(CORE, f"{path}&cursor={handed}").json()
            seen |= {row["id"] for row in page["firms"]}
            handed = page["next"]
            if handed is None:
                break
        assert seen < NAMED
        first, found = get(CORE, path).json(), []
        for _ in range(20):
            found += first["firms"]
            if first["next"] is None:
                break
            first = get(CORE, f"{path}&cursor={first['next']}").json()
        assert {row["id"] for row in found} == NAMED
        assert len(found) == len(NAMED)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (CORE, "/chains/KAYAK"),
        (CORE, "/chains/KAYAK/graph"),
        (CORE, "/chains/KAYAK/limits"),
        (CORE, "/chains/KAYAK/limits/SABLE"),
        (("supplier", "SABLE"), "/chains/KAYAK/limits/SABLE"),
        (("supplier", "SABLE"), "/firms/SABLE"),
        (("supplier", "SABLE"), "/versions"),
    ],
)
def test_a_tag_is_of_what_the_reader_is_shown(get: Get, who: Reader, path: str) -> None:
    path = f"{API}{path}"
    bank, mine = get(BANK, path), get(who, path)

    assert bank.headers["etag"] != mine.headers["etag"]
    assert get(who, path, If_None_Match=bank.headers["etag"]).status_code == 200
    kept = get(who, path, If_None_Match=mine.headers["etag"])
    assert (kept.status_code, kept.content) == (304, b"")
    assert get(BANK, path).content == bank.content  # What is kept for one is not given to another.
    assert get(who, path).content == mine.content
    assert "Authorization" in mine.headers["vary"]
    assert "private" in mine.headers["cache-control"]
    head = get(who, path, method="HEAD")
    assert head.headers["content-length"] == mine.headers["content-length"]
    assert head.headers["etag"] == mine.headers["etag"]


def test_the_list_to_download_holds_whom_the_core_knows(answers: Any) -> None:
    answer = answers[CORE]["en /chains/KAYAK/limits.csv"]
    rows = answer.text.lstrip("\ufeff").splitlines()[1:]

    assert {row.partition(",")[0] for row in rows} == NAMED
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("who", READERS, ids=str)
def test_a_core_or_firm_changes_nothing_but_its_session(
    served: TestClient, get: Get, who: Reader
) -> None:
    for (method, template), rule in rules_of(served.app).items():  # type: ignore[arg-type]  # ours
        if method in ("GET", "HEAD") or rule in (OPEN, SIGNED_IN):
            continue
        values = dict.fromkeys(re.findall(r"{(\w+)}", template), "none")
        its_own = rule.permits(Principal("nobody", *who), values)  # It is told that none is there.
        # A form of a page of its own is refused where its secret is not sent along.
        refusals = (403,) if not its_own else (404, 422) if template.startswith(API) else (403, 422)
        answer = get(who, re.sub(r"{\w+}", "none", template), method=method)
        assert answer.status_code in refusals, (method, template)


def test_who_is_tied_to_no_firm_sees_nothing() -> None:
    for role in ("core", "supplier"):
        with pytest.raises(Forbidden):
            sight_of(Principal("nobody", role))  # type: ignore[arg-type]  # a role
