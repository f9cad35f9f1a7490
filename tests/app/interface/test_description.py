"""What the description says of every operation: who may, by what name, with what example."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from app.main import create_app, rules_of
from app.platform.auth.rules import OPEN
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.documents import dumps
from app.platform.errors import PROBLEM_TYPE, AppError
from app.platform.http.examples import Examples
from app.platform.http.problems import GRAPH_STATUS, HTTP_CODES
from ingestion.descriptions.folders import SHIPPED
from ingestion.guess import guess
from ingestion.job import ImportJob
from ingestion.trial import TrialWishes, check

HERE = Path(__file__).parent
JSON = "application/json"
DOCUMENT = Path(__file__).parents[3] / "docs" / "api.md"
Operation = tuple[str, str, dict[str, Any]]
READS = (
    "/healthz",
    "/readyz",
    "/api/v1/versions",
    "/api/v1/rules",
    "/api/v1/products",
    "/api/v1/products/data-credit/price?firm=MILL&tenor_days=90",
    "/api/v1/products/document-finance/price?firm=MILL&core=CORE1&tenor_days=90",
    "/api/v1/organisation/units",
    "/api/v1/approvals",
    "/api/v1/cores",
    "/api/v1/chains/CORE1",
    "/api/v1/chains/CORE1/tiers",
    "/api/v1/chains/CORE1/graph",
    "/api/v1/chains/CORE1/graph?groups=sector",
    "/api/v1/chains/CORE1/limits",
    "/api/v1/chains/CORE2/limits",
    "/api/v1/chains/CORE1/limits/MILL",
    "/api/v1/chains/CORE1/limits/ORE",
    "/api/v1/firms",
    "/api/v1/firms?query=重工",
    "/api/v1/firms/CORE1",
    "/api/v1/firms/MILL/trades",
    "/api/v1/firms/MILL/trades/CORE1/invoices",
    "/api/v1/firms/MILL/limits",
    "/api/v1/receivables",
    "/api/v1/receivables/R1",
    "/api/v1/vouchers",
    "/api/v1/session",
    "/api/v1/audit",
    "/api/v1/users",
    "/api/v1/tokens",
    "/api/v1/sources",
    "/api/v1/sources/tax_bureau_workbook",
)


def operations(description: dict[str, Any]) -> list[Operation]:
    return [
        (method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from walk(each)


def unnamed(description: dict[str, Any], schema: dict[str, Any], content: Any) -> list[str]:
    """Return what is wrong with an answer where no field may be there that is not described."""
    strict = copy.deepcopy(description)
    for each in strict["components"]["schemas"].values():
        each["additionalProperties"] = False
    return [str(error)[:300] for error in validator(strict, schema).iter_errors(content)]


def validator(description: dict[str, Any], schema: dict[str, Any]) -> Any:
    whole = {**schema, "components": description["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def test_names_of_operations_are_short_and_stand_still(description: dict[str, Any]) -> None:
    named = {
        f"{operation['operationId']} {method.upper()} {path}"
        for method, path, operation in operations(description)
    }
    kept = set((HERE / "operations.txt").read_text(encoding="utf-8").splitlines())

    assert kept - named == set(), "these were given out: a name never changes or goes"
    assert named - kept == set(), "write these into operations.txt: from then on they stand"
    assert all(re.match(r"[a-z]+\.[a-z_]+ ", each) for each in named)


def test_every_operation_is_in_the_documents(description: dict[str, Any]) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    missing = [
        each["operationId"]
        for *_, each in operations(description)
        if f"`{each['operationId']}`" not in text
    ]
    assert missing == []


def test_every_code_of_a_problem_is_in_the_documents() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    told = {code for _, code in GRAPH_STATUS.values()} | set(HTTP_CODES.values())
    kinds: list[type[AppError]] = [AppError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        told.add(kind.code)
    unheard = {"gone", "user_exists"}  # Of clients that went away; of the command alone.

    assert sorted(code for code in told - unheard if f"`{code}`" not in text) == []


def test_every_schema_has_one_title_and_its_fields_have_none(description: dict[str, Any]) -> None:
    for name, schema in description["components"]["schemas"].items():
        fields = [place for field in schema["properties"].values() for place in walk(field)]

        assert re.fullmatch(r"[A-Z][A-Za-z]*", name)
        assert schema["title"] == name
        assert [place["title"] for place in fields if isinstance(place.get("title"), str)] == []


def test_every_operation_says_how_to_sign_in(description: dict[str, Any], tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path))
    rules = rules_of(app)
    client = TestClient(app)

    for method, path, operation in operations(description):
        open_to_all = rules[method.upper(), path] is OPEN
        assert (operation["security"] == []) == open_to_all, path
        if not open_to_all:
            assert client.request(method, path).status_code == 401
            assert {"bearer": []} in operation["security"]
        for needed in operation["security"]:
            assert set(needed) <= set(description["components"]["securitySchemes"])
    assert description["servers"][0]["url"] == "/"


def test_every_answer_is_typed(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        for status, answer in operation["responses"].items():
            for kind, media in answer.get("content", {}).items():
                if kind != "text/plain" and media["schema"].get("format") != "binary":
                    assert "$ref" in media["schema"], (method, path, status)
    for name, schema in description["components"]["schemas"].items():
        for field, shape in schema["properties"].items():
            bare = [
                place
                for place in walk({k: v for k, v in shape.items() if k != "description"})
                if place.get("additionalProperties") is True
                or (place.get("type") == "array" and not place.get("items"))
            ]
            assert bare == [], (name, field)


def test_every_field_and_parameter_has_an_example(description: dict[str, Any]) -> None:
    examples = Examples(description["components"]["schemas"])
    for name in description["components"]["schemas"]:
        examples.of_schema(name)
    for *_, operation in operations(description):
        for parameter in operation.get("parameters", ()):
            examples.of(parameter["schema"], parameter["name"], owner="parameter")

    assert examples.missing == [], "name them in app/platform/http/examples.yml"


def test_every_example_is_what_its_schema_says(description: dict[str, Any]) -> None:
    checked = 0
    made: dict[str, Any] = {}  # What many operations say alike is read once.

    def check(schema: dict[str, Any], example: Any) -> None:
        """Hold an example to a schema."""
        text = json.dumps(schema, sort_keys=True)
        if text not in made:
            made[text] = validator(description, schema)
        made[text].validate(example)

    for schema in description["components"]["schemas"].values():
        check(schema, schema["examples"][0])
    for *_, operation in operations(description):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for media in (m for body in bodies for m in body.get("content", {}).values()):
            if "example" in media:
                check(media["schema"], media["example"])
                checked += 1
        for parameter in operation.get("parameters", ()):
            check(parameter["schema"], parameter["example"])

    assert checked > 100


def test_statuses_are_those_that_an_operation_of_its_kind_can_answer(
    description: dict[str, Any],
) -> None:
    for method, path, operation in operations(description):
        said = set(operation["responses"])
        assert "422" in said
        assert ("413" in said) == ("requestBody" in operation), path
        assert ("503" in said) == (path != "/healthz"), path
        assert ("401" in said) == (operation["security"] != [] or method == "post"), path
        assert "405" not in said
        assert "500" not in said
        if "304" in said:
            assert method == "get"
            assert "ETag" in operation["responses"]["200"]["headers"]
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == [PROBLEM_TYPE]
                assert answer["content"][PROBLEM_TYPE]["example"]["status"] == int(status)


@pytest.mark.parametrize("path", READS)
def test_no_answer_has_a_field_that_the_description_does_not_name(
    path: str, description: dict[str, Any], client: TestClient, bearer: Any
) -> None:
    headers = bearer("admin")
    client.post("/api/v1/session", json={"name": "x", "password": "y"})
    answer = client.get(path, headers=headers)
    paths = description["paths"]
    template = next(
        each
        for each in paths
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), path.partition("?")[0])
    )
    said = paths[template]["get"]["responses"]

    assert answer.status_code == 200
    assert unnamed(description, said["200"]["content"][JSON]["schema"], answer.json()) == []
    if "304" in said:
        again = client.get(path, headers={**headers, "If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    else:
        assert "etag" not in answer.headers


def test_what_is_told_of_files_has_no_field_that_the_description_does_not_name(
    description: dict[str, Any], tmp_path: Path
) -> None:
    schemas = description["components"]["schemas"]
    with open_resources(Settings(home=tmp_path)) as resources:
        job = ImportJob(resources.store, resources.home, resources.now())
        for name in ("files", "sap_line_items", "tax_bureau_workbook", "ubl_invoices"):
            files = [SHIPPED / "samples" / name]
            tried = check(name, files, job=job, wishes=TrialWishes(changes=True)).document
            told = json.loads(dumps({"check": tried, "guess": guess(files)}))
            assert unnamed(description, schemas["SourceTrial"], told["check"]) == []
            assert unnamed(description, schemas["ProposedSource"], told["guess"]) == []


def test_a_scenario_and_an_import_have_no_field_that_the_description_does_not_name(
    description: dict[str, Any], client: TestClient, bearer: Any
) -> None:
    headers = bearer("admin")
    schemas = description["components"]["schemas"]
    run = client.post("/api/v1/scenarios", json={"close": ["MILL"]}, headers=headers).json()
    place = f"/api/v1/scenarios/{run['id']}"
    again = client.get(place, headers=headers).json()
    first = client.get(f"{place}/rounds/0", headers=headers).json()
    files = [("files", ("firms.csv", b"firm,name\nX1,Xin\n", "text/csv"))]
    taken = client.post("/api/v1/imports", data={"source": "files"}, files=files, headers=headers)

    assert unnamed(description, schemas["ScenarioLosses"], run) == []
    assert unnamed(description, schemas["ScenarioLosses"], again) == []
    assert unnamed(description, schemas["RoundLosses"], first) == []
    assert unnamed(description, schemas["Import"], taken.json()) == []
