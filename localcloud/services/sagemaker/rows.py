"""Models, endpoint configurations, endpoints, model package groups. Facts of behaviour: tests/golden/sagemaker.*.json."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

import botocore.exceptions

from catalog.types import sagemaker
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, at_least, matches, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

ENDPOINT_SECONDS = 600.0
POLL_SECONDS = 0.2
_NAME = matches("name", r"[0-9A-Za-z][0-9A-Za-z-]*", "only alphanumeric characters and hyphens allowed")
_TAGS = Tags(list_op="list_tags", add="add_tags", remove="delete_tags")
# moto's "Could not find ..." has the general code
_GONE = ("ValidationException", "ResourceNotFound", "ResourceNotFoundException")


def _path(props: Mapping[str, Any]) -> str | None:
    containers = [props.get("primaryContainer") or {}, *(props.get("containers") or ())]
    for container in containers:
        url = container.get("modelDataUrl")
        if isinstance(url, str) and url and not url.startswith(("s3://", "https://")):
            return f'"modelDataUrl" must be a path that starts with either s3 or https: "{url}"'
    return None


MODEL = Resource(
    type=sagemaker.MODEL.token,
    service="sagemaker",
    create=Call(op="create_model", rename={"name": "ModelName"}),
    id="{name}",
    read=Call(op="describe_model", params={"ModelName": "{id}"}),
    missing=_GONE,
    delete=Call(op="delete_model", params={"ModelName": "{id}"}),
    replace=frozenset(
        {
            *("name", "executionRoleArn", "enableNetworkIsolation", "containers"),
            *("primaryContainer", "vpcConfig"),
        }
    ),
    computed=frozenset({"primaryContainer.mode", "primaryContainer.modelDataSource"}),
    defaults={"enableNetworkIsolation": False},
    empty={"containers": [], "enableNetworkIsolation": False},
    zeros=frozenset({"primaryContainer", "containers"}),
    sets=frozenset({"vpcConfig.securityGroupIds", "vpcConfig.subnets"}),
    rename={"name": "ModelName", "arn": "ModelArn"},
    outputs={
        "primaryContainer": lambda c: (
            {"Mode": "SingleModel", **c.data["PrimaryContainer"]} if c.data.get("PrimaryContainer") else None
        ),
        "vpcConfig": lambda c: c.data.get("VpcConfig") or None,
        # moto 5.2.5 takes and forgets the setting
        "enableNetworkIsolation": lambda c: bool(c.data.get("EnableNetworkIsolation") or c.get("enableNetworkIsolation")),
    },
    autoname=Autoname(limit=63),
    checks=(arn("executionRoleArn"), _NAME, when("primaryContainer", _path)),
    tags=_TAGS,
)


def _variants(c: Context, prop: str) -> list[dict[str, Any]] | None:
    """Variants with the name that the provider makes up where none is given."""
    made = []
    for number, variant in enumerate(c.props.get(prop) or ()):
        item = {
            _VARIANT.get(key, key[0].upper() + key[1:]): value
            for key, value in variant.items()
            if value not in (None, "", 0, False) and key in _PLAIN
        }
        made_up = hashlib.sha256(f"{c.props['name']}#{number}".encode()).hexdigest()[:26]
        item.setdefault(
            "VariantName", f"terraform-{made_up}"
        )  # the prefix is of Terraform's provider, which pulumi-aws is built on
        item.setdefault("InitialVariantWeight", 1.0)
        if variant.get("initialVariantWeight") == 0:
            item["InitialVariantWeight"] = 0.0
        serverless = variant.get("serverlessConfig")
        if serverless:
            item["ServerlessConfig"] = {_VARIANT.get(k, k[0].upper() + k[1:]): v for k, v in serverless.items() if v}
        scaling = variant.get("managedInstanceScaling")
        if scaling:
            item["ManagedInstanceScaling"] = {k[0].upper() + k[1:]: v for k, v in scaling.items() if v is not None}
        if variant.get("routingConfigs"):
            item["RoutingConfig"] = {"RoutingStrategy": variant["routingConfigs"][0]["routingStrategy"]}
        made.append(item)
    return made or None


_VARIANT = {
    "enableSsmAccess": "EnableSSMAccess",
    "volumeSizeInGb": "VolumeSizeInGB",
    "memorySizeInMb": "MemorySizeInMB",
}
_PLAIN = {
    *(
        "acceleratorType",
        "containerStartupHealthCheckTimeoutInSeconds",
        "enableSsmAccess",
        "inferenceAmiVersion",
        "initialInstanceCount",
    ),
    *("initialVariantWeight", "instanceType", "modelDataDownloadTimeoutInSeconds", "modelName", "variantName", "volumeSizeInGb"),
}


def _read_variants(c: Context, member: str) -> list[dict[str, Any]]:
    made = []
    for variant in c.data.get(member) or ():
        item = dict(variant)
        routing = item.pop("RoutingConfig", None)
        item["RoutingConfigs"] = [routing] if routing else []
        made.append(item)
    return made


def _capture(c: Context) -> dict[str, Any]:
    """What pulumi-aws shows when nothing is captured: the block with its zero values."""
    found = c.data.get("DataCaptureConfig") or {}
    return {
        "CaptureOptions": [],
        "DestinationS3Uri": "",
        "EnableCapture": False,
        "InitialSamplingPercentage": 0,
        "KmsKeyId": "",
        **found,
    }


def _same_variant_name(new: Any, old: Any) -> bool:
    return new is None or new == old


ENDPOINT_CONFIGURATION = Resource(
    type=sagemaker.ENDPOINT_CONFIGURATION.token,
    service="sagemaker",
    create=Call(
        op="create_endpoint_config",
        skip=("productionVariants", "shadowProductionVariants", "kmsKeyArn"),
        rename={"name": "EndpointConfigName"},
        params={
            "KmsKeyId": lambda c: c.props.get("kmsKeyArn") or None,
            "ProductionVariants": lambda c: _variants(c, "productionVariants"),
            "ShadowProductionVariants": lambda c: _variants(c, "shadowProductionVariants"),
        },
    ),
    id="{name}",
    read=Call(op="describe_endpoint_config", params={"EndpointConfigName": "{id}"}),
    missing=_GONE,
    delete=Call(op="delete_endpoint_config", params={"EndpointConfigName": "{id}"}),
    replace=frozenset(
        {
            *(
                "name",
                "namePrefix",
                "kmsKeyArn",
                "productionVariants",
                "shadowProductionVariants",
                "dataCaptureConfig",
                "asyncInferenceConfig",
            ),
            *("executionRoleArn",),
        }
    ),
    computed=frozenset({"name", "namePrefix", "dataCaptureConfig"}),
    defaults={"productionVariants.initialVariantWeight": 1},
    empty={"kmsKeyArn": "", "namePrefix": "", "shadowProductionVariants": []},
    zeros=frozenset({"productionVariants", "shadowProductionVariants"}),
    same={"productionVariants.variantName": _same_variant_name, "shadowProductionVariants.variantName": _same_variant_name},
    rename={"name": "EndpointConfigName", "arn": "EndpointConfigArn", "kmsKeyArn": "KmsKeyId"},
    outputs={
        "productionVariants": lambda c: _read_variants(c, "ProductionVariants"),
        "shadowProductionVariants": lambda c: _read_variants(c, "ShadowProductionVariants"),
        "dataCaptureConfig": _capture,
    },
    autoname=Autoname(limit=63),
    checks=(
        _NAME,
        matches("productionVariants.instanceType", r"ml\..+", "an instance type of SageMaker begins with ml."),
        at_least("productionVariants.initialInstanceCount", 1),
        arn("kmsKeyArn"),
    ),
    tags=_TAGS,
)


def _wait(c: Context) -> None:
    """Waits until the endpoint serves. A failure is raised with AWS's reason."""
    end = time.monotonic() + ENDPOINT_SECONDS
    while True:
        found = c.client().describe_endpoint(EndpointName=c.id or c.props["name"])
        status = found["EndpointStatus"]
        if status == "InService":
            return
        if status not in ("Creating", "Updating", "SystemUpdating", "RollingBack"):
            raise RuntimeError(f"endpoint {found['EndpointName']} is {status}: {found.get('FailureReason', 'no reason given')}")
        if time.monotonic() > end:
            said = f"is still {status} after {ENDPOINT_SECONDS:.0f} s; see its log in CloudWatch Logs"
            raise RuntimeError(f"endpoint {found['EndpointName']} {said}")
        time.sleep(POLL_SECONDS)


