"""The settings of training jobs and model endpoints; those of the cluster are beside it and come out here too.

Every default is written here, once, and nowhere else. `docs/settings.md` is made from the descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field

from infra.catalog.instances import MlType, instance_facts
from infra.naming import SAGEMAKER_NAME_LIMIT
from infra.settings_base import Fault, Place, Section
from infra.settings_cluster import AddonVersions, CapacityType, ClusterSettings, GpuPool, Name, SystemPool, matching

__all__ = [
    "AddonVersions",
    "AlarmSettings",
    "CapacityType",
    "ClusterSettings",
    "EndpointSettings",
    "GpuPool",
    "JobSettings",
    "ServingSettings",
    "SystemPool",
    "TrainingSettings",
    "VariantSettings",
    "unknown_jobs",
]

# What `-<10 hex>` and a retry's `-r99` add to a training job's name.
JOB_NAME_SUFFIX: Final = 15
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html and our `name=value;` lines.
_METRIC: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
METRICS_LIMIT: Final = 40
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
HYPERPARAMETERS_LIMIT: Final = 100
# SageMaker takes 10 variants, but a deployment watches 10 alarms at most, and each variant brings two.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html
VARIANTS_LIMIT: Final = 5

MetricName = Annotated[
    str, matching(_METRIC, "is no metric name; use letters, digits and underscores, no digit first, 64 at most")
]


class JobSettings(Section):
    """One training job. Changing what it computes (type, hosts, hyperparameters, ...) trains anew; how it may run does not."""

    workload: Name = Field(default="digits", description="Which of `workloads.training` runs.")
    instance_type: MlType = Field(default="ml.m5.large", description="SageMaker type of every host.")
    instance_count: int = Field(default=1, ge=1, le=1000, description="Hosts.")
    processes_per_host: int = Field(default=2, ge=1, le=64, description="Processes a host starts; on a GPU type, one a GPU.")
    hyperparameters: dict[str, str | int | float | bool] = Field(
        default={}, description="Hyperparameters for the workload; the ones left out are the workload's own."
    )
    environment: dict[str, str] = Field(default={}, description="Environment of the container. Nothing secret: the API shows it.")
    metrics: tuple[MetricName, ...] = Field(
        default=("test_accuracy", "test_loss", "train_loss"), description="Metrics picked from the log's `name=value;`."
    )
    max_runtime_seconds: int = Field(
        default=3600, ge=60, le=2_419_200, description="The job is stopped after this, 28 days at most."
    )
    spot: bool = Field(default=False, description="Managed spot: up to 90 % cheaper, may be interrupted.")
    max_wait_seconds: int | None = Field(
        default=None,
        ge=60,
        le=2_419_200,
        description="With spot: longest time for waiting and running. Left out: twice the runtime.",
    )
    checkpoints: bool = Field(default=True, description="Checkpoints to the lake, from which an interrupted job goes on.")
    volume_gb: int = Field(default=30, ge=1, le=16384, description="Volume of every host, in GiB.")
    network_isolation: bool = Field(default=True, description="No network for the container besides its peers.")
    encrypt_traffic: bool = Field(default=True, description="Encryption between hosts; costs time on fast networks.")
    revision: int = Field(default=1, ge=1, description="Raise it to train once more with nothing else changed.")

    @property
    def longest_wait_seconds(self) -> int | None:
        """What a spot job may take in all; None for one that is not spot."""
        return (self.max_wait_seconds or 2 * self.max_runtime_seconds) if self.spot else None

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        facts = instance_facts(self.instance_type)
        slots = facts.accelerators or facts.vcpus
        if self.processes_per_host > slots:
            what = f"{slots} {'accelerators' if facts.accelerators else 'CPUs'}"
            yield Fault(
                f"{path}.processesPerHost", self.processes_per_host, f"{self.instance_type} has {what}; use {slots} or fewer"
            )
        if self.spot and not self.checkpoints:
            yield Fault(f"{path}.spot", True, "an interrupted job would start from nothing; set checkpoints: true, or drop spot")
        if self.max_wait_seconds is not None and not self.spot:
            yield Fault(f"{path}.maxWaitSeconds", self.max_wait_seconds, "is for spot jobs only; drop it, or set spot: true")
        if self.max_wait_seconds is not None and self.max_wait_seconds < self.max_runtime_seconds:
            yield Fault(
                f"{path}.maxWaitSeconds",
                self.max_wait_seconds,
                f"waits less than it runs; use {self.max_runtime_seconds} or more",
            )
        if len(self.metrics) > METRICS_LIMIT:
            yield Fault(
                f"{path}.metrics",
                len(self.metrics),
                f"SageMaker takes {METRICS_LIMIT} metrics; drop {len(self.metrics) - METRICS_LIMIT}",
            )
        for reserved in sorted({"workload", "processes_per_host"} & set(self.hyperparameters)):
            key = "workload" if reserved == "workload" else "processesPerHost"
            yield Fault(f"{path}.hyperparameters.{reserved}", self.hyperparameters[reserved], f"is set by `{key}`; move it there")
        if len(self.hyperparameters) > HYPERPARAMETERS_LIMIT - 2:
            yield Fault(
                f"{path}.hyperparameters",
                len(self.hyperparameters),
                f"SageMaker takes {HYPERPARAMETERS_LIMIT}; put the rest in a file",
            )


class TrainingSettings(Section):
    """Training jobs by name."""

    jobs: dict[Name, JobSettings] = Field(default={"digits": JobSettings()}, description="Training jobs by name.")
    own_log_group: bool = Field(
        default=False, description="Declare /aws/sagemaker/TrainingJobs, which is the account's: in one stack of an account only."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for name, job in self.jobs.items():
            yield from job.faults(f"{path}.jobs.{name}", place)
            full = place.naming.name(name)
            room = SAGEMAKER_NAME_LIMIT - JOB_NAME_SUFFIX
            if len(full) > room:
                yield Fault(
                    f"{path}.jobs.{name}", name, f"makes {full}, {len(full)} characters where a job has {room}; shorten it"
                )


class VariantSettings(Section):
    """One production variant: a model from a training job, its share of the traffic, its number of machines."""

    job: Name = Field(default="digits", description="The training job whose artifact it serves.")
    instance_type: MlType = Field(default="ml.m5.large", description="SageMaker type of its machines.")
    initial_count: int = Field(
        default=1, ge=1, description="Machines that a new configuration starts with; autoscaling owns the number afterwards."
    )
    weight: float = Field(default=1.0, description="Its share of the traffic, over the sum of all weights.")
    autoscaling: bool = Field(
        default=True,
        description="Off and applied first where the variant is removed or changes its type: SageMaker refuses otherwise.",
    )
    min: int = Field(default=1, ge=1, description="Fewest machines.")
    max: int = Field(default=2, ge=1, description="Most machines: what the variant can cost at worst.")
    target_invocations: int = Field(default=600, ge=1, description="Invocations a machine and minute that autoscaling aims at.")
    scale_in_cooldown_seconds: int = Field(default=300, ge=0, le=3600, description="Pause after taking machines away.")
    scale_out_cooldown_seconds: int = Field(default=60, ge=0, le=3600, description="Pause after adding machines.")
    startup_timeout_seconds: int = Field(
        default=600, ge=60, le=3600, description="How long a container may take to answer /ping."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if not self.weight >= 0:
            yield Fault(f"{path}.weight", self.weight, "cannot be below 0; 0 keeps the variant without traffic")
        if not self.min <= self.initial_count <= self.max:
            way = (
                f"set it between min {self.min} and max {self.max}"
                if self.min <= self.max
                else f"raise max to {self.min} or more"
            )
            yield Fault(f"{path}.initialCount", self.initial_count, f"lies outside what autoscaling keeps; {way}")


class AlarmSettings(Section):
    """When an endpoint rings. The same alarms roll a bad deployment back."""

    server_errors: int = Field(default=5, ge=1, description="5xx answers in 5 minutes.")
    latency_p99_ms: int = Field(default=1000, ge=1, description="99th percentile of the model's own latency over 5 minutes.")


class EndpointSettings(Section):
    """One endpoint with its variants."""

    variants: dict[Name, VariantSettings] = Field(default={"main": VariantSettings()}, description="Production variants by name.")
    capture_percent: int = Field(
        default=20, ge=0, le=100, description="Share of requests and answers kept in the lake; 0 keeps none."
    )
    network_isolation: bool = Field(default=True, description="No network for the container.")
    canary_percent: int = Field(
        default=0, ge=0, le=50, description="Share of machines that a new configuration gets first; 0 moves all at once."
    )
    canary_wait_seconds: int = Field(
        default=300, ge=0, le=3600, description="How long the canary is watched before the rest moves."
    )
    alarms: AlarmSettings = Field(default=AlarmSettings(), description="When it rings and rolls back.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if not 1 <= len(self.variants) <= VARIANTS_LIMIT:
            yield Fault(
                f"{path}.variants",
                len(self.variants),
                f"an endpoint has 1 to {VARIANTS_LIMIT} variants, for a deployment watches ten alarms, two each; split it",
            )
        for name, variant in self.variants.items():
            yield from variant.faults(f"{path}.variants.{name}", place)
        if self.variants and not any(variant.weight > 0 for variant in self.variants.values()):
            yield Fault(f"{path}.variants", dict.fromkeys(self.variants, 0), "no variant gets traffic; give one a weight above 0")


class ServingSettings(Section):
    """Model endpoints by name."""

    endpoints: dict[Name, EndpointSettings] = Field(
        default={"digits": EndpointSettings()}, description="Model endpoints by name."
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for name, endpoint in self.endpoints.items():
            yield from endpoint.faults(f"{path}.endpoints.{name}", place)
            full = place.naming.name(name)
            if len(full) > SAGEMAKER_NAME_LIMIT:
                yield Fault(
                    f"{path}.endpoints.{name}",
                    name,
                    f"makes {full}, {len(full)} characters where SageMaker takes {SAGEMAKER_NAME_LIMIT}; shorten it",
                )


def unknown_jobs(training: TrainingSettings, serving: ServingSettings, path: str) -> Iterator[Fault]:
    """Variants that serve a training job which the stack does not have. `path` is serving's own (`slipway:serving`)."""
    known = ", ".join(sorted(training.jobs)) or "none"
    for endpoint, settings in serving.endpoints.items():
        for name, variant in settings.variants.items():
            if variant.job not in training.jobs:
                yield Fault(
                    f"{path}.endpoints.{endpoint}.variants.{name}.job",
                    variant.job,
                    f"is no training job of this stack; it has {known}",
                )
