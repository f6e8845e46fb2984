"""The settings of training jobs: the defaults have no fault, and each fault says what is wrong and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.base.section import Section
from infra.training.settings import TrainingSettings
from tests.infra.recorded_components import PLACE


def faults(section: Section) -> list[str]:
    return [str(fault) for fault in section.faults("x", PLACE)]


@pytest.mark.parametrize(
    ("job", "path", "way_out"),
    [
        ({"spot": True, "checkpoints": False}, "spot", "checkpoints: true"),
        ({"maxWaitSeconds": 7200}, "maxWaitSeconds", "spot: true"),
        ({"spot": True, "maxRuntimeSeconds": 3600, "maxWaitSeconds": 600}, "maxWaitSeconds", "3600"),
        ({"processesPerHost": 8}, "processesPerHost", "2 CPUs"),
        ({"instanceType": "ml.p5.48xlarge", "processesPerHost": 16}, "processesPerHost", "8 accelerators"),
        ({"hyperparameters": {"workload": "other"}}, "hyperparameters.workload", "`workload`"),
        ({"workload": "own", "dataset": "digits", "hyperparameters": {f"h{n}": n for n in range(96)}}, "hyperparameters", "100"),
        ({"hyperparameters": {"data_uri": "s3://x/"}}, "hyperparameters.data_uri", "`dataset`"),
        ({"search": {"checkpoint_uri": {"choices": ["a"]}}}, "search.checkpoint_uri", "`streaming`"),
        ({"metrics": [f"m{number}" for number in range(41)]}, "metrics", "drop 1"),
        ({"streaming": True, "networkIsolation": True}, "networkIsolation", "streaming needs it"),
        ({"workload": "corpus", "networkIsolation": True}, "networkIsolation", "writes to the lake"),
        ({"dataset": "digit"}, "dataset", "did you mean digits?"),
        ({"workload": "corpus", "dataset": "digits"}, "dataset", "drop it"),
        ({"workload": "language"}, "dataset", "needs one"),
        ({"workload": "letters"}, "workload", "digits"),
        ({"needs": ["corpus"]}, "needs[0]", "no training job"),
        ({"needs": ["digits"]}, "needs", "circle"),
        ({"fromModel": {"job": "x", "group": "y"}, "run": "demand"}, "fromModel", "no one model"),
        ({"fromModel": {}, "run": "demand"}, "fromModel", "job"),
        ({"fromModel": {"group": "slipway-dev-digits"}}, "run", "run: demand"),
        ({"teacher": {"job": "wide"}, "run": "demand"}, "teacher.job", "there are digits"),
        ({"approval": {"test_f1": {"min": 0.9}}}, "approval.test_f1", "metrics"),
        ({"approval": {"test_loss": {}}}, "approval.test_loss", "min, max or both"),
        ({"approval": {"test_loss": {"min": 2, "max": 1}}}, "approval.test_loss.min", "above max 1"),
        ({"search": {"width": {"low": 8}}}, "search.width.high", "give high"),
        ({"search": {"width": {"low": 8, "high": 8}}}, "search.width.low", "not below"),
        ({"search": {"width": {"low": 8, "high": 9, "choices": [1]}}}, "search.width", "low and high, or choices"),
        ({"search": {"width": {"low": 0, "high": 9, "log": True}}}, "search.width.log", "above 0"),
        ({"search": {"width": {"low": 1, "high": 9, "log": True, "step": 2}}}, "search.width.step", "drop it"),
        ({"channels": {"model": "models/x/"}}, "channels.model", "`fromModel`"),
        ({"channels": {f"c{number}": f"x/{number}/" for number in range(17)}}, "channels", "use fewer"),
    ],
)
def test_a_job_that_cannot_work_is_refused_with_the_way_out(job: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(TrainingSettings.model_validate({"jobs": {"digits": job}}))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.jobs.digits.{path} = ")
    assert way_out in found[0]


TWO = {"digits": {}, "corpus": {"workload": "corpus", "run": "demand"}}


def test_what_up_runs_cannot_wait_for_what_it_does_not_run() -> None:
    jobs = {**TWO, "language": {"workload": "language", "dataset": "corpus"}}
    (fault,) = faults(TrainingSettings.model_validate({"jobs": jobs}))
    assert fault.startswith("x.jobs.language.run = 'up': needs corpus, which `up` does not run")


def test_a_model_cannot_come_from_a_job_that_leaves_none() -> None:
    jobs = {**TWO, "tuned": {"run": "demand", "fromModel": {"job": "corpus"}}}
    (fault,) = faults(TrainingSettings.model_validate({"jobs": jobs}))
    assert fault.startswith("x.jobs.tuned.fromModel.job = 'corpus': leaves no model")


def test_a_circle_of_needs_is_reported_once() -> None:
    jobs = {name: {"run": "demand", "needs": [need]} for name, need in (("a", "b"), ("b", "c"), ("c", "a"))}
    (fault,) = faults(TrainingSettings.model_validate({"jobs": jobs}))
    assert fault.startswith("x.jobs.a.needs = 'a -> b -> c -> a': goes in a circle")


def test_jobs_come_after_what_they_read() -> None:
    jobs = {
        "language": {"workload": "language", "dataset": "corpus", "run": "demand", "needs": ["digits"]},
        "tuned": {"run": "demand", "fromModel": {"job": "digits"}},
        **TWO,
    }
    training = TrainingSettings.model_validate({"jobs": jobs})
    assert faults(training) == []
    assert training.needs("language") == ("digits", "corpus")
    assert training.ordered() == ["digits", "corpus", "language", "tuned"]


def test_a_job_has_no_network_unless_it_reaches_s3_itself() -> None:
    jobs = {**TWO, "stream": {"streaming": True}, "open": {"networkIsolation": False}}
    isolated = {name: job.isolated for name, job in TrainingSettings.model_validate({"jobs": jobs}).jobs.items()}
    assert isolated == {"digits": True, "corpus": False, "stream": False, "open": False}


def test_a_spot_job_waits_twice_its_runtime_unless_the_wait_is_set() -> None:
    jobs = TrainingSettings.model_validate({"jobs": {"a": {"spot": True, "maxRuntimeSeconds": 600}, "b": {}}}).jobs
    assert jobs["a"].longest_wait_seconds == 1200
    assert jobs["b"].longest_wait_seconds is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"jobs": {"digits": {"instanceType": "m5.large"}}}, "ml.m5.large"),
        ({"jobs": {"Digits_1": {}}}, "lower-case"),
        ({"jobs": {"digits": {"run": "later"}}}, "'up' or 'demand'"),
        ({"jobs": {"digits": {"channels": {"labels": "s3://mine/labels/"}}}}, "labels/v3/"),
        ({"jobs": {"digits": {"channels": {"labels": "../models/"}}}}, "labels/v3/"),
        ({"jobs": {"digits": {"fromModel": {"group": "no group"}}}}, "slipway-dev-digits"),
    ],
)
def test_a_single_wrong_value_names_a_right_one(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace(".", r"\.")):
        TrainingSettings.model_validate(values)


def test_the_defaults_have_no_faults() -> None:
    assert faults(TrainingSettings()) == []
