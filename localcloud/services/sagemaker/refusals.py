"""What SageMaker refuses besides its model: values of a request that are against each other.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.services.sagemaker import model_packages

SERVICE: Final = "sagemaker"
_WRONG: Final = "ValidationException"


def _spot(call: ApiCall) -> None:
    """A wait belongs to spot capacity, and holds the run."""
    _waits(call.params)


def _tuned_spot(call: ApiCall) -> None:
    for definition in (call.params.get("TrainingJobDefinition"), *(call.params.get("TrainingJobDefinitions") or ())):
        if definition:
            _waits(definition)


def _waits(asked: Mapping[str, Any]) -> None:
    stopping = asked.get("StoppingCondition") or {}
    wait, run = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", 24 * 3600)
    if not asked.get("EnableManagedSpotTraining"):
        if wait is not None:
            message = "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
            raise Refusal(_WRONG, message)
    elif wait is None or wait < run:
        message = "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        raise Refusal(_WRONG, message)


def _algorithm(call: ApiCall) -> None:
    asked = call.params.get("AlgorithmSpecification") or {}
    if asked.get("TrainingImage") and asked.get("AlgorithmName"):
        raise Refusal(_WRONG, "Only one of TrainingImage and AlgorithmName can be specified in AlgorithmSpecification.")
    resources = call.params.get("ResourceConfig") or {}
    if resources.get("InstanceGroups") and (resources.get("InstanceType") or resources.get("InstanceCount")):
        raise Refusal(_WRONG, "InstanceGroups cannot be specified together with InstanceType or InstanceCount.")
    if resources and not any(resources.get(name) for name in ("InstanceGroups", "InstanceType", "TrainingPlanArn")):
        raise Refusal(_WRONG, "InstanceType and InstanceCount, or InstanceGroups, must be specified in ResourceConfig.")


def _channels(call: ApiCall) -> None:
    names = [channel.get("ChannelName") for channel in call.params.get("InputDataConfig") or ()]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refusal(_WRONG, f"Channel name(s) {twice} are specified more than once in InputDataConfig.")


def _variants(call: ApiCall) -> None:
    """Names of variants are their own, each says where it runs, and some traffic goes to one of them."""
    variants = call.params.get("ProductionVariants") or []
    names = [variant.get("VariantName") for variant in variants]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refusal(_WRONG, f"Duplicate variant name(s) {twice} in ProductionVariants.")
    for variant in variants:
        serverless = variant.get("ServerlessConfig")
        if serverless and variant.get("InstanceType"):
            raise Refusal(_WRONG, f"Variant {variant.get('VariantName')}: ServerlessConfig and InstanceType cannot both be set.")
        if serverless:
            most, kept = serverless.get("MaxConcurrency"), serverless.get("ProvisionedConcurrency")
            if most is not None and kept is not None and kept > most:
                raise Refusal(_WRONG, "ProvisionedConcurrency must be less than or equal to MaxConcurrency.")
        scaling = variant.get("ManagedInstanceScaling") or {}
        low, high = scaling.get("MinInstanceCount"), scaling.get("MaxInstanceCount")
        if low is not None and high is not None and low > high:
            raise Refusal(_WRONG, "MinInstanceCount must be less than or equal to MaxInstanceCount.")
    weights = [variant.get("InitialVariantWeight", 1.0) for variant in variants]
    if weights and not sum(weights):
        raise Refusal(_WRONG, "At least one production variant must have an InitialVariantWeight greater than 0.")


def _containers(call: ApiCall) -> None:
    if call.params.get("PrimaryContainer") and call.params.get("Containers"):
        raise Refusal(_WRONG, "Only one of PrimaryContainer and Containers can be specified.")


def _packaged(call: ApiCall) -> None:
    """A model takes the variables of its package, or brings its own where the package has none.

    Words and rule: https://github.com/aws/sagemaker-python-sdk/pull/3301
    """
    named = [call.params.get("PrimaryContainer") or {}, *(call.params.get("Containers") or ())]
    for container in named:
        own = container.get("Environment")
        if not own or not container.get("ModelPackageName"):
            continue
        specification = model_packages.find(call, container["ModelPackageName"]).inference_specification or {}
        for packaged in specification.get("Containers") or ():
            if packaged.get("Environment"):
                both = f"Model Package {_shown(packaged['Environment'])} and Model {_shown(own)}"
                raise Refusal(_WRONG, f"Environment variable map cannot be specified both at {both}.")


def _shown(variables: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in variables.items()) + "}"


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {
    "CreateTrainingJob": (_spot, _algorithm, _channels),
    "CreateHyperParameterTuningJob": (_tuned_spot,),
    "CreateEndpointConfig": (_variants,),
    "CreateModel": (_containers,),
}
REFUSALS: Final = {**PLAN, "CreateModel": (*PLAN["CreateModel"], _packaged)}
