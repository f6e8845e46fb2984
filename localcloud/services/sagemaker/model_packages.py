"""Model packages as SageMaker keeps them: what moto 5.2.5 drops, mixes up or lacks.

moto has Create, Describe, Update and List. It makes a group or a version twice (client tokens are forgotten), numbers a version
by how many there are, finds a group's newest by the group's name, holds no limit and knows no default approval; an update throws
away what it does not name; nothing is deleted, and no event tells that a version was approved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import ApiCall, Extra, Refusal

INVALID = "ValidationException"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html (CustomerMetadataProperties)
PROPERTIES_LIMIT = 50
# Members that moto takes and forgets; they are kept on its package under this attribute.
FORGOTTEN = ("SkipModelValidation", "SourceUri", "ModelLifeCycle", "ModelPackageRegistrationType")
KEPT = "slipway_members"
# botocore's patterns are Java's. Java's classes of letters -> the nearest in Python.
CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{M}": r"\w", r"\p{Z}": r"\s", r"\p{S}": r"\W", r"\p{P}": r"\W"}


def create_group(call: ApiCall) -> Mapping[str, Any] | None:
    """Refuses a second group of one name; moto itself makes the first."""
    name = call.params["ModelPackageGroupName"]
    known = _backend(call).model_package_groups
    if name in known:
        raise Refusal(INVALID, f"Model Package Group already exists: {known[name].arn}")
    return None


def delete_group(call: ApiCall) -> Mapping[str, Any]:
    backend, name = _backend(call), _name(call.params["ModelPackageGroupName"])
    if name not in backend.model_package_groups:
        raise Refusal(INVALID, f"ModelPackageGroup {name} does not exist.")
    if any(package.model_package_group_name == name for package in backend.model_packages.values()):
        raise Refusal("ConflictException", f"ModelPackageGroup {name} still has model packages; delete them first.")
    del backend.model_package_groups[name]
    return {}


def create(call: ApiCall) -> Mapping[str, Any] | None:
    """Makes a version of a group, or finds the one of a used client token. moto itself makes a package without a group."""
    from moto.sagemaker.models import ModelPackage

    asked, backend = call.params, _backend(call)
    _hold_limits(call)
    if not asked.get("ModelPackageGroupName"):
        return None
    name = _name(asked["ModelPackageGroupName"])
    group = backend.model_package_groups.get(name)
    if group is None:
        raise Refusal(INVALID, f"Model Package Group {name} does not exist.")
    if asked.get("Tags"):
        raise Refusal(INVALID, "A model package of a group has the group's tags and takes none of its own.")
    token = asked.get("ClientToken")
    for package in backend.model_packages.values() if token else ():
        if package.client_token == token:
            return {"ModelPackageArn": package.arn}
    group.slipway_versions = getattr(group, "slipway_versions", 0) + 1  # a number is never given twice
    package = ModelPackage(
        model_package_name=name,
        model_package_group_name=name,
        model_package_version=group.slipway_versions,
        model_package_type="Versioned",
        model_package_description=asked.get("ModelPackageDescription"),
        inference_specification=asked.get("InferenceSpecification"),
        source_algorithm_specification=asked.get("SourceAlgorithmSpecification"),
        validation_specification=asked.get("ValidationSpecification"),
        certify_for_marketplace=bool(asked.get("CertifyForMarketplace")),
        model_approval_status=asked.get("ModelApprovalStatus") or "PendingManualApproval",
        metadata_properties=asked.get("MetadataProperties"),
        model_metrics=asked.get("ModelMetrics"),
        approval_description=None,
        customer_metadata_properties=dict(asked.get("CustomerMetadataProperties") or {}) or None,
        drift_check_baselines=asked.get("DriftCheckBaselines"),
        domain=asked.get("Domain"),  # type: ignore[arg-type]
        task=asked.get("Task"),  # type: ignore[arg-type]
        sample_payload_url=asked.get("SamplePayloadUrl"),  # type: ignore[arg-type]
        additional_inference_specifications=asked.get("AdditionalInferenceSpecifications"),  # type: ignore[arg-type]
        client_token=token,  # type: ignore[arg-type]
        region_name=call.region,
        account_id=ACCOUNT,
    )
    _keep(package, asked)
    backend.model_packages[package.arn] = package
    _send_event(call, package, [])
    return {"ModelPackageArn": package.arn}


def describe(call: ApiCall) -> Mapping[str, Any]:
    package = find(call, call.params["ModelPackageName"])
    return {**package.gen_response_object(), **getattr(package, KEPT, {})}


def update(call: ApiCall) -> Mapping[str, Any]:
    """Changes what the request names; properties are laid over those that are there."""
    package, asked = find(call, call.params["ModelPackageArn"]), call.params
    _hold_limits(call)
    properties = {**(package.customer_metadata_properties or {}), **(asked.get("CustomerMetadataProperties") or {})}
    for key in asked.get("CustomerMetadataPropertiesToRemove") or ():
        properties.pop(key, None)
    if len(properties) > PROPERTIES_LIMIT:
        raise Refusal(INVALID, f"CustomerMetadataProperties would have {len(properties)} entries; {PROPERTIES_LIMIT} at most.")
    if asked.get("ModelApprovalStatus"):
        package.set_model_approval_status(asked["ModelApprovalStatus"])
    if asked.get("ApprovalDescription") is not None:
        package.approval_description = asked["ApprovalDescription"]
    if asked.get("InferenceSpecification"):
        package.inference_specification = asked["InferenceSpecification"]
    if asked.get("AdditionalInferenceSpecificationsToAdd"):
        package.add_additional_inference_specifications(asked["AdditionalInferenceSpecificationsToAdd"])
    package.customer_metadata_properties = properties or None
    _keep(package, asked)
    package.modifications_done()
    _send_event(call, package, sorted(name for name in asked if name not in ("ModelPackageArn", "ClientToken")))
    return {"ModelPackageArn": package.arn}


def delete(call: ApiCall) -> Mapping[str, Any]:
    package = find(call, call.params["ModelPackageName"])
    backend = _backend(call)
    del backend.model_packages[package.arn]
    for name in [name for name, arn in backend.model_package_name_mapping.items() if arn == package.arn]:
        del backend.model_package_name_mapping[name]
    return {}


EXTRAS: Mapping[str, Extra] = {
    "CreateModelPackageGroup": create_group,
    "DeleteModelPackageGroup": delete_group,
    "CreateModelPackage": create,
    "DescribeModelPackage": describe,
    "UpdateModelPackage": update,
    "DeleteModelPackage": delete,
}


def _backend(call: ApiCall) -> Any:
    from moto.sagemaker.models import sagemaker_backends

    return sagemaker_backends[ACCOUNT][call.region]


def _name(group: str) -> str:
    """A group's name; requests may give its arn."""
    return group.rpartition("/")[2]


