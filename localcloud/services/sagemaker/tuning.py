"""Hyperparameter tuning jobs by name: what a request may do to them, and the searches behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from catalog.jobs import ENDED
from localcloud.services.sagemaker import tuning_space
from localcloud.services.sagemaker.invoke import Answer
from localcloud.services.sagemaker.kept import DAEMON_STOPPED, Kept
from localcloud.services.sagemaker.metrics import compile_metric
from localcloud.services.sagemaker.shared import RequestError, Shared, bad_name, invalid
from localcloud.services.sagemaker.tuning_run import TuningRun, static_hyperparameters
from localcloud.services.sagemaker.tuning_space import Range, refused

Forward = Callable[[], Answer]
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
NAME_PATTERN = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"
SORTED_BY = {
    "Name": lambda each: each["TrainingJobName"],
    "CreationTime": lambda each: each.get("CreationTime", 0.0),
    "Status": lambda each: each["TrainingJobStatus"],
    "FinalObjectiveMetricValue": lambda each: each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
}


class Tuning:
    """All tuning runs of this daemon, by region and name. `operations` are the requests that it answers."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.kept: Kept[TuningRun] = Kept()
        self.operations: dict[str, Callable[[str, dict[str, Any], Forward], Answer | dict[str, Any]]] = {
            "CreateHyperParameterTuningJob": self._create,
            "StopHyperParameterTuningJob": self._stop,
            "DeleteHyperParameterTuningJob": self._delete,
            "ListTrainingJobsForHyperParameterTuningJob": self._training_jobs,
        }

    def _create(self, region: str, request: dict[str, Any], forward: Forward) -> Answer:
        name = str(request.get("HyperParameterTuningJobName", ""))
        if re.fullmatch(NAME_PATTERN, name) is None or len(name) > 32:
            raise bad_name(name, "hyperParameterTuningJobName", NAME_PATTERN)
        jobs = self._shared.backend(region).hyper_parameter_tuning_jobs
        if name in jobs:
            raise RequestError(
                "ResourceInUse",
                "Hyperparameter tuning job names must be unique within an AWS account and region, "
                f"and a hyperparameter tuning job with this name already exists ({jobs[name].arn})",
            )
        ranges, metric = _checked(request)
        answer = forward()
        if answer.status == 200:
            job = jobs[name]
            definition = {**request["TrainingJobDefinition"]}
            definition["StaticHyperParameters"] = dict(static_hyperparameters(definition, metric))
            job.training_job_definition = definition
            run = TuningRun(self._shared, job, {**request, "TrainingJobDefinition": definition}, region=region, ranges=ranges)
            self.kept.begin(region, name, run)
        return answer

    def _stop(self, region: str, request: dict[str, Any], _forward: Forward) -> dict[str, Any]:
        job = self._find(region, request["HyperParameterTuningJobName"])
        status = job.hyper_parameter_tuning_job_status
        if status in ENDED:
            raise invalid(f"The request was rejected because the hyperparameter tuning job is in status {status}.")
        self.kept.runs[region, job.hyper_parameter_tuning_job_name].request_stop()
        return {}

    def _delete(self, region: str, request: dict[str, Any], forward: Forward) -> Answer:
        job = self._find(region, request["HyperParameterTuningJobName"])
        if job.hyper_parameter_tuning_job_status not in ENDED:
            status = job.hyper_parameter_tuning_job_status
            raise invalid(f"The request was rejected because the hyperparameter tuning job is in status {status}.")
        self.kept.runs.pop((region, job.hyper_parameter_tuning_job_name), None)
        return forward()

    def _training_jobs(self, region: str, request: dict[str, Any], _forward: Forward) -> dict[str, Any]:
        """ListTrainingJobsForHyperParameterTuningJob, newest last unless it is asked for otherwise."""
        job = self._find(region, request["HyperParameterTuningJobName"])
        run = self.kept.runs.get((region, job.hyper_parameter_tuning_job_name))
        found = [_plain(run.attempts.summary(attempt)) for attempt in run.attempts.all] if run else []
        if status := request.get("StatusEquals"):
            found = [each for each in found if each["TrainingJobStatus"] == status]
        by = request.get("SortBy") or "Name"
        if by not in SORTED_BY:
            raise invalid(f"SortBy '{by}' must be one of {', '.join(SORTED_BY)}")
        if by == "FinalObjectiveMetricValue":  # jobs without a value are not listed then, as SageMaker says
            found = [each for each in found if "FinalHyperParameterTuningJobObjectiveMetric" in each]
        found.sort(key=SORTED_BY[by], reverse=request.get("SortOrder") == "Descending")
        start, size = _page(request)
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"TrainingJobSummaries": found[start : start + size], **more}

    def _find(self, region: str, name: str) -> Any:
        job = self._shared.backend(region).hyper_parameter_tuning_jobs.get(name)
        if job is None:
            raise RequestError("ResourceNotFound", f"Amazon SageMaker can't find a tuning job with the name {name}.")
        return job

    def adopt(self) -> None:
        """Ends the jobs that a state from an earlier daemon calls running: their search died with it."""
        with self._shared.records:
            for region, backend in self._shared.regions():
                for name, job in backend.hyper_parameter_tuning_jobs.items():
                    if job.hyper_parameter_tuning_job_status not in ENDED and (region, name) not in self.kept.runs:
                        job.hyper_parameter_tuning_job_status, job.failure_reason = "Failed", DAEMON_STOPPED


