"""Changes to stack files that tests make, by what they are for."""

from __future__ import annotations

from typing import Any


def without_workloads(config: dict[str, Any]) -> None:
    """The whole platform but for jobs and endpoints: everything that a crash can cut in half, in a third of the time."""
    config["slipway:training"] = {"jobs": {}}
    config["slipway:serving"] = {"endpoints": {}}


def with_short_training(config: dict[str, Any]) -> None:
    """Every digits job trains for one pass: whether a model is good is another test's business."""
    jobs = config.setdefault("slipway:training", {}).setdefault("jobs", {"digits": {}})
    for job in jobs.values():
        if job.get("workload", "digits") == "digits":
            job.setdefault("hyperparameters", {})["epochs"] = 1


def with_long_training(config: dict[str, Any]) -> None:
    """The job runs for as long as a test needs to cut into it."""
    config["slipway:training"] = {"jobs": {"digits": {"hyperparameters": {"epochs": 30}}}}
