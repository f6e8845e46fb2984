"""Which instance types can do another one's work, and which of them is cheapest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from catalog.instances import SAGEMAKER_PREFIX
from tools.cost.prices import Price, table


class Machine(Protocol):
    """What has to be the same or more in another instance type."""

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
    """The cheapest type with at least as much of everything as `own`, cheaper than it, by prices published for the region.

    `service` is ec2 or sagemaker, whose types begin with `ml.`; `machines` are named without. None where there is none.
    """
    prefix = SAGEMAKER_PREFIX if service == "sagemaker" else ""
    bare = own.removeprefix(prefix)
    mine = _published(service, own, region)
    if bare not in machines or mine is None:
        return None
    cheaper = [
        (price.usd, prefix + name)
        for name, other in machines.items()
        if (price := _published(service, prefix + name, region))
        and price.usd < mine.usd
        and does_the_same(bare, machines[bare], name, other)
    ]
    return min(cheaper)[1] if cheaper else None


def _published(service: str, type_: str, region: str) -> Price | None:
    """The region's own row; two prices that were reasoned from elsewhere say nothing about which is lower."""
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
        # How much local storage there is, is not in the table.
        and not machine.nvme
        and (_whole_cores(other_name, other) or not _whole_cores(name, machine))
        # An older processor is slower; of a burstable or flexible one, only a part is always there.
        and other_generation >= generation
        and (other_letters != "t" or letters == "t")
        and ("flex" not in other_name or "flex" in name)
    )


def _whole_cores(name: str, machine: Machine) -> bool:
    """Whether a vCPU is a core and not one of its two threads: on Arm, and on AMD from the seventh generation on.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cpu-options-supported-instances-values.html
    """
    return machine.architecture == "arm64" or re.match(r"[a-z]+([7-9]|\d\d)a", name) is not None


def _family(name: str) -> tuple[str, int]:
    """("m", 5) of `m5.large`."""
    match = re.match(r"([a-z]+)(\d+)", name)
    return (match[1], int(match[2])) if match else (name, 0)
