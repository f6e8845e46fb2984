"""Errors around the engine. Each message is for a person: what happened, and the way out."""

from __future__ import annotations


class EngineError(ValueError):
    """The run could not be done. The command line prints the message and exits 1."""


class EngineMissing(EngineError):
    """No engine could be found or made."""


class StackBusy(EngineError):
    """Another run holds the stack."""
