"""The errors that users can see.

GroundwireError
├── InvalidInputError      what was given is wrong: field and remedy
│   └── RefusedDocumentError   a document that cannot become an article: reason code and remedy
├── NotFoundError          nothing has this id
├── StoreError             the library on disk cannot be used as it is
│   ├── StoreVersionError      written by a newer Groundwire
│   ├── StoreNotReadyError     another process is still preparing it
│   ├── StoreLockedError       another process writes to it
│   └── StoreWriteError        a write failed (disk full, I/O): reads go on
└── ModelError             a model cannot be loaded or is not the one expected
    └── ModelFailedError       a language model, or the server that runs it, did not do its work
        └── ModelTimeoutError      it did not do it in time

Every message is one sentence that says what is wrong, followed by one that says what to do.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """Give a text that can be written as UTF-8 whatever was given: what is no character becomes `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


class GroundwireError(Exception):
    """Base of all errors that are shown to a user as they are."""


class InvalidInputError(GroundwireError):
    """A value was given that cannot be used; `field` names it."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        self.field = printable(field)
        self.problem = printable(problem)
        self.remedy = remedy
        super().__init__(f"{self.field}: {self.problem} {remedy}")


class RefusedDocumentError(InvalidInputError):
    """A document that cannot become an article; `reason` is a stable code such as `no-text`."""

    def __init__(self, name: str, reason: str, problem: str, remedy: str) -> None:
        super().__init__(name, problem, remedy)
        self.reason = reason


class NotFoundError(GroundwireError):
    """Nothing has the id that was asked for."""


class StoreError(GroundwireError):
    """The library on disk cannot be used as it is."""


class StoreVersionError(StoreError):
    """The library was written by a newer Groundwire."""


class StoreNotReadyError(StoreError):
    """Another process is still preparing this library."""


class StoreLockedError(StoreError):
    """Another process holds the writer's lock of this library."""


class StoreWriteError(StoreError):
    """A change could not be written; nothing of it was kept."""


class ModelError(GroundwireError):
    """A model cannot be loaded, or is not the one that was expected."""


class ModelFailedError(ModelError):
    """A language model, or the server that runs it, did not do its work; what was retrieved stands."""


class ModelTimeoutError(ModelFailedError):
    """A language model did not do its work in the time that it had."""
