"""
The description of the interface, completed from what the routes are.

FastAPI describes shapes; here every operation gets what holds for all of its kind, so that no
route can forget it: how to sign in, every status that it can answer, an example of everything.
Examples come from `examples.yml`, one a field, and are put together along the schemas.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.platform.errors import (
    PROBLEM_TYPE,
    Absent,
    AppError,
    Forbidden,
    Malformed,
    TooLarge,
    Unauthenticated,
    Unready,
    responses,
)
from app.platform.http.examples import COMPONENTS, Document, Examples, fault_example
from app.platform.http.refusals import Problem

ABOUT = (
    "Limits of every chain and firm of a supply network, with the reason for every figure. Money "
    "is integer fen in fields that end in `_fen`; shares are decimal strings. An id in a path is "
    "percent-encoded as one segment. Every failure is a problem (RFC 9457) with a stable `code`."
)
SAFE = frozenset({"get", "head", "options"})
ALIVE = "/healthz"
JSON = "application/json"
CSRF = "csrf"
TAGS: Mapping[str, str] = {
    "limits": "What chains and firms may borrow, with the derivation of every figure",
    "chains": "Cores and their chains, by tier and as a graph",
    "firms": "What a version knows of firms and their trades",
    "groups": "Firms that stand and fall together, and what ties them",
    "exposures": "What is lent and promised, beside the caps in force",
    "portfolio": "What to lend under all caps at once, and what more of each would earn",
    "versions": "Published states of the graph",
    "accounts": "Caps of the book: what is left of each, what moved it, freezing",
    "reservations": "Uses of caps over whole paths: reserved, used, given back",
    "stress": "Scenarios: who closes, who loses what",
    "imports": "Files handed in, and what became of them",
    "sources": "Descriptions of a bank's own files and databases",
    "records": "Records that other systems push, and that an import publishes",
    "business day": "The date of the books",
    "receivables": "What debtors owe: confirmed, disputed, settled",
    "vouchers": "Promises of cores, split and passed on from holder to holder",
    "loans": "Loans as they stand: owed, paid, overdue, restructured, written off",
    "products": "What is lent: to whom, how much, at what price, repaid how",
    "applications": "What firms ask for, what would be lent, what is decided, step by step",
    "requests": "What a firm asks of who owes it: to confirm, to pass a voucher on",
    "papers": "Files that a firm hands in, which the bank takes or refuses",
    "notices": "What firms are told of what they asked for",
    "rules": "Regulation as data: the rules in force, each with its source",
    "approvals": "What one person asks for and another one approves",
    "users": "Sign-in, users, tokens and the audit",
    "probes": "For machines that watch the service",
}
HEADERS: Mapping[int, tuple[str, str, str]] = {
    401: ("WWW-Authenticate", "string", "How to sign in"),
    429: ("Retry-After", "integer", "Seconds after which to come again"),
    503: ("Retry-After", "integer", "Seconds after which to come again, where that is known"),
}


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use an operation, as far as its description says so."""

    open: bool  # Anybody, signed in or not.
    refuses: bool  # Some who are signed in may not.


def completed(document: Document, access: Mapping[tuple[str, str], Access], cookie: str) -> None:
    """
    Complete the description in place.

    Args:
        document: What FastAPI made.
        access: Who may use each operation, by method and path.
        cookie: The name of the session's cookie.
    """
    parts = document.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    _rename_forms(document)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_flat(Problem))
    parts["securitySchemes"] = _schemes(cookie)
    examples = Examples(schemas)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, access[method.upper(), path], method=method, path=path)
            _give_examples(operation, examples)
    for name, schema in schemas.items():
        _drop_titles(schema, name)
        if "properties" in schema:
            schema["examples"] = [examples.of_schema(name)]


