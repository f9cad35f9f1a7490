"""An economy that does not exist, with known truth: firms, trades, papers, and what is hidden."""

from ingestion.sources.demo.economy.plan import END, Plan
from ingestion.sources.demo.economy.writing import Made, make

__all__ = ["END", "Made", "Plan", "make"]
