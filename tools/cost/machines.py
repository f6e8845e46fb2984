"""Finds the cheapest instance type that can do the work of another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from catalog.instances import SAGEMAKER_PREFIX
from tools.cost.prices import Price, table


class Machine(Protocol):
    """The properties of an instance type that a replacement must match or exceed."""

    @property
    def vcpus(self) -> int: ...
    @property
    def memory_gib(self) -> float: ...
    @property
    def accelerators(self) -> int: ...
    @property
    def accelerator(self) -> str: ...
    @property
    def accelerator_memory_gib(self) -> float: ...
    @property
    def efa_interfaces(self) -> int: ...
    @property
    def architecture(self) -> str: ...
    @property
    def nvme(self) -> bool: ...


def cheapest(own: str, service: str, region: str, machines: Mapping[str, Machine]) -> str | None:
    """The cheapest type that has at least as much of everything as `own` and costs less, by prices published for the region.

    `service` is ec2, or sagemaker, whose types begin with `ml.`; `machines` are by name without `ml.`. None where there is none.
    """
    prefix = SAGEMAKER_PREFIX if service == "sagemaker" else ""
    bare = own.removeprefix(prefix)
    present = _published(service, own, region)
    if bare not in machines or present is None:
        return None
    cheaper = [
        (price.usd, prefix + name)
        for name, other in machines.items()
        if (price := _published(service, prefix + name, region))
        and price.usd < present.usd
        and does_the_same(bare, machines[bare], name, other)
    ]
    return min(cheaper)[1] if cheaper else None


def _published(service: str, type_: str, region: str) -> Price | None:
    """The region's own published price. Prices derived from other regions are too rough to tell which type is cheaper."""
    row = table().get((service, type_, region))
    return row if row and row.basis == "listed" else None


def does_the_same(name: str, machine: Machine, other_name: str, other: Machine) -> bool:
    """Whether `other` has at least what `machine` has: the same architecture and accelerator, and as much of each."""
    (letters, generation), (other_letters, other_generation) = _family(name), _family(other_name)
    return (
        other.architecture == machine.architecture
        and other.vcpus >= machine.vcpus
        and other.memory_gib >= machine.memory_gib
        and other.accelerator == machine.accelerator
        and other.accelerators >= machine.accelerators
        and other.accelerator_memory_gib >= machine.accelerator_memory_gib
        and other.efa_interfaces >= machine.efa_interfaces
        # A machine with local disks has no replacement: the table does not have their size.
        and not machine.nvme
        and (_whole_cores(other_name, other) or not _whole_cores(name, machine))
        # An older processor is slower, and a burstable or flexible one does not always give its full vCPUs.
        and other_generation >= generation
        and (other_letters != "t" or letters == "t")
        and ("flex" not in other_name or "flex" in name)
    )


def _whole_cores(name: str, machine: Machine) -> bool:
    """Whether a vCPU is a whole core and not one of two threads: so on Arm, and on AMD from the seventh generation on.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cpu-options-supported-instances-values.html
    """
    return machine.architecture == "arm64" or re.match(r"[a-z]+([7-9]|\d\d)a", name) is not None


def _family(name: str) -> tuple[str, int]:
    """The letters and the generation of an instance type: ("m", 5) of `m5.large`."""
    match = re.match(r"([a-z]+)(\d+)", name)
    return (match[1], int(match[2])) if match else (name, 0)
