"""The settings of endpoints: the defaults have no fault, and each fault says what is wrong and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.base.section import Section
from infra.serving.settings import ServingSettings, unknown_jobs
from infra.training.settings import TrainingSettings
from tests.infra.recorded_components import PLACE


def faults(section: Section) -> list[str]:
    return [str(fault) for fault in section.faults("x", PLACE)]


@pytest.mark.parametrize(
    ("endpoint", "path", "way_out"),
    [
        ({"variants": {"main": {"weight": -1}, "other": {}}}, "variants.main.weight", "0 keeps"),
        ({"variants": {"main": {"weight": 0}}}, "variants", "above 0"),
        (
            {"variants": {"main": {"min": 2, "initialCount": 1, "max": 3}}},
            "variants.main.initialCount",
            "between min 2 and max 3",
        ),
        ({"variants": {"main": {"min": 4, "initialCount": 4, "max": 3}}}, "variants.main.initialCount", "raise max to 4"),
        ({"variants": {}}, "variants", "1 to 5"),
        ({"variants": {f"v{number}": {} for number in range(6)}}, "variants", "ten alarms"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused_with_the_way_out(endpoint: dict[str, Any], path: str, way_out: str) -> None:
    found = faults(ServingSettings.model_validate({"endpoints": {"digits": endpoint}}))
    assert len(found) == 1, found
    assert found[0].startswith(f"x.endpoints.digits.{path} = ")
    assert way_out in found[0]


def test_a_variant_of_a_job_that_is_not_there_is_found() -> None:
    serving = ServingSettings.model_validate({"endpoints": {"digits": {"variants": {"main": {"job": "letters"}}}}})
    (fault,) = unknown_jobs(TrainingSettings(), serving, "slipway:serving")
    assert fault.path == "slipway:serving.endpoints.digits.variants.main.job"
    assert "digits" in fault.message


@pytest.mark.parametrize(
    ("job", "words"), [({"run": "demand"}, "runs on demand"), ({"workload": "corpus"}, "leaves no model (workload corpus)")]
)
def test_a_model_that_up_cannot_know_is_not_served(job: dict[str, Any], words: str) -> None:
    training = TrainingSettings.model_validate({"jobs": {"digits": job, "other": {}}})
    (fault,) = unknown_jobs(training, ServingSettings(), "slipway:serving")
    assert fault.path == "slipway:serving.endpoints.digits.variants.main.job"
    assert words in fault.message
    assert "serve one of other" in fault.message


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"endpoint": {}}, "endpoint"),
    ],
)
def test_a_single_wrong_value_names_a_right_one(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words.replace(".", r"\.")):
        ServingSettings.model_validate(values)


def test_the_defaults_have_no_faults() -> None:
    assert faults(ServingSettings()) == []
