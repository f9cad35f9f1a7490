"""Refusals of the books: what stands against a step, for people and for programs."""

from app.platform.errors import Conflict


class RuleBroken(Conflict):
    """
    A rule in force stands against it.

    Args:
        rule: The rule's id.
        source: Where the rule comes from.
        zh: What stands against it, in Chinese.
        en: The same in English.
    """

    code = "rule"

    def __init__(self, rule: str, source: str, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.further = {"rule": rule, "source": source, "zh": zh, "en": en}