def find(call: ApiCall, name: str) -> Any:
    """moto's package of a name or arn. Raises what AWS answers where there is none."""
    backend = _backend(call)
    package = backend.model_packages.get(backend.model_package_name_mapping.get(name, name))
    if package is None:
        arn = name if name.startswith("arn:") else f"arn:aws:sagemaker:{call.region}:{ACCOUNT}:model-package/{name}"
        raise Refusal(INVALID, f"ModelPackage {arn} does not exist.")
    return package


def _keep(package: Any, asked: Mapping[str, Any]) -> None:
    kept = {name: asked[name] for name in FORGOTTEN if asked.get(name) is not None}
    setattr(package, KEPT, {**getattr(package, KEPT, {}), **kept})


def _send_event(call: ApiCall, package: Any, changed: list[str]) -> None:
    """The event by which a pipeline learns of a new or approved version.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html (model package state change)
    """
    from moto.events.models import events_backends

    detail = {
        "ModelPackageGroupName": package.model_package_group_name,
        "ModelPackageName": package.model_package_name,
        "ModelPackageVersion": package.model_package_version,
        "ModelPackageArn": package.arn,
        "ModelPackageStatus": package.model_package_status,
        "ModelApprovalStatus": package.model_approval_status,
        "ApprovalDescription": package.approval_description,
        "CustomerMetadataProperties": package.customer_metadata_properties,
        "UpdatedModelPackageFields": changed,
    }
    event = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Model Package State Change",
        "Detail": json.dumps({name: value for name, value in detail.items() if value is not None}),
        "Resources": [package.arn],
    }
    events_backends[ACCOUNT][call.region].put_events([event])


def _hold_limits(call: ApiCall) -> None:
    """Refuses what is longer, more or of another form than botocore's own model of the request says."""
    from moto.core.utils import get_service_model

    shape = get_service_model(call.service).operation_model(call.operation).input_shape
    faults = list(_faults(shape, call.params, ""))
    if faults:
        many = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
        raise Refusal(INVALID, f"{many}: {'; '.join(faults)}")


def _faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _faults(member, value[name], f"{path}.{name}".lstrip("."))
    elif shape.type_name == "list":
        yield from _sizes(shape, value, path)
        for number, item in enumerate(value, start=1):
            yield from _faults(shape.member, item, f"{path}.{number}")
    elif shape.type_name == "map":
        yield from _sizes(shape, value, path)
        for key, item in value.items():
            yield from _faults(shape.key, key, f"{path}.key")
            yield from _faults(shape.value, item, f"{path}.{key}")
    elif shape.type_name == "string":
        yield from _sizes(shape, value, path)
        if shape.enum and value not in shape.enum:
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy enum value set"
        pattern = shape.metadata.get("pattern")
        if pattern and not _pattern(pattern).fullmatch(value):
            said = f"Value '{value}' at '{path}' failed to satisfy constraint"
            yield f"{said}: Member must satisfy regular expression pattern: {pattern}"


def _sizes(shape: Any, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    said = f"Value at '{path}' failed to satisfy constraint: Member must have length"
    if most is not None and len(value) > most:
        yield f"{said} less than or equal to {most}"
    if least is not None and len(value) < least:
        yield f"{said} greater than or equal to {least}"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    text = re.sub(r"\$\{\d+,\d+\}$", "", text)  # a length that botocore's model puts after the end
    for theirs, ours in CLASSES.items():
        text = text.replace(theirs, ours)
    return re.compile(text, re.DOTALL)
