"""What a job costs: seconds of its hosts at SageMaker's price, and their volumes. In the local cloud AWS's prices are shown."""

from __future__ import annotations

from tools.cost.prices import NoPrice, quote
from tools.cost.usage import HOURS_A_MONTH
from tools.jobs.spec import JobSpec, Machines
from tools.jobs.view import JobView


def hourly_usd(machines: Machines, region: str) -> float | None:
    """USD an hour of all hosts with their volumes, on demand; None where no price of the type is known."""
    try:
        host = quote("sagemaker", machines.instance_type, region).usd
        disk = quote("sagemaker", "storage", region).usd * machines.volume_gb / HOURS_A_MONTH if machines.volume_gb else 0.0
    except NoPrice:
        return None
    return machines.count * (host + disk)


def cost_usd(view: JobView, region: str) -> float | None:
    """USD of a run so far. None where there is no price.

    SageMaker charges the billable seconds, of a spot job fewer than it ran; until it says how many, the time since the start
    is taken, which for spot is the most it can be.
    """
    return _usd(view.spec.machines, region, view.seconds if view.billable_seconds is None else view.billable_seconds)


def most_usd(spec: JobSpec, region: str) -> float | None:
    """The most that a run can cost: all its hosts for its longest run. None where there is no price."""
    return _usd(spec.machines, region, spec.max_seconds)


def _usd(machines: Machines, region: str, seconds: float) -> float | None:
    hourly = hourly_usd(machines, region)
    return None if hourly is None else round(hourly * seconds / 3600, 6)
