"""What working-capital loans may not pay for: the rule `wc.use_forbidden`, in the bank's words."""

from collections.abc import Collection, Mapping

from app.books.rules.pack import RulesInForce
from app.lending.products.book import Product
from graph.model import Label

RULE = "wc.use_forbidden"
# Purposes of products that the rule knows by another name.
_KNOWN_AS: Mapping[str, str] = {"equipment": "fixed_assets", "acquisition": "equity"}
_WORDS: Mapping[str, Label] = {
    "dividends": Label("分红", "dividends"),
    "financial_assets": Label("金融资产投资", "financial assets"),
    "fixed_assets": Label("固定资产投资", "fixed assets"),
    "equity": Label("股权投资", "equity"),
}


def is_working_capital(purpose: str, forbidden: Collection[str]) -> bool:
    """
    Return whether a loan for this purpose is a working-capital loan; one that tells none is.

    Args:
        purpose: What it is for, or nothing.
        forbidden: What the rule forbids of such loans.

    Example:
        >>> is_working_capital("equipment", ["fixed_assets"]), is_working_capital("", ["equity"])
        (False, True)
    """
    return _KNOWN_AS.get(purpose, purpose) not in forbidden


def check_use(product: Product, purpose: str, rules: RulesInForce) -> None:
    """
    Raise where a product of working capital is asked for something that it may not pay for.

    Args:
        product: The product; one for plant, research or acquisitions is no such product.
        purpose: What the loan is for, or nothing.
        rules: The rules in force.

    Raises:
        RuleBroken: `wc.use_forbidden`.
    """
    forbidden = rules.text(RULE)
    is_such = all(is_working_capital(each, forbidden) for each in product.terms.purpose)
    if is_such and purpose in forbidden:
        words = _WORDS.get(purpose, Label(purpose, purpose))
        zh, en = f"流动资金贷款不得用于{words.zh}", f"a working-capital loan pays for no {words.en}"
        raise rules.refuse(RULE, zh=zh, en=en)
