"""The inputs of a job that come from its settings alone: plain values."""

from __future__ import annotations

import json
from typing import Any, Final

from catalog.instances import instance_facts
from infra.training.job_settings import JobSettings

EVALUATION_WORKLOAD: Final = "evaluate"
EVALUATION_SECONDS: Final = 3600


def job_facts(settings: JobSettings) -> dict[str, Any]:
    """What a stack exports of a job beside its request, as far as the settings say it."""
    return {
        "run": settings.run.value,
        "workload": settings.workload,
        "dataset": settings.data,
        "streaming": settings.streaming,
        "approval": {metric: bound.model_dump(exclude_none=True) for metric, bound in settings.approval.items()},
        "models": {channel: source.model_dump(exclude_none=True) for channel, source in settings.models.items()},
        "search": {name: range_.model_dump(mode="json", exclude_defaults=True) for name, range_ in settings.search.items()},
    }


def evaluation_of(settings: JobSettings) -> dict[str, Any]:
    """The inputs of an evaluation that come from its job's settings: one process, no network, the metrics of held-out data."""
    metrics = [metric for metric in settings.metrics if metric.startswith("test_")]
    return {
        "algorithmSpecification": {
            "trainingInputMode": "File",
            "metricDefinitions": [{"name": metric, "regex": metric_regex(metric)} for metric in metrics],
        },
        "hyperParameters": {"workload": EVALUATION_WORKLOAD, "processes_per_host": "1"},
        "stoppingCondition": {"maxRuntimeInSeconds": EVALUATION_SECONDS},
        "enableNetworkIsolation": True,
    }


def definition_of(settings: JobSettings) -> dict[str, Any]:
    """The inputs of a job that come from its settings alone."""
    stopping = {"maxRuntimeInSeconds": settings.max_runtime_seconds}
    if settings.longest_wait_seconds is not None:
        stopping["maxWaitTimeInSeconds"] = settings.longest_wait_seconds
    return {
        "algorithmSpecification": {
            "trainingInputMode": "File",
            "metricDefinitions": [{"name": metric, "regex": metric_regex(metric)} for metric in settings.metrics],
        },
        "hyperParameters": {
            "workload": settings.workload,
            "processes_per_host": str(settings.processes_per_host),
            **{key: hyperparameter(value) for key, value in settings.hyperparameters.items()},
        },
        "environment": dict(settings.environment),
        "resourceConfig": {
            "instanceType": settings.instance_type,
            "instanceCount": settings.instance_count,
            "volumeSizeInGb": settings.volume_gb,
        },
        "stoppingCondition": stopping,
        "enableManagedSpotTraining": settings.spot,
        "enableNetworkIsolation": settings.isolated,
        "enableInterContainerTrafficEncryption": settings.encrypt_traffic,
        "revision": settings.revision,
    }


def hyperparameter(value: str | int | float | bool) -> str:
    """A value as SageMaker passes it, text that the container reads as JSON where it can."""
    return value if isinstance(value, str) else json.dumps(value)


def metric_regex(name: str) -> str:
    r"""What finds `name=0.98;` in a log line, and not `best_name=0.98;`."""
    return rf"\b{name}=([-+0-9.eE]+);"


def can_encrypt_volume(instance_type: str) -> bool:
    """Whether SageMaker takes a key for this type's volume: types with NVMe disks have none to encrypt, and it refuses the key.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
    """
    return not instance_facts(instance_type).nvme
