"""The jobs and rules of a stack file are checked against the workloads and the policy pack before anything is planned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.base.section import SettingsError
from policies.overrides import Overrides
from tests.support.stacks import config_of
from tools.flows.stack_settings import overrides_of, overrides_of_file, settings_of

ROOT = Path(__file__).resolve().parents[3]


def with_job(folder: Path, monkeypatch: pytest.MonkeyPatch, **job: Any) -> None:
    """The local stack's file, with one more job, in another folder."""
    content = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text(encoding="utf-8"))
    content["config"]["slipway:training"]["jobs"]["more"] = {"run": "demand", **job}
    (folder / "Pulumi.local.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv("SLIPWAY_STACKS", str(folder))


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_the_stacks_own_hyperparameters_are_what_their_workloads_take(stack: str) -> None:
    assert settings_of(stack).environment == stack


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"hyperparameters": {"epochs": 0}}, "epochs is 0; it must be a whole number from 1 to 10000"),
        ({"hyperparameters": {"learning_rat": 0.1}}, "did you mean learning_rate"),
        ({"workload": "language", "dataset": "corpus", "hyperparameters": {"model": "2m"}}, "model is '2m'; choose one of 1m"),
        ({"workload": "corpus", "hyperparameters": {"test_share": 2}}, "test_share is 2; it must be a number from 0 to 0.5"),
    ],
)
def test_a_wrong_hyperparameter_is_a_fault_of_the_stack_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: dict[str, Any], said: str
) -> None:
    with_job(tmp_path, monkeypatch, **job)
    with pytest.raises(SettingsError) as refused:
        settings_of("local")
    (fault,) = refused.value.faults
    assert fault.path == "slipway:training.jobs.more.hyperparameters"
    assert said in fault.message


def test_the_hyperparameters_of_somebody_elses_workload_are_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_job(tmp_path, monkeypatch, workload="mine", dataset="digits", hyperparameters={"whatever": 1})
    assert settings_of("local").training.jobs["more"].workload == "mine"


def _stack_file(folder: Path, monkeypatch: pytest.MonkeyPatch, policies: dict[str, object]) -> None:
    document = {"config": {**config_of("local"), "slipway:policies": policies}}
    (folder / "Pulumi.local.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.setenv("SLIPWAY_STACKS", str(folder))


def test_an_unknown_rule_in_a_stack_file_is_a_fault_with_the_nearest_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stack_file(tmp_path, monkeypatch, {"severity": {"s3-bucket-agse": "off"}})
    with pytest.raises(SettingsError) as caught:
        settings_of("local")
    (fault,) = caught.value.faults
    assert fault.path == "slipway:policies.severity"
    assert "did you mean s3-bucket-ages" in fault.message


def test_the_overrides_are_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = {"rule": "s3-bucket-ages", "resource": "raw", "who": "Ada", "why": "x", "until": "2027-01-31"}
    _stack_file(tmp_path, monkeypatch, {"severity": {"s3-bucket-versioned": "advisory"}, "exceptions": [terms]})
    found = overrides_of(settings_of("local"))
    assert found.severity == {"s3-bucket-versioned": "advisory"}
    (one,) = found.exceptions
    assert (one.rule, one.until.isoformat(), one.where) == ("s3-bucket-ages", "2027-01-31", "slipway:policies.exceptions[0]")


def test_a_stack_file_weighs_the_rules_for_a_plan_from_a_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _stack_file(tmp_path, monkeypatch, {"severity": {"s3-bucket-ages": "off"}})
    assert overrides_of_file("local").severity == {"s3-bucket-ages": "off"}
    with pytest.raises(FileNotFoundError, match="there is no stack 'nowhere'"):
        overrides_of_file("nowhere")
    _stack_file(tmp_path, monkeypatch, {"severity": {"s3-bucket-age": "off"}})
    with pytest.raises(SettingsError):
        overrides_of_file("local")


def test_a_stack_file_that_says_nothing_of_policies_is_not_judged_with_a_plan_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.local.yaml").write_text("config: {slipway:network: 7}")
    monkeypatch.setenv("SLIPWAY_STACKS", str(tmp_path))
    assert overrides_of_file("local") == Overrides.read({})
