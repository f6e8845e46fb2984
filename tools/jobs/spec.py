"""A job as a typed object, whoever runs it: what it runs, on what, with which data, and where its result goes.

A `JobSpec` has no name and no state: a run of it has both (`tools.jobs.view`). How a runner is asked for one is that runner's
business (`tools/jobs/runners/`). The stack's training jobs, the trials of a search and the evaluation of a model are all specs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from catalog.limits import DEFAULT_JOB_SECONDS

# The hyperparameter that says which program of the image runs.
_WORKLOAD: Final = "workload"
# Where a spec keeps which definition it was made from: a runner gives the environment back when it describes a run.
DEFINITION_VARIABLE: Final = "SLIPWAY_DEFINITION"

HyperparameterValue = str | int | float | bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Machines:
    """The hosts of a job, all alike. `volume_gb` is each host's disk; `volume_key` the KMS key of it, "" for none."""

    instance_type: str
    count: int = 1
    volume_gb: float = 0
    volume_key: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """The subnets and security groups that a job's hosts are in."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSpec:
    """One job.

    image            URI of the image; its tag is a hash of the sources it holds
    hyperparameters  all that the container is told, as text; `workload` among them
    channels         name -> S3 URI of what is copied to every host before the start, in the order they are asked for
    output           S3 folder of the results, encrypted with the KMS key `output_key` ("": with the bucket's own)
    checkpoints      S3 folder that is kept in step with the hosts' checkpoints, "" for none
    metrics          name -> the pattern that finds its value in a line of the log
    max_wait_seconds how long a spot job may wait and run together, None for one that is not spot
    isolated         the containers reach no network at all
    """

    image: str
    hyperparameters: Mapping[str, str]
    machines: Machines
    role: str = ""
    output: str = ""
    output_key: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    checkpoints: str = ""
    metrics: Mapping[str, str] = field(default_factory=dict)
    max_seconds: int = DEFAULT_JOB_SECONDS
    max_wait_seconds: int | None = None
    spot: bool = False
    isolated: bool = False
    encrypt_traffic: bool = False
    network: Network | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def workload(self) -> str:
        """The program of the image that runs, "" where the image has only one."""
        return self.hyperparameters.get(_WORKLOAD, "")

    @property
    def definition(self) -> str:
        """Which definition it was made from, "" where nothing says so."""
        return self.environment.get(DEFINITION_VARIABLE, "")


def text(value: HyperparameterValue) -> str:
    """A hyperparameter as the container is given it: text that it reads as JSON where it can."""
    return value if isinstance(value, str) else json.dumps(value)
