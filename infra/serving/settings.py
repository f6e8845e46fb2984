"""The settings of model endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from catalog import limits
from catalog.instances import MlType
from infra.base.fields import Name
from infra.base.section import Fault, Place, Section
from infra.training.job_settings import Run
from infra.training.settings import TrainingSettings

# SageMaker takes 10 variants, but a deployment watches 10 alarms at most, and each variant brings two.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoRollbackConfig.html
VARIANTS_LIMIT: Final = 5


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
            if len(full) > limits.SAGEMAKER_NAME:
                yield Fault(
                    f"{path}.endpoints.{name}",
                    name,
                    f"makes {full}, {len(full)} characters where SageMaker takes {limits.SAGEMAKER_NAME}; shorten it",
                )


def unknown_jobs(training: TrainingSettings, serving: ServingSettings, path: str) -> Iterator[Fault]:
    """Variants whose model no `up` can know: of a job that the stack does not have, or that runs on demand, or leaves no model.

    `path` is serving's own (`slipway:serving`).
    """
    servable = ", ".join(sorted(name for name, job in training.jobs.items() if job.run is Run.UP and job.leaves_model)) or "none"
    for endpoint, settings in serving.endpoints.items():
        for name, variant in settings.variants.items():
            job = training.jobs.get(variant.job)
            if job is None:
                wrong = f"is no training job of this stack; it has {', '.join(sorted(training.jobs)) or 'none'}"
            elif job.run is Run.DEMAND:
                wrong = f"runs on demand, so `up` cannot know its model; serve one of {servable}, or set its run to up"
            elif not job.leaves_model:
                wrong = f"leaves no model (workload {job.workload}); serve one of {servable}"
            else:
                continue
            yield Fault(f"{path}.endpoints.{endpoint}.variants.{name}.job", variant.job, wrong)
