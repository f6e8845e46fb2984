"""What `train --json` and `tune --json` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, cast

from tools.flows.documents.models import ModelDocument

if TYPE_CHECKING:
    from tools.jobs.result import Result
    from tools.models.version import ModelVersion
    from tools.tuning.search import Outcome


class JobDocument(TypedDict):
    """A training job: as it ended, or as it is now."""

    job: Annotated[str, "Its name in SageMaker."]
    status: Annotated[str, "Its TrainingJobStatus."]
    seconds: Annotated[float, "How long it has run."]
    metrics: Annotated[dict[str, float], "Its final metrics."]
    artifact: Annotated[str | None, "Where its result is in S3; null where it has none."]
    cost_usd: Annotated[float | None, "What it cost, at the prices of AWS; null where its machines have no known price."]
    failure: Annotated[str | None, "Why it failed or was stopped; null otherwise."]
    version: Annotated[ModelDocument | None, "The version that its model was registered as; null where it was not."]
    series: Annotated[list[list[float]], "The loss as (step, loss) pairs; empty where it was not followed."]


class TrialDocument(TypedDict):
    """One trial of a search."""

    number: Annotated[int, "Which trial, from 0."]
    job: Annotated[str | None, "Its training job; null before it has one."]
    params: Annotated[dict[str, Any], "Its hyperparameters."]
    value: Annotated[float | None, "The metric that decides; null where it ended without."]
    status: Annotated[str, "How it ended or that it runs; `interrupted` where a person stopped the search."]
    seconds: Annotated[float | None, "How long its job ran."]
    cost_usd: Annotated[float | None, "What its job cost."]
    failure: Annotated[str | None, "Why it failed."]


class TuneDocument(TypedDict):
    """A search for better hyperparameters."""

    study: Annotated[str, "The study, under which its trials are kept."]
    metric: Annotated[str, "The metric that decides."]
    direction: Annotated[Literal["minimize", "maximize"], "Which way is better."]
    ended: Annotated[str, "Why it ended: done, over budget, interrupted and the like."]
    trials: Annotated[list[TrialDocument], "All trials of the study."]
    best: Annotated[TrialDocument | None, "The best one; null where none ended well."]
    cost_usd: Annotated[float, "What all of them cost."]


def job_document(result: Result, version: ModelVersion | None = None) -> JobDocument:
    """A run, and the version that its model was registered as."""
    return {
        "job": result.job,
        "status": result.status,
        "seconds": round(result.seconds, 1),
        "metrics": dict(result.metrics),
        "artifact": result.artifact,
        "cost_usd": result.cost_usd,
        "failure": result.failure,
        "version": cast(ModelDocument, version.to_json()) if version else None,
        "series": [list(point) for point in result.series],
    }


def tune_document(outcome: Outcome) -> TuneDocument:
    """A search and all its trials."""
    return cast(TuneDocument, outcome.to_json())
