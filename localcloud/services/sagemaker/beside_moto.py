"""SageMaker: what moto lacks of model packages and endpoints, and what a count of a stack's resources must know.

Jobs and endpoints that run are in `runs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.context import Clients
from localcloud.kernel.recorded import Addition, ApiCall, Refusal
from localcloud.services.sagemaker import model_packages


def _update_endpoint(call: ApiCall) -> Mapping[str, Any]:
    """UpdateEndpoint where no servers run (without `runs.py`): the update is done at once."""
    from moto.sagemaker.models import sagemaker_backends

    endpoints = sagemaker_backends[ACCOUNT][call.region].endpoints
    name = call.params["EndpointName"]
    if name not in endpoints:
        raise Refusal("ValidationException", f'Could not find endpoint "{name}".')
    endpoints[name].endpoint_config_name = call.params["EndpointConfigName"]
    return {"EndpointArn": endpoints[name].arn}


def _endpoints_of(clients: Clients, region: str, stack: str) -> list[str]:
    """Endpoints that somebody deployed for a stack by hand: their names hold the stack's."""
    names = [endpoint["EndpointName"] for endpoint in clients("sagemaker", region).list_endpoints()["Endpoints"]]
    return [name for name in names if f"-{stack}-" in f"-{name}-"]


ADDITION = Addition(
    service="sagemaker",
    extras={**model_packages.EXTRAS, "UpdateEndpoint": _update_endpoint},
    # A training job stays listed for ever, on AWS too.
    only_a_record={"training-job": lambda clients, region, arn: True},
    named_after=_endpoints_of,
)
