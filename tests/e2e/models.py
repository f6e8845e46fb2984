"""The model registry through the real command line: the steps that a test of a stack that is up takes."""

from __future__ import annotations

from typing import Any

from tests.e2e.slipway import Slipway


def registered(here: Slipway, job: str, *stack: str) -> dict[str, Any]:
    """The version of the job's completed run, such as the one of `up`. `stack` are options that name another than `local`."""
    version: dict[str, Any] = here.ask("models", "register", job, *stack)
    return version


def refused(here: Slipway, job: str, *stack: str) -> list[str]:
    """Why the newest version of a job may not be approved: the lines of the refusal, which must come."""
    lines: list[str] = here.ask("models", "approve", job, "--reason", "too early", *stack, code=1)["error"]["lines"]
    return lines


def evaluated(here: Slipway, job: str, *stack: str) -> dict[str, Any]:
    """The answer of `models evaluate`: `model`, `job`, `metrics`, `in_the_way`."""
    told: dict[str, Any] = here.ask("models", "evaluate", job, *stack)
    return told


def approved(here: Slipway, job: str, *stack: str, reason: str = "it meets the limits") -> dict[str, Any]:
    """The newest version of a job once it is approved."""
    version: dict[str, Any] = here.ask("models", "approve", job, "--reason", reason, *stack)["model"]
    assert version["status"] == "Approved"
    return version
