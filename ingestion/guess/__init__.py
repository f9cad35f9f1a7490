"""A description proposed from files alone: what each column means, with what speaks for it."""

from ingestion.guess.folder import guess

__all__ = ["guess"]
