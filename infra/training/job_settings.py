"""The settings of one training job. `settings.py` checks one job against the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from catalog import jobs, limits
from catalog.instances import MlType, instance_facts
from infra.base.fields import Name, matching
from infra.base.section import Fault, Place, Section
from infra.lake.datasets import dataset_names
from workloads.catalog import Leaves, Workload, hyperparameter_faults, workload_named

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html and our `name=value;` lines.
_METRIC: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
_CHANNEL: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FOLDER: Final = re.compile(r"(?![/.])(?!.*(\.\.|//))[\w!.*'()/-]+")
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html
_GROUP: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
# Hyperparameters that the stack itself gives, and the setting that decides them.
GIVEN: Final[Mapping[str, str]] = {
    "workload": "workload",
    "processes_per_host": "processesPerHost",
    "data_uri": "dataset",
    "checkpoint_uri": "streaming",
    "output_uri": "workload",
}
# Channels that bring a model, and the setting that says which.
MODEL_CHANNELS: Final[Mapping[str, str]] = {"model": "fromModel", "teacher": "teacher"}


def _days(seconds: int) -> int:
    return seconds // (24 * 3600)


MetricName = Annotated[
    str, matching(_METRIC, "is no metric name; use letters, digits and underscores, no digit first, 64 at most")
]
ChannelName = Annotated[str, matching(_CHANNEL, "is no channel name; use letters, digits, dots, hyphens and underscores")]
Folder = Annotated[
    str, matching(_FOLDER, "is no folder of the curated bucket; write it without s3:// and without a slash before it: labels/v3/")
]
GroupName = Annotated[str, matching(_GROUP, "is no model package group's name; write one like slipway-dev-digits")]
Number = int | float


class Run(StrEnum):
    """When a job runs."""

    UP = "up"
    DEMAND = "demand"


class Bound(Section):
    """What a metric must be for a version to be approved."""

    min: float | None = Field(default=None, description="At least this.")
    max: float | None = Field(default=None, description="At most this.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if self.min is None and self.max is None:
            yield Fault(path, None, "bounds nothing; give min, max or both")
        elif self.min is not None and self.max is not None and self.min > self.max:
            yield Fault(f"{path}.min", self.min, f"is above max {self.max:g}, so nothing could be approved; lower it")


class ModelSource(Section):
    """Which model a job starts from: exactly one of the two."""

    job: Name | None = Field(default=None, description="A job of this stack: its newest model.")
    group: GroupName | None = Field(default=None, description="A model package group: its newest approved version.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        if (self.job is None) == (self.group is None):
            got = "both" if self.job else "neither"
            yield Fault(path, got, "names no one model; give job (a job of this stack) or group (its newest approved version)")


class SearchRange(Section):
    """What a search tries for one hyperparameter: from `low` to `high`, or one of `choices`."""

    low: Number | None = Field(default=None, description="The least; whole where it is written whole.")
    high: Number | None = Field(default=None, description="The most.")
    log: bool = Field(default=False, description="Tried by orders of magnitude, as a learning rate is.")
    step: Number | None = Field(default=None, gt=0, description="Distance between what is tried.")
    choices: tuple[str | int | float | bool, ...] = Field(default=(), description="The values to choose from.")

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        bounded = self.low is not None or self.high is not None
        if bounded == bool(self.choices):
            yield Fault(path, "both" if bounded else "neither", "is no range; give low and high, or choices")
        elif bounded and (self.low is None or self.high is None):
            missing = "low" if self.low is None else "high"
            yield Fault(f"{path}.{missing}", None, f"is missing; a range has both ends, so give {missing}")
        elif self.low is not None and self.high is not None:
            if self.low >= self.high:
                yield Fault(f"{path}.low", self.low, f"is not below high {self.high:g}; lower it")
            if self.log and self.low <= 0:
                yield Fault(f"{path}.log", True, "needs a low above 0; raise low, or drop log")
            if self.log and self.step is not None:
                yield Fault(f"{path}.step", self.step, "has no meaning by orders of magnitude; drop it, or log")


class JobSettings(Section):
    """One training job. Changing what it computes (type, hosts, hyperparameters, ...) trains anew; how it may run does not."""

    workload: Name = Field(default="digits", description="Which workload of the image runs (`workloads/catalog.py`).")
    run: Run = Field(
        default=Run.UP,
        description="`up` runs it in `slipway up`, which waits for its model; `demand` declares it for `slipway train`.",
    )
    dataset: Name | None = Field(
        default=None,
        description="Dataset of the lake, or the job (workload `corpus`) that makes it. Left out: the workload's own.",
    )
    channels: dict[ChannelName, Folder] = Field(
        default={}, description="More input: folders of the curated bucket by channel, such as `labels/v3/`."
    )
    needs: tuple[Name, ...] = Field(
        default=(), description="Jobs to run before it, where there is no completed one of their definition."
    )
    from_model: ModelSource | None = Field(default=None, description="The model it starts from, in channel `model`.")
    teacher: ModelSource | None = Field(default=None, description="The model it is distilled from, in channel `teacher`.")
    streaming: bool = Field(
        default=False,
        description="Data and checkpoints straight from and to S3 (`data_uri`, `checkpoint_uri`) instead of copied to the host.",
    )
    instance_type: MlType = Field(default="ml.m5.large", description="SageMaker type of every host.")
    instance_count: int = Field(default=1, ge=1, le=1000, description="Hosts.")
    processes_per_host: int = Field(default=2, ge=1, le=64, description="Processes a host starts; on a GPU type, one a GPU.")
    hyperparameters: dict[str, str | int | float | bool] = Field(
        default={}, description="Hyperparameters for the workload; the ones left out are the workload's own."
    )
    search: dict[str, SearchRange] = Field(default={}, description="What `slipway tune` tries, by hyperparameter.")
    environment: dict[str, str] = Field(default={}, description="Environment of the container. Nothing secret: the API shows it.")
    metrics: tuple[MetricName, ...] = Field(
        default=(
            "test_accuracy", "test_loss", "test_perplexity", "test_bits_per_byte", "train_loss", "learning_rate",
            "samples_per_second", "tokens_per_second", "mfu", "size_ratio", "archive_ratio", "speedup", "quality_drop",
        ),
        description="Metrics picked from the log's `name=value;`.",
    )  # fmt: skip
    approval: dict[MetricName, Bound] = Field(
        default={}, description="What its metrics must be for `slipway models approve` to take a version."
    )
    max_runtime_seconds: int = Field(
        default=3600,
        ge=60,
        le=limits.JOB_SECONDS,
        description=f"The job is stopped after this: {_days(limits.JOB_SECONDS)} days at most for SageMaker, "
        f"{_days(limits.GUARDED_JOB_SECONDS)} for the rule training-job-has-a-time-limit.",
    )
    spot: bool = Field(default=False, description="Managed spot: up to 90 % cheaper, may be interrupted.")
    max_wait_seconds: int | None = Field(
        default=None,
        ge=60,
        le=limits.JOB_SECONDS,
        description="With spot: longest time for waiting and running. Left out: twice the runtime.",
    )
    checkpoints: bool = Field(default=True, description="Checkpoints to the lake, from which an interrupted job goes on.")
    volume_gb: int = Field(default=30, ge=1, le=16384, description="Volume of every host, in GiB.")
    network_isolation: bool | None = Field(
        default=None,
        description="No network for the container besides its peers. Left out: on, unless the job itself reaches S3.",
    )
    encrypt_traffic: bool = Field(default=True, description="Encryption between hosts; costs time on fast networks.")
    revision: int = Field(default=1, ge=1, description="Raise it to train once more with nothing else changed.")

    @property
    def facts(self) -> Workload:
        """What its workload reads and leaves."""
        return workload_named(self.workload)

    @property
    def leaves_model(self) -> bool:
        return self.facts.leaves is Leaves.MODEL

    @property
    def reaches_s3(self) -> bool:
        """Whether the container itself talks to S3, and not only SageMaker on its behalf."""
        return self.streaming or self.facts.leaves is Leaves.CORPUS

    @property
    def isolated(self) -> bool:
        """Whether the container has no network."""
        return not self.reaches_s3 if self.network_isolation is None else self.network_isolation

    @property
    def data(self) -> str:
        """The dataset it learns from (a folder of `workloads/data`, or the job that makes a corpus), "" for none."""
        return self.dataset or (self.workload if self.workload in dataset_names() else "")

    @property
    def models(self) -> dict[str, ModelSource]:
        """The models it reads, by channel."""
        given = {"model": self.from_model, "teacher": self.teacher}
        return {channel: source for channel, source in given.items() if source is not None}

    @property
    def longest_wait_seconds(self) -> int | None:
        """What a spot job may take in all; None for one that is not spot."""
        return (self.max_wait_seconds or 2 * self.max_runtime_seconds) if self.spot else None

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        yield from self._machine_faults(path)
        yield from self._input_faults(path)
        if len(self.metrics) > jobs.METRICS:
            yield Fault(
                f"{path}.metrics",
                len(self.metrics),
                f"SageMaker takes {jobs.METRICS} metrics; drop {len(self.metrics) - jobs.METRICS}",
            )
        for metric, bound in self.approval.items():
            if metric not in self.metrics:
                yield Fault(
                    f"{path}.approval.{metric}", metric, f"is no metric of the job; add it to metrics {list(self.metrics)}"
                )
            yield from bound.faults(f"{path}.approval.{metric}", place)
        for channel, source in self.models.items():
            yield from source.faults(f"{path}.{MODEL_CHANNELS[channel]}", place)
            if self.run is Run.UP:
                yield Fault(
                    f"{path}.run",
                    "up",
                    f"reads a model ({MODEL_CHANNELS[channel]}), which is found when it starts; set run: demand",
                )
        for name, range_ in self.search.items():
            yield from range_.faults(f"{path}.search.{name}", place)

    def _machine_faults(self, path: str) -> Iterator[Fault]:
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
        if self.network_isolation and self.reaches_s3:
            why = "streaming" if self.streaming else f"workload {self.workload}, which writes to the lake,"
            yield Fault(f"{path}.networkIsolation", True, f"cuts the container off from S3, and {why} needs it; drop one of them")

    def _input_faults(self, path: str) -> Iterator[Fault]:
        for name in sorted(set(GIVEN) & {*self.hyperparameters, *self.search}):
            section = "hyperparameters" if name in self.hyperparameters else "search"
            got = self.hyperparameters.get(name, "(a range)")
            yield Fault(f"{path}.{section}.{name}", got, f"is set by `{GIVEN[name]}`; move it there")
        yield from self._hyperparameter_faults(path)
        room = jobs.HYPERPARAMETERS - len(GIVEN)
        if len(self.hyperparameters) > room:
            yield Fault(
                f"{path}.hyperparameters",
                len(self.hyperparameters),
                f"SageMaker takes {jobs.HYPERPARAMETERS}, {len(GIVEN)} of them ours; put the rest in a file",
            )
        for channel in sorted(set(MODEL_CHANNELS) & set(self.channels)):
            yield Fault(
                f"{path}.channels.{channel}", self.channels[channel], f"is set by `{MODEL_CHANNELS[channel]}`; move it there"
            )
        if len(self.channels) > jobs.CHANNELS - 4:
            yield Fault(
                f"{path}.channels",
                len(self.channels),
                f"SageMaker takes {jobs.CHANNELS}, four of them ours (train, test, model, teacher); use fewer",
            )

    def _hyperparameter_faults(self, path: str) -> Iterator[Fault]:
        """The hyperparameters that the workload's own settings refuse. A job that is paid for is a late place to find out."""
        own = {name: value for name, value in self.hyperparameters.items() if name not in GIVEN}
        # A corpus job has no default for the place it writes to: the stack names that place.
        given = {"output_uri": "s3://curated"} if self.facts.leaves is Leaves.CORPUS else {}
        if fault := hyperparameter_faults(self.workload, {**own, **given}):
            yield Fault(f"{path}.hyperparameters", own, fault)
