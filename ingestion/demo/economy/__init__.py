"""An economy that does not exist, with known truth: firms, trades, papers, and what is hidden."""

from ingestion.demo.economy.plan import END, Plan
from ingestion.demo.economy.writing import Made, make

__all__ = ["END", "Made", "Plan", "make"]
