"""The approval of model versions: the gate, the decision, and its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tools.models import ModelVersion, RegistryError, approval, registry
from tools.models.approval import Gate, faults
from tools.models.version import Artifact, Evaluation, Inference, Lineage

from .cloud import BUCKET, TEST_DATA, Cloud

RULES: Mapping[str, Any] = {"test_accuracy": {"min": 0.97}, "test_loss": {"max": 0.2}}
ASKED = Gate(rules=RULES, data=TEST_DATA, command="./slipway models evaluate digits/1")
FREE = Gate(rules={}, evaluated=False)


def evaluated(metrics: Mapping[str, float] | None = None, **changes: Any) -> ModelVersion:
    evaluation = Evaluation(job="eval-1", metrics=metrics or {"test_accuracy": 0.98, "test_loss": 0.1}, data=TEST_DATA, etag="e1")
    return replace(
        ModelVersion(
            group="digits",
            version=1,
            arn="arn",
            status="PendingManualApproval",
            created=None,
            metrics={},
            artifact=Artifact(uri=f"s3://{BUCKET}/m", etag="e1"),
            lineage=Lineage(training_job="j"),
            inference=Inference(image="i"),
            evaluation=evaluation,
        ),
        **changes,
    )


def test_a_version_that_meets_every_rule_may_be_approved() -> None:
    assert faults(evaluated(), ASKED) == []


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"test_accuracy": 0.9, "test_loss": 0.1}, "test_accuracy is 0.9, at least 0.97 is asked; train a better one, or change"),
        ({"test_accuracy": 0.98, "test_loss": 0.5}, "test_loss is 0.5, at most 0.2 is asked"),
        ({"test_accuracy": float("nan"), "test_loss": 0.1}, "test_accuracy is nan, at least 0.97"),
        ({"test_accuracy": 0.98}, "test_loss was not measured; the evaluation eval-1 has test_accuracy"),
    ],
)
def test_a_rule_that_is_not_met_names_metric_value_limit_and_way_out(metrics: Mapping[str, float], said: str) -> None:
    (fault,) = faults(evaluated(metrics), ASKED)
    assert said in fault


def test_all_rules_that_are_not_met_are_named_and_both_ends_count() -> None:
    assert len(faults(evaluated({"test_accuracy": 0.1, "test_loss": 9.0}), ASKED)) == 2
    between = Gate(rules={"size": {"min": 1.0, "max": 2.0}}, data=TEST_DATA)
    assert [len(faults(evaluated({"size": value}), between)) for value in (0.9, 1.0, 2.0, 2.1)] == [1, 0, 0, 1]


def test_the_fault_of_a_version_without_evaluation_names_the_command() -> None:
    assert faults(evaluated(evaluation=None), ASKED) == ["it was never evaluated; run `./slipway models evaluate digits/1`"]


def test_an_evaluation_of_other_data_or_of_another_artifact_does_not_count() -> None:
    (other,) = faults(evaluated(), replace(ASKED, data="s3://b/new/test/"))
    assert f"it was evaluated on {TEST_DATA}, the stack now tests on s3://b/new/test/; run `./slipway models evaluate" in other
    (replaced,) = faults(evaluated(artifact=Artifact(uri="s3://b/m", etag="e2")), ASKED)
    assert "its evaluation was of another artifact (ETag e1)" in replaced


def test_without_rules_an_evaluation_is_asked_for_where_the_stack_has_one() -> None:
    assert faults(evaluated(evaluation=None), Gate(rules={}))
    assert faults(evaluated(evaluation=None), FREE) == []
    # Rules that nothing can measure are never met.
    assert faults(evaluated(evaluation=None), Gate(rules=RULES, evaluated=False))


def test_an_approval_records_who_and_why_and_a_second_one_changes_nothing(cloud: Cloud, group: str) -> None:
    version, new = approval.approve(cloud, cloud.version(group), FREE, reason="better\n on   blurred: digits")
    assert (version.status, new, version.approval.reason) == ("Approved", True, "better on blurred: digits")
    assert "arn:aws:" in version.approval.by
    again, new = approval.approve(cloud, version, FREE, reason="once more")
    assert (again, new) == (version, False)
    assert registry.find(cloud, group) == version


def test_an_approved_version_is_rejected_and_a_rejected_one_approved_again(cloud: Cloud, group: str) -> None:
    version, _ = approval.approve(cloud, cloud.version(group), FREE, reason="good")
    rejected, new = approval.reject(cloud, version, reason="fails on zeros")
    assert (rejected.status, new, rejected.approval.reason) == ("Rejected", True, "fails on zeros")
    assert approval.reject(cloud, rejected, reason="again") == (rejected, False)
    assert approval.approve(cloud, rejected, FREE, reason="mended data")[0].status == "Approved"


def test_approving_under_the_limit_is_refused_and_changes_nothing(cloud: Cloud, group: str) -> None:
    version = cloud.version(group)
    with pytest.raises(RegistryError) as refused:
        approval.approve(cloud, version, ASKED, reason="please")
    assert str(refused.value).splitlines()[0] == f"{version.name} may not be approved:"
    assert registry.find(cloud, group) == version


def test_an_artifact_that_is_gone_or_replaced_is_not_approved(cloud: Cloud, group: str) -> None:
    version = cloud.version(group)
    key = version.artifact.uri.removeprefix(f"s3://{BUCKET}/")
    cloud.put(key, b"another")
    with pytest.raises(RegistryError, match=f"is not the artifact that was registered as {version.name}"):
        approval.approve(cloud, version, FREE, reason="good")
    cloud.s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(RegistryError, match="is gone; train again"):
        approval.approve(cloud, version, FREE, reason="good")
    # A version whose artifact is gone can still be rejected.
    assert approval.reject(cloud, version, reason="gone")[0].status == "Rejected"


@pytest.mark.parametrize(("reason", "said"), [(" \n ", "a reason is missing"), ("x" * 1024, "the reason has 1024 characters")])
def test_an_empty_or_too_long_reason_is_refused(cloud: Cloud, group: str, reason: str, said: str) -> None:
    version = cloud.version(group)
    with pytest.raises(ValueError, match=said):
        approval.reject(cloud, version, reason=reason)
    assert registry.find(cloud, group) == version
