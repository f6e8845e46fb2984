"""One hyperparameter tuning job: starts real training jobs, reads their objective, and asks for the next values.

A run is one thread. Its training jobs are started through the cloud's own front, so they are checked, run, logged and listed as
any other.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.utils import utcnow

from catalog.jobs import ENDED, PROGRAM
from localcloud.services.sagemaker import tuning_space
from localcloud.services.sagemaker.kept import DAEMON_STOPPED
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.tuning_attempts import Attempt, Attempts
from localcloud.services.sagemaker.tuning_space import Range

PERIOD_S = 0.2
# What a training job takes over from the definition as it stands.
TAKEN = (
    "RoleArn",
    "AlgorithmSpecification",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "RetryStrategy",
    "Environment",
)
# As many draws at random before a Bayesian search learns from them: fewer say nothing about ranges of several dimensions.
RANDOM_FIRST = 5


class TuningRun:
    """A tuning job that runs or has run. `job` is its record in moto."""

    def __init__(self, shared: Shared, job: Any, request: Mapping[str, Any], *, region: str, ranges: tuple[Range, ...]) -> None:
        self._shared, self._job, self._request, self._region, self._ranges = shared, job, request, region, ranges
        self._config, self._definition = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
        objective = self._definition.get("TuningObjective") or self._config["HyperParameterTuningJobObjective"]
        self._maximize = objective["Type"] == "Maximize"
        self.attempts = Attempts(
            shared,
            region,
            metric=objective["MetricName"],
            type_=objective["Type"],
            definition_name=self._definition.get("DefinitionName"),
        )
        self._limits = self._config["ResourceLimits"]
        grid = self._config["Strategy"] == "Grid"
        self._most = int(tuning_space.combinations(ranges) if grid else self._limits["MaxNumberOfTrainingJobs"])
        self._grid = tuning_space.grid(ranges) if grid else None
        self._study: Any = None
        self._ending = threading.Event()
        self._interrupted = False
        self._thread = threading.Thread(target=self._main, name=f"tuning job {self.name}", daemon=True)

    @property
    def name(self) -> str:
        return str(self._job.hyper_parameter_tuning_job_name)

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        """Takes away what moto made up of a job that it does not run, and begins. Call with the records' lock held."""
        job = self._job
        job.hyper_parameter_tuning_job_status, job.hyper_parameter_tuning_end_time = "InProgress", None
        job.best_training_job = job.OverallBestTrainingJob = job.failure_reason = job.tuning_job_completion_details = None
        self.attempts.tell(job)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def request_stop(self) -> None:
        """StopHyperParameterTuningJob: what runs is stopped, nothing new is begun. Call with the records' lock held."""
        self._job.hyper_parameter_tuning_job_status = "Stopping"
        self._ending.set()

    def interrupt(self) -> None:
        """The daemon ends, and the training jobs with it."""
        self._interrupted = True
        self._ending.set()

    def _main(self) -> None:
        try:
            status, reason = self._run()
        except (ClientError, BotoCoreError) as error:
            status, reason = "Failed", f"ClientError: the training job could not be started: {error}"
        except Exception as error:  # an exception here must end the job too, or whoever waits for it waits for ever
            status, reason = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        if self._interrupted:
            status, reason = "Failed", DAEMON_STOPPED
        else:
            self._stop_all()
        with self._shared.records:
            self._look()
            job = self._job
            job.failure_reason = reason[:1024] or None
            job.hyper_parameter_tuning_end_time = job.last_modified_time = utcnow()
            job.hyper_parameter_tuning_job_status = status

    def _run(self) -> tuple[str, str]:
        """Until all training jobs have run, or something ends the search: the job's status and FailureReason."""
        end = time.monotonic() + float(self._limits.get("MaxRuntimeInSeconds") or "inf")
        while True:
            with self._shared.records:
                self._look()
                running, begun = len(self.attempts.running), len(self.attempts.all)
                hopeless = self.attempts.hopeless(self._most)
                satisfied = self.attempts.satisfied(self._config.get("TuningJobCompletionCriteria") or {})
            if self._ending.is_set() or time.monotonic() > end:
                return "Stopped", ""
            if hopeless:
                return "Failed", hopeless
            if satisfied or (not running and begun >= self._most):
                return "Completed", ""
            if running < int(self._limits["MaxParallelTrainingJobs"]) and begun < self._most:
                self._begin(begun + 1)
            else:
                self._ending.wait(PERIOD_S)

    def _begin(self, number: int) -> None:
        name = f"{self.name}-{number:03d}-{uuid.uuid4().hex[:8]}"
        trial, values = self._draw()
        self._client().create_training_job(**self._training_job(name, values))
        attempt = Attempt(name=name, values=values, trial=trial)
        with self._shared.records:
            self.attempts.training_job(attempt).tuning_job_arn = self._job.arn
            self.attempts.all.append(attempt)
            self.attempts.tell(self._job)

    def _draw(self) -> tuple[Any, dict[str, str]]:
        if self._grid is not None:
            return None, next(self._grid)
        if self._study is None:
            self._study = self._begin_study()
        trial = self._study.ask()
        return trial, {item.name: item.draw(trial) for item in self._ranges}

    def _begin_study(self) -> Any:
        import optuna  # takes a second, and only tuning jobs need it

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = self._config.get("RandomSeed")
        if self._config["Strategy"] == "Random":
            sampler: Any = optuna.samplers.RandomSampler(seed=seed)
        else:
            # Jobs run side by side: those that still run are taken as bad, so that the next ones are drawn elsewhere.
            sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_FIRST, constant_liar=True)
        return optuna.create_study(direction="maximize" if self._maximize else "minimize", sampler=sampler)

    def _training_job(self, name: str, values: Mapping[str, str]) -> dict[str, Any]:
        asked = self._definition
        request = {
            "TrainingJobName": name,
            "HyperParameters": {**(asked.get("StaticHyperParameters") or {}), **values},
            "ResourceConfig": _resources(asked),
            **{key: asked[key] for key in TAKEN if asked.get(key) is not None},
        }
        if checkpoints := asked.get("CheckpointConfig"):
            # Two trials under one prefix would go on from each other's weights.
            request["CheckpointConfig"] = {**checkpoints, "S3Uri": f"{checkpoints['S3Uri'].rstrip('/')}/{name}"}
        if self._request.get("Tags"):
            request["Tags"] = self._request["Tags"]
        return request

    def _look(self) -> None:
        ended = self.attempts.look()
        if self._study is not None and ended:
            from optuna.trial import TrialState

            for attempt in ended:
                failed = {"state": TrialState.FAIL} if attempt.objective is None else {}
                self._study.tell(attempt.trial, attempt.objective, **failed)
        self.attempts.tell(self._job)

    def _stop_all(self) -> None:
        """Stops the training jobs that still run, and waits for their ends."""
        for attempt in self.attempts.running:
            try:
                self._client().stop_training_job(TrainingJobName=attempt.name)
            except (ClientError, BotoCoreError):
                continue  # it has ended meanwhile
        while not self._interrupted and any(self.attempts.status(each) not in ENDED for each in self.attempts.all):
            time.sleep(PERIOD_S)

    def _client(self) -> Any:
        return boto3.session.Session().client(
            "sagemaker",
            region_name=self._region,
            endpoint_url=self._shared.endpoint_url(),
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"max_attempts": 1}),
        )


def static_hyperparameters(definition: Mapping[str, Any], metric: str) -> Iterator[tuple[str, str]]:
    """StaticHyperParameters as SageMaker keeps them: with the objective's name, in the quotes that a script's toolkit reads."""
    static = definition.get("StaticHyperParameters") or {}
    yield from static.items()
    yield "_tuning_objective_metric", f'"{metric}"' if PROGRAM in static else metric


def _resources(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A training job's ResourceConfig, also from the form that lets a tuning job choose among instance types: the first."""
    if definition.get("ResourceConfig"):
        return dict(definition["ResourceConfig"])
    told = dict(definition.get("HyperParameterTuningResourceConfig") or {})
    first, *_ = told.pop("InstanceConfigs", None) or [{}]
    told.pop("AllocationStrategy", None)
    return {**told, **first}
