"""Regulation as data: dated rule packs, every rule with its value, source and consequence."""

from app.books.rules.pack import Rule, Rulebook, RulesInForce

__all__ = ["Rule", "Rulebook", "RulesInForce"]
