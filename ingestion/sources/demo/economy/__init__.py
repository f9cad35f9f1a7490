"""An economy that does not exist, with known truth: firms, trades, papers, and what is hidden."""

from ingestion.sources.demo.economy.writing import Made, make

__all__ = ["Made", "make"]
