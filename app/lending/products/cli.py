"""The command `products`."""

from app.lending.products.service import document
from app.platform.auth.sight import EVERYTHING
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.deps import open_resources


def products(*, as_json: AsJson = False) -> None:
    """
    List the products in force on the business day: paths, amounts, tenors, rates.

    Example: deeptier products
    """
    with open_resources() as resources:
        found = document(resources, None, EVERYTHING)
    if as_json:
        console.print_document(found)
        return
    rows = [
        [
            *(each["id"], each["path"]),
            *(console.yuan(each[f"amount_{end}_fen"]) for end in ("floor", "cap")),
            f"{each['tenor_floor_days']} to {each['tenor_cap_days']}",
            f"{each['rate_floor']} to {each['rate_cap']}",
        ]
        for each in found["items"]
    ]
    console.say(f"In force on {found['as_of']}. Amounts are in yuan, rates are of a year.")
    console.show_first(["product", "path", "least", "most", "days", "rate"], rows)
