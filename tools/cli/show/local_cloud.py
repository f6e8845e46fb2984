"""The local cloud for people: where it is, what it holds, what runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.flows.documents.machine import CoverageDocument


def status_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The status of a local cloud that runs, a line a fact."""
    listening = ", ".join(f"{name} on port {port}" for name, port in document["providers"].items())
    yield f"endpoint   {document['endpoint']}  (providers: {listening})"
    yield f"process    {document['pid']}, up {document['uptime_seconds']:.0f} s, at most {document['peak_memory_mib']} MiB so far"
    if document.get("port_was_taken"):
        yield f"port       {document['port_was_taken']} was taken; SLIPWAY_PORT prefers another"
    stacks = [f"{stack} ({count})" for stack, count in document["resources"].items()]
    yield f"resources  {', '.join(stacks) or 'none'}"
    runtime = document["sagemaker"]
    for job in runtime["jobs"]:
        yield f"job        {job['name']}: {job['status']}, {job['hosts']} hosts of {job['hosts_asked']} asked"
    for endpoint in runtime["endpoints"]:
        variants = [f"{name} {each['ready']} of {each['servers_asked']} ready" for name, each in endpoint["variants"].items()]
        yield f"endpoint   {endpoint['name']}: {endpoint['status']}, {', '.join(variants) or 'no servers'}"


def coverage_lines(document: CoverageDocument) -> Iterator[str]:
    """The resource types by what they do here, then the operations of each service by what becomes of them."""
    for kind, types in (("emulated", document["emulated"]), ("recorded", document["recorded"])):
        if types:
            yield "\n  ".join([f"{kind}: {len(types)}", *types])
    services: dict[str, Counter[str]] = {}
    told = document["operations"]
    for verdict, operations in (("done", told["done"]), ("kept", told["kept"]), ("refused", told["refused"])):
        for operation in operations:
            services.setdefault(operation.partition(":")[0], Counter())[verdict] += 1
    yield f"operations of {len(services)} services (--json names each):"
    yield f"  {'':<28}{'done':>6}{'kept':>6}{'refused':>9}"
    for service, counts in sorted(services.items()):
        yield f"  {service:<28}{counts['done']:>6}{counts['kept']:>6}{counts['refused']:>9}"
