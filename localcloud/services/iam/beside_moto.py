"""IAM: the clients of an identity provider, which moto can neither add nor remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall


def _client_id(call: ApiCall) -> Mapping[str, Any]:
    from moto.iam.models import iam_backends

    provider = iam_backends[ACCOUNT]["aws"].get_open_id_connect_provider(call.params["OpenIDConnectProviderArn"])
    client = call.params["ClientID"]
    rest = [other for other in provider.client_id_list if other != client]
    provider.client_id_list = [*rest, client] if call.operation.startswith("Add") else rest
    return {}


ADDITION = Addition(
    service="iam",
    extras=dict.fromkeys(("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"), _client_id),
)