def _checked(request: Mapping[str, Any]) -> tuple[tuple[Range, ...], str]:
    """The ranges and the objective's metric. Raises RequestError for what SageMaker refuses, and for what is not run here."""
    config, definition = request["HyperParameterTuningJobConfig"], request.get("TrainingJobDefinition")
    strategy = config["Strategy"]
    criteria = config.get("TuningJobCompletionCriteria") or {}
    for there, what, way_out in (
        (request.get("TrainingJobDefinitions"), "A tuning job of several TrainingJobDefinitions", "start one for each"),
        (request.get("WarmStartConfig"), "WarmStartConfig", "start without it"),
        (request.get("Autotune"), "Autotune", "name ranges, a strategy and limits"),
        (strategy == "Hyperband", "The strategy Hyperband", "take Bayesian, Random or Grid"),
        (config.get("TrainingJobEarlyStoppingType") == "Auto", "TrainingJobEarlyStoppingType Auto", "leave it Off"),
        (criteria.get("ConvergenceDetected"), "ConvergenceDetected", "set another completion criterion"),
    ):
        if there:
            raise refused(what, way_out)
    if not definition:
        raise invalid("TrainingJobDefinition is required.")
    if strategy not in ("Bayesian", "Random", "Grid"):
        raise invalid(f"Strategy '{strategy}' must be one of Bayesian, Random, Hyperband, Grid")
    told = definition.get("HyperParameterRanges") or config.get("ParameterRanges") or {}
    ranges = tuning_space.read(told, definition.get("StaticHyperParameters") or {})
    objective = definition.get("TuningObjective") or config.get("HyperParameterTuningJobObjective")
    if not objective:
        raise invalid("HyperParameterTuningJobObjective is required.")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions") or ()
    if objective["MetricName"] not in [row["Name"] for row in metrics]:
        raise invalid(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
        )
    for row in metrics:
        try:
            compile_metric(row["Name"], row["Regex"])
        except ValueError as error:
            raise invalid(str(error)) from error
    _check_size(strategy, ranges, config["ResourceLimits"].get("MaxNumberOfTrainingJobs"))
    return ranges, str(objective["MetricName"])


def _check_size(strategy: str, ranges: tuple[Range, ...], most: int | None) -> None:
    count = tuning_space.combinations(ranges)
    if strategy == "Grid":
        if wrong := [item.name for item in ranges if not item.values]:
            raise invalid(f"Grid search takes categorical ranges only; {', '.join(wrong)} are not.")
        if most is not None and most != count:
            raise invalid(f"MaxNumberOfTrainingJobs [{most}] of a grid search must be its number of combinations, [{count:g}].")
    elif most is None:
        raise invalid("MaxNumberOfTrainingJobs is required.")
    elif count < most:
        raise invalid(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations for "
            f"the provided ranges [{float(count)}] must be equal or greater than the value of MaxNumberOfJobs, [{most}]. Provide "
            "additional ranges."
        )


def _page(request: Mapping[str, Any]) -> tuple[int, int]:
    token = str(request.get("NextToken") or 0)
    if not token.isdecimal():
        raise invalid(f"Invalid pagination token '{token}'.")
    return int(token), int(request.get("MaxResults") or 10)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same for the wire: a time is seconds since 1970 there. moto's times are UTC without saying so."""
    return {key: value.replace(tzinfo=UTC).timestamp() if isinstance(value, datetime) else value for key, value in told.items()}