def _create_endpoint(c: Context) -> Any:
    made = c.call(
        Call(
            op="create_endpoint",
            rename={"name": "EndpointName"},
            params={
                "Tags": lambda c: (
                    [{"Key": key, "Value": value} for key, value in sorted((c.props.get("tags") or {}).items())] or None
                )
            },
        )
    )
    try:
        _wait(c)
    except RuntimeError:
        # A failed endpoint cannot be updated, only removed: leaving it would block the next try under its name.
        c.client().delete_endpoint(EndpointName=c.props["name"])
        raise
    return made


def _update_endpoint(c: Context) -> None:
    # Variants keep the number and weight that autoscaling or a rollout gave them.
    c.client().update_endpoint(
        EndpointName=c.id, EndpointConfigName=c.props["endpointConfigName"], RetainAllVariantProperties=True
    )
    wanted = c.props["endpointConfigName"]
    _wait(c)
    served = c.client().describe_endpoint(EndpointName=c.id)
    if served["EndpointConfigName"] != wanted:
        reason = served.get("FailureReason", "the new configuration failed")
        raise RuntimeError(f"endpoint {c.id} went back to {served['EndpointConfigName']}: {reason}")


def _delete_endpoint(c: Context) -> None:
    client = c.client()
    client.delete_endpoint(EndpointName=c.id)
    end = time.monotonic() + ENDPOINT_SECONDS
    while time.monotonic() < end:
        try:
            client.describe_endpoint(EndpointName=c.id)
        except botocore.exceptions.ClientError as error:
            if c.gone(error):
                return
            raise
        time.sleep(POLL_SECONDS)


