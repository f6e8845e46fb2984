"""Secrets Manager: a description that is taken away, which moto cannot do, and secrets that wait for their deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.context import Clients
from localcloud.kernel.recorded import Addition, ApiCall


def _update_secret(call: ApiCall) -> Mapping[str, Any] | None:
    """Takes a description away, which moto cannot; moto itself sets a new value."""
    from moto.secretsmanager.models import secretsmanager_backends

    secrets: Any = secretsmanager_backends[ACCOUNT][call.region].secrets
    wanted = call.params["SecretId"]
    if wanted in secrets and call.params.get("Description") == "":
        secrets[wanted].description = ""
    return None


def _waits_for_deletion(clients: Clients, region: str, arn: str) -> bool:
    return "DeletedDate" in clients("secretsmanager", region).describe_secret(SecretId=arn)


ADDITION = Addition(
    service="secretsmanager", extras={"UpdateSecret": _update_secret}, only_a_record={"secret": _waits_for_deletion}
)
