"""What is left of a stack, asked of the cloud itself: by tag over every service that can be tagged, and by what was ever made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from localcloud.kernel.engine import Engine
from localcloud.kernel.ledger import Ledger
from localcloud.kernel.recorded import Addition

ENVIRONMENT_TAG = "Environment"
MANAGED_TAG = ("ManagedBy", "pulumi")


def orphans(
    engine: Engine, ledger: Ledger, additions: Iterable[Addition], regions: Iterable[str], stack: str
) -> list[tuple[str, str]]:
    """(service, id) of what still exists of the stack; what AWS only has a record of is no orphan."""
    additions = tuple(additions)
    found: dict[tuple[str, str], None] = {}
    for entry in ledger.of_stack(stack):
        if engine.read(entry.type, entry.id, {}, entry.outputs) is not None:
            found[engine.rows[entry.type].service, entry.id] = None
    for region in regions:
        for arn in _tagged(engine.clients("resourcegroupstaggingapi", region), stack):
            known = any(identifier == arn or arn.endswith(("/" + identifier, ":" + identifier)) for _, identifier in found)
            if not known and not _only_a_record(engine, additions, region, arn):
                found[arn.split(":")[2], arn] = None
        for addition in additions:
            for identifier in addition.named_after(engine.clients, region, stack) if addition.named_after else ():
                found[addition.service, identifier] = None
    return list(found)


def _tagged(client: Any, stack: str) -> Iterator[str]:
    pages = client.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": ENVIRONMENT_TAG, "Values": [stack]}, {"Key": MANAGED_TAG[0], "Values": [MANAGED_TAG[1]]}]
    )
    return (item["ResourceARN"] for page in pages for item in page["ResourceTagMappingList"])


def _only_a_record(engine: Engine, additions: Iterable[Addition], region: str, arn: str) -> bool:
    """Whether AWS only still lists the resource: it is deleted (or waits for it) and cannot be removed further."""
    service, kind = arn.split(":")[2], arn.split(":")[5].split("/")[0]
    judges = (addition.only_a_record.get(kind) for addition in additions if addition.service == service)
    return any(judge(engine.clients, region, arn) for judge in judges if judge is not None)
