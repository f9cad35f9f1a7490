"""
The errors of this package.

GraphError
├── InvalidInput        an argument, row or column is not what it must be
├── NotFound            no such firm, core, version or scenario
├── Damaged             what was saved is not what is there now: changed, cut or missing
├── NotConverged        values still moved when the bound on rounds was reached
├── ExecutorFailed      work could not be run: no scheduler, no worker, or one that is unlike us
└── StoreError          a store refused or failed; the driver's error is the cause
    ├── StoreUnavailable    the server or file cannot be reached now; trying again may help
    └── StageRefused        another stage is open, or this one is no longer the open one
"""


class GraphError(Exception):
    """The root of every error that this package raises on purpose."""


class InvalidInput(GraphError, ValueError):
    """An argument, row or column is not what it must be."""


class NotFound(GraphError, LookupError):
    """There is no such firm, core, version or scenario."""


class Damaged(GraphError):
    """What was saved is not what is there now: changed, cut or missing."""


class NotConverged(GraphError):
    """Values still moved when the bound on rounds was reached."""


class ExecutorFailed(GraphError):
    """Work could not be run: no scheduler, no worker, or one that sees or computes otherwise."""


class StoreError(GraphError):
    """A store refused or failed; the driver's error is the cause."""


class StoreUnavailable(StoreError):
    """The server or the file cannot be reached now; trying again may help."""


class StageRefused(StoreError):
    """Another stage is open, or this one is no longer the open one."""
