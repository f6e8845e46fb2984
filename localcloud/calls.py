"""What goes over the wire between the tools and the daemon: the JSON of each `/_slipway/<verb>`, typed for both ends."""

from __future__ import annotations

from typing import Any, Final, TypedDict

# The version of these forms; it rises with each change that is no addition. Tools drive no daemon of another version.
PROTOCOL_VERSION: Final = 2


class Known(TypedDict):
    """A resource as the state or the cloud knows it."""

    urn: str
    id: str


class OfStack(TypedDict):
    stack: str


class Begin(TypedDict):
    stack: str
    known: list[Known]


class Begun(TypedDict):
    """`missing` are urns that the state has and the cloud has not."""

    run: str
    missing: list[str]


class End(TypedDict):
    """`known` is the state after the run; only after a good one (`ok`) is anything removed."""

    run: str
    ok: bool
    known: list[Known] | None


class LeftOver(Known):
    """A resource that nobody claims and that could not be removed."""

    reason: str


class Ended(TypedDict):
    swept: list[Known]
    left: list[LeftOver]


class Orphan(TypedDict):
    service: str
    id: str


class Orphans(TypedDict):
    orphans: list[Orphan]


class FreedResource(Known):
    """A resource whose deletion will be complete: `set` holds the properties that were set for it."""

    set: dict[str, Any]


class Freed(TypedDict):
    freed: list[FreedResource]


class Coverage(TypedDict):
    """Types by token: those that behave, and those that are only recorded. `operations` are `service:Operation` by their fate."""

    emulated: list[str]
    recorded: list[str]
    operations: dict[str, list[str]]


class Stopping(TypedDict):
    stopping: bool


class Epoch(TypedDict):
    epoch: str


class Status(TypedDict):
    """`providers` are the ports by the provider's name; `provider_port` is that of `aws`."""

    pid: int
    endpoint: str
    epoch: str
    provider_port: int
    providers: dict[str, int]
    uptime_seconds: float
    peak_memory_mib: int
    port_was_taken: int | None
    resources: dict[str, int]
    sagemaker: dict[str, Any]
