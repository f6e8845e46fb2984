"""Assumptions about use, which no plan contains: hours, gigabytes, requests. Each has one default and is shown in `basis`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

HOURS_A_MONTH: Final = 730.0


class UsageError(ValueError):
    """A usage assumption that cannot be used: its name is unknown, or its value is no number of 0 or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Assumed use per month and resource. `overrides` are for resources by name pattern, as in {"*raw*": {"s3_gb": 5000}}."""

    hours: float = HOURS_A_MONTH  # hours a month that always-on things are on
    instance_hours: float = HOURS_A_MONTH  # hours a month that nodes and endpoint instances run; a night schedule lowers it
    nat_gb: float = 100.0  # GB through each NAT gateway
    endpoint_gb: float = 20.0  # GB through each interface endpoint
    internet_gb: float = 50.0  # GB out to the internet through each internet gateway
    zone_gb: float = 100.0  # GB between zones in each VPC, counted in each direction
    flow_log_gb: float = 10.0  # GB that each flow log delivers
    log_gb: float = 2.0  # GB written to each log group
    log_months: float = 3.0  # months of logs kept when the group sets no retention
    s3_gb: float = 100.0  # GB stored in each bucket
    s3_puts: float = 10_000.0  # writes to each bucket
    s3_gets: float = 100_000.0  # reads from each bucket
    ecr_gb: float = 10.0  # GB of images in each repository
    kms_requests: float = 20_000.0  # requests to each key
    secret_calls: float = 10_000.0  # reads of each secret
    sns_requests: float = 10_000.0  # messages to each topic
    sqs_requests: float = 1_000_000.0  # requests to each queue
    training_runs: float = 1.0  # runs a month of each training job
    training_share: float = 0.25  # share of its maximum run time that a training job is expected to take
    build_minutes: float = 120.0  # minutes a month that each build project builds
    load_units: float = 1.0  # LCUs of each load balancer
    lambda_requests: float = 100_000.0  # invocations of each function
    lambda_seconds: float = 1.0  # seconds an invocation takes
    table_gb: float = 10.0  # GB in each table
    table_requests: float = 1_000_000.0  # reads, and as many writes, of each table
    stream_gb: float = 10.0  # GB put into each stream
    transitions: float = 10_000.0  # state transitions of each state machine
    volume_gb: float = 100.0  # GB in a file system whose size is its use
    overrides: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [fault for name in numbers() for fault in _faults(name, getattr(self, name))]
        for pattern, values in self.overrides.items():
            faults += [fault for name, value in values.items() for fault in _faults(name, value, f"overrides.{pattern}.")]
        if faults:
            raise UsageError("; ".join(faults))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Usage:
        """The assumptions of a mapping, which may have `overrides`. Raises UsageError with every fault at once."""
        example = {"*raw*": {"s3_gb": 5000}}
        unknown = [name for name in values if name not in numbers() and name != "overrides"]
        faults = [fault for name in unknown for fault in _faults(name, values[name])]
        overrides = values.get("overrides", {})
        if not isinstance(overrides, Mapping) or not all(isinstance(item, Mapping) for item in overrides.values()):
            faults.append(f"overrides: expected name pattern -> assumptions, got {overrides!r:.60}; write {example}")
        if faults:
            raise UsageError("; ".join(faults))
        return cls(**values)

    def differences(self) -> dict[str, tuple[float, float]]:
        """The assumptions that differ from the defaults, as (number, default) by the stack file's name, without overrides."""
        default = Usage()
        return {
            in_stack_file(name): (getattr(self, name), getattr(default, name))
            for name in numbers()
            if getattr(self, name) != getattr(default, name)
        }

    def named(self, name: str) -> Usage:
        """The assumptions for the resource `name`, with the matching overrides applied in order."""
        found: dict[str, float] = {}
        for pattern, values in self.overrides.items():
            if fnmatchcase(name, pattern):
                found |= values
        return replace(self, **found) if found else self  # type: ignore[arg-type]


def in_stack_file(name: str) -> str:
    """The stack file's name of an assumption: `instanceHours` of `instance_hours`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


@cache
def numbers() -> tuple[str, ...]:
    """The names of all assumptions that are numbers."""
    return tuple(item.name for item in fields(Usage) if item.name != "overrides")


def _faults(name: str, value: Any, where: str = "") -> list[str]:
    if name not in numbers():
        return [f"{where}{name}: no such assumption; known are {', '.join(numbers())}"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e15:
        return [f"{where}{name}: expected a number of 0 or more, got {value!r:.40}; leave it out for the default"]
    if name in ("hours", "instance_hours") and value > 744:
        return [f"{where}{name}: a month has at most 744 hours, got {value}; the default is 730"]
    return []
