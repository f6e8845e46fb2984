"""What a training job costs: seconds of its hosts at SageMaker's price, and their volumes. The local cloud's at AWS's price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.cost.prices import NoPrice, quote
from tools.cost.usage import HOURS_A_MONTH
from tools.jobs.view import JobView


def hourly_usd(instance_type: str, hosts: int, region: str, volume_gb: float = 0.0) -> float | None:
    """USD an hour of all hosts with their volumes, on demand; None where no price of the type is known."""
    try:
        machine = quote("sagemaker", instance_type, region).usd
        volume = quote("sagemaker", "storage", region).usd * volume_gb / HOURS_A_MONTH if volume_gb else 0.0
    except NoPrice:
        return None
    return hosts * (machine + volume)


def cost_usd(job: JobView | Mapping[str, Any], region: str, seconds: float | None = None) -> float | None:
    """USD of a job so far, or of `seconds` of it; of a request, `seconds` are needed. None where there is no price.

    SageMaker charges the billable seconds, of a spot job fewer than it ran; until it says how many, the time since the start
    is taken, which for spot is the most it can be.
    """
    if isinstance(job, JobView):
        hourly = hourly_usd(job.instance_type, job.instance_count, region, job.volume_gb)
        charged = seconds if seconds is not None else job.billable_seconds if job.billable_seconds is not None else job.seconds
    else:
        resources = job["ResourceConfig"]
        groups = resources.get("InstanceGroups") or [resources]
        each = [
            hourly_usd(group["InstanceType"], int(group["InstanceCount"]), region, float(resources.get("VolumeSizeInGB") or 0))
            for group in groups
        ]
        hourly = None if None in each else sum(part for part in each if part is not None)
        charged = seconds or 0.0
    return None if hourly is None else round(hourly * charged / 3600, 6)


def most_usd(request: Mapping[str, Any], region: str) -> float | None:
    """The most that a request can cost: all its hosts for its longest run. None where there is no price."""
    return cost_usd(request, region, float((request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds") or 86_400))
