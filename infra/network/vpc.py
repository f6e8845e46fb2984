"""The network as other components see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True, slots=True)
class Vpc:
    """A VPC and its private subnets: `cidr` is the VPC's range, `private_subnets` are ids by zone name, in order."""

    id: pulumi.Input[str]
    cidr: str
    private_subnets: Mapping[str, pulumi.Input[str]]

    @property
    def subnet_ids(self) -> list[pulumi.Input[str]]:
        """The ids of the private subnets, in the order of their zones."""
        return list(self.private_subnets.values())