ENDPOINT = Resource(
    type=sagemaker.ENDPOINT.token,
    service="sagemaker",
    create=_create_endpoint,
    id="{name}",
    read=Call(op="describe_endpoint", params={"EndpointName": "{id}"}),
    missing=_GONE,
    updates=(Update(on=("endpointConfigName", "deploymentConfig"), do=_update_endpoint, after_create=False),),
    delete=_delete_endpoint,
    replace=frozenset({"name"}),
    computed=frozenset({"name"}),
    rename={"name": "EndpointName", "arn": "EndpointArn", "endpointConfigName": "EndpointConfigName"},
    autoname=Autoname(limit=63),
    checks=(_NAME,),
    tags=_TAGS,
)


def _remove_versions(c: Context) -> int:
    """A group with versions refuses to go. They are not the stack's own: its training jobs register them."""
    client = c.client()
    pages = client.get_paginator("list_model_packages").paginate(ModelPackageGroupName=c.id)
    versions = [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]
    for version in versions:
        client.delete_model_package(ModelPackageName=version)
    return len(versions)


MODEL_PACKAGE_GROUP = Resource(
    type=sagemaker.MODEL_PACKAGE_GROUP.token,
    service="sagemaker",
    create=Call(op="create_model_package_group"),
    id="{modelPackageGroupName}",
    read=Call(op="describe_model_package_group", params={"ModelPackageGroupName": "{id}"}),
    missing=_GONE,
    delete=Call(op="delete_model_package_group", params={"ModelPackageGroupName": "{id}"}),
    replace=frozenset({"modelPackageGroupName", "modelPackageGroupDescription"}),
    empty={"modelPackageGroupDescription": ""},
    rename={"arn": "ModelPackageGroupArn"},
    checks=(
        matches("modelPackageGroupName", r"[0-9A-Za-z][0-9A-Za-z-]*", "Valid characters are a-z, A-Z, 0-9, and - (hyphen)."),
    ),
    tags=_TAGS,
    emptied=_remove_versions,
)

ROWS = (MODEL, ENDPOINT_CONFIGURATION, ENDPOINT, MODEL_PACKAGE_GROUP)
