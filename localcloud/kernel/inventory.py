"""What is left of a stack, asked of the cloud itself: by tag over every service that can be tagged, and by what was ever made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.daemon import Daemon

ENVIRONMENT_TAG = "Environment"
MANAGED_TAG = ("ManagedBy", "pulumi")


def orphans(daemon: Daemon, stack: str) -> list[dict[str, str]]:
    """`[{"service", "id"}]` of what still exists of the stack; what AWS only has a record of is no orphan."""
    engine = daemon.engine
    found: dict[tuple[str, str], None] = {}
    for entry in daemon.ledger.of_stack(stack):
        if engine.read(entry.type, entry.id, {}, entry.outputs) is not None:
            found[engine.rows[entry.type].service, entry.id] = None
    for region in _regions(daemon):
        for arn in _tagged(engine.clients("resourcegroupstaggingapi", region), stack):
            known = any(identifier == arn or arn.endswith(("/" + identifier, ":" + identifier)) for _, identifier in found)
            if not known and not _only_a_record(engine, region, arn):
                found[arn.split(":")[2], arn] = None
        for endpoint in engine.clients("sagemaker", region).list_endpoints()["Endpoints"]:
            if f"-{stack}-" in f"-{endpoint['EndpointName']}-":
                found["sagemaker", endpoint["EndpointName"]] = None
    return [{"service": service, "id": identifier} for service, identifier in found]


def _regions(daemon: Daemon) -> set[str]:
    return (
        {daemon.engine.region}
        | {entry.outputs["region"] for entry in daemon.ledger.all() if isinstance(entry.outputs.get("region"), str)}
        | set(daemon.provider.regions())
    )


def _tagged(client: Any, stack: str) -> list[str]:
    pages = client.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": ENVIRONMENT_TAG, "Values": [stack]}, {"Key": MANAGED_TAG[0], "Values": [MANAGED_TAG[1]]}]
    )
    return [item["ResourceARN"] for page in pages for item in page["ResourceTagMappingList"]]


def _only_a_record(engine: Any, region: str, arn: str) -> bool:
    """Whether AWS only still tells of it: what is deleted (or waits for it) and cannot be removed further."""
    service, kind = arn.split(":")[2], arn.split(":")[5].split("/")[0]
    if service == "kms" and kind == "key":
        return bool(engine.clients("kms", region).describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")
    if service == "ec2" and kind == "natgateway":
        found = engine.clients("ec2", region).describe_nat_gateways(NatGatewayIds=[arn.rpartition("/")[2]])["NatGateways"]
        return all(gateway["State"] == "deleted" for gateway in found)
    if service == "secretsmanager":
        return "DeletedDate" in engine.clients("secretsmanager", region).describe_secret(SecretId=arn)
    return service == "sagemaker" and kind == "training-job"
