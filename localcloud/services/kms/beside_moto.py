"""KMS: a key is never deleted at once; one that waits for its deletion is only a record."""

from __future__ import annotations

from localcloud.kernel.context import Clients
from localcloud.kernel.recorded import Addition


def _waits_for_deletion(clients: Clients, region: str, arn: str) -> bool:
    return bool(clients("kms", region).describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")


ADDITION = Addition(service="kms", only_a_record={"key": _waits_for_deletion})
