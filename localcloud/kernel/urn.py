"""What a resource's urn holds: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""

from __future__ import annotations


def stack_of(urn: str) -> str:
    return urn.split("::")[0].rpartition(":")[2]


def type_of(urn: str) -> str:
    """The resource's own type, without its parents'."""
    return urn.split("::")[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    return urn.split("::")[-1]
