"""CloudWatch Logs: the key of a log group that is there, which moto cannot change, and filters as AWS reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall, Refusal
from localcloud.services.logs.events import filter_log_events


def _log_group_key(call: ApiCall) -> Mapping[str, Any]:
    from moto.logs.models import logs_backends

    name = call.params.get("logGroupName") or str(call.params.get("resourceIdentifier", "")).rpartition(":log-group:")[2]
    groups = logs_backends[ACCOUNT][call.region].groups
    if name not in groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    groups[name].kms_key_id = call.params.get("kmsKeyId")
    return {}


ADDITION = Addition(
    service="logs",
    extras={
        **dict.fromkeys(("AssociateKmsKey", "DisassociateKmsKey"), _log_group_key),
        "FilterLogEvents": filter_log_events,
    },
)