def _complete(operation: Document, access: Access, *, method: str, path: str) -> None:
    unsafe = method not in SAFE
    session: Document = {"session": [], CSRF: []} if unsafe else {"session": []}
    operation["security"] = [] if access.open else [{"bearer": []}, session]
    said = operation["responses"]
    if PROBLEM_TYPE not in said.get("422", {}).get("content", {}):
        said.pop("422", None)  # FastAPI's own, which nothing here answers.
    for status, entry in responses(*_refusals(operation, access, method, path)).items():
        said.setdefault(str(status), entry)
    if "304" in said:
        tag = {"description": "Tag of this answer", "schema": {"type": "string"}}
        said["200"].setdefault("headers", {})["ETag"] = tag
    operation["responses"] = {status: said[status] for status in sorted(said)}
    for parameter in operation.get("parameters", ()):
        _drop_titles(parameter.get("schema", {}), "")


def _refusals(
    operation: Document, access: Access, method: str, path: str
) -> Iterator[type[AppError]]:
    """Yield what an operation of this kind may be refused with, whatever its route says."""
    yield Malformed  # Any query may hold what is no text.
    named = {each["name"] for each in operation.get("parameters", ())}
    if not access.open:
        yield Unauthenticated
    if access.refuses or not (access.open or method in SAFE):
        yield Forbidden
    if "{" in path or "version" in named:
        yield Absent
    if "requestBody" in operation:
        yield TooLarge
    if path != ALIVE:
        yield Unready


def _give_examples(operation: Document, examples: Examples) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["example"] = examples.of(
            parameter["schema"], parameter["name"], owner="parameter"
        )
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        if kind == JSON:
            media["example"] = examples.of(media["schema"])
    for status, answer in operation["responses"].items():
        for kind, media in answer.get("content", {}).items():
            if kind in (JSON, PROBLEM_TYPE):
                fault = kind == PROBLEM_TYPE
                media["example"] = (
                    fault_example(int(status)) if fault else examples.of(media["schema"])
                )
        if int(status) in HEADERS:
            name, type_, says = HEADERS[int(status)]
            answer["headers"] = {name: {"description": says, "schema": {"type": type_}}}


def _flat(model: type[BaseModel]) -> Document:
    """Return the schemas of a model and of what it is made of, by name."""
    schema = model.model_json_schema(ref_template=f"{COMPONENTS}{{model}}")
    parts: Document = schema.pop("$defs", {})
    return {**parts, model.__name__: schema}


def _schemes(cookie: str) -> Document:
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "What `deeptier token ROLE` prints",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "What `session.create` sets",
        },
        CSRF: {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRF-Token",
            "description": "What `session.read` tells; every change by a session sends it",
        },
    }


def _rename_forms(document: Document) -> None:
    """
    Call the shape of a form after its operation, and say that files in it are bytes.

    The shape of a body that a route reads by itself stands among the others, under its own name.
    """
    schemas = document["components"]["schemas"]
    for operation in _operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if "properties" in media["schema"]:
                own = media["schema"]["title"]
                schemas[own], media["schema"] = media["schema"], {"$ref": f"{COMPONENTS}{own}"}
            name = media["schema"].get("$ref", "").removeprefix(COMPONENTS)
            if not name or not name[0].islower():
                continue
            words = re.split(r"[._]", operation["operationId"])
            plain = "".join(word.capitalize() for word in words) + "Form"
            schemas[plain] = schemas.pop(name)
            media["schema"] = {"$ref": f"{COMPONENTS}{plain}"}
            for place in _walk(schemas[plain]):
                if place.pop("contentMediaType", None) is not None:
                    place["format"] = "binary"


def _operations(document: Document) -> Iterator[Document]:
    for operations in document["paths"].values():
        yield from operations.values()


def _drop_titles(schema: Document, name: str) -> None:
    """Leave a component its own title and none to its fields: generators name types by titles."""
    for place in _walk(schema):
        if isinstance(place.get("title"), str) and "properties" not in place:
            del place["title"]
    if name:
        schema["title"] = name


def _walk(value: Any) -> Iterator[Document]:
    """Yield every object in a document."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield each
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
