"""What can go wrong around the engine, said to a person: what happened, and the way out."""

from __future__ import annotations


class EngineError(ValueError):
    """The run could not be done. The message says what, and the way out; the command line exits 1 with it."""


class EngineMissing(EngineError):
    """No engine could be found or made."""


class StackBusy(EngineError):
    """Another run holds the stack."""
