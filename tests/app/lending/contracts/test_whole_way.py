"""From asking on a document to a contract that is signed, filed, told of and checked."""

from app.books.ledger.proof import verify
from app.lending.contracts import keys, repository
from app.lending.contracts.verification import Checked, check
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.applications.test_asking import ORDER


def test_what_is_financed_on_a_document_is_signed_filed_and_told_of(kept_desk: Desk) -> None:
    desk = kept_desk
    set_up(desk.resources)
    asked = desk.post("MILL", "/applications", ORDER).json()
    url = f"/applications/{asked['id']}"
    assert desk.post("MILL", f"{url}/accept").json()["state"] == "offer_accepted"
    read = desk.get("MILL", f"{url}/contract?language=en").json()
    signed = desk.post("MILL", f"{url}/sign", {"language": "en", "sha256": read["sha256"]})
    found = check(desk.get("officer", f"{url}/contract").content)
    filed = repository.registration(desk.resources.records, asked["id"])
    told = desk.get("MILL", "/notices").json()["items"]

    assert (signed.status_code, signed.json()["state"]) == (200, "signed")
    assert isinstance(found, Checked)
    assert keys.difference(desk.resources.records, found.signatures) is None
    assert found.contract["decision"] == asked["decision"]["id"]
    assert [(each["kind"], each["number"]) for each in found.contract["documents"]] == [
        ("receivable", "R1")
    ]
    assert found.contract["amount_fen"] == 2_000_000
    assert "assigns to the lender" in found.contract["text"]
    assert filed is not None
    assert filed["number"].startswith("R")
    assert [each["kind"] for each in told][:2] == ["application.signed", "application.approved"]
    assert verify(desk.resources.records).ok
    assert desk.post("MILL", f"{url}/withdraw").json()["state"] == "withdrawn"
    assert (
        desk.get("MILL", f"{url}/contract").content
        == desk.get("officer", f"{url}/contract").content
    )
