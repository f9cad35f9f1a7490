"""
The errors of this package.

InvalidInput (graph.errors)
└── Refused             the whole import is refused; what is served stays as it was
    ├── BadFile         a file is missing, broken, undecodable or lacks a column
    ├── Wrong           a description holds a pattern, a path or a query that is none
    ├── TooManyBadRows  more rows were set aside than the source allows
    ├── OtherEconomy    its firms contradict those that stand under the same ids
    ├── Broken          the process that read it died of it, or went past its bounds
    ├── ImportBusy      another import runs on the same home
    └── Stopped         it was told to stop
"""

from graph.errors import InvalidInput


class ImportRefused(InvalidInput):
    """The whole import is refused; what is served stays as it was."""


class BadFile(ImportRefused):
    """A file is missing, broken, undecodable or lacks a column."""


class TooManyBadRows(ImportRefused):
    """More rows were set aside than the source allows."""


class OtherEconomy(ImportRefused):
    """Firms of the delivery contradict those that stand under the same ids."""


class ImportBusy(ImportRefused):
    """Another import runs on the same home."""


class Broken(ImportRefused):
    """The process that read the files died of it, or went past its bounds."""


class Stopped(ImportRefused):
    """The import was told to stop; it may be begun again."""
