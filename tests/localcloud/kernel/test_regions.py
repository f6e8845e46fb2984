"""The property `region` of a resource: where it is made, what a change of it means, and imports from another region."""

from __future__ import annotations

import pytest

from tests.localcloud import golden
from tests.localcloud.cloud import Cloud

WEST = "us-west-2"
# Types of a dozen services whose smallest golden case refers to no other resource.
ALONE = (
    *(
        "cloudwatch.LogGroup",
        "cloudwatch.MetricAlarm",
        "cloudwatch.Dashboard",
        "codebuild.Project",
        "ec2.Eip",
        "ec2.PlacementGroup",
    ),
    *("ec2.Vpc", "ecr.Repository", "kms.Key", "s3.Bucket", "sagemaker.ModelPackageGroup", "secretsmanager.Secret", "sns.Topic"),
    *("sqs.Queue", "ssm.Parameter"),
)


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


@pytest.mark.parametrize("name", ALONE)
def test_a_resource_is_in_its_region_and_another_region_replaces_it(cloud: Cloud, name: str) -> None:
    document, engine = golden.load(name), cloud.engine
    token = document["type"]
    inputs = {**cloud.world.fill(document["cases"][0]["inputs"]), "region": WEST}
    if "region" not in engine.schemas[token].inputs:
        pytest.skip("a type of no region")
    checked, failures = engine.check(token, "it", {}, inputs, b"x")
    assert not failures
    assert engine.preview(token, {}, checked)["region"] == WEST
    identifier, outputs = engine.create(token, checked)
    assert outputs["region"] == WEST
    assert WEST in str(outputs.get("arn", WEST)) or name == "s3.Bucket" or name == "cloudwatch.Dashboard"
    assert engine.diff(token, outputs, checked).effect == "none"
    elsewhere = engine.diff(token, outputs, {**checked, "region": "eu-west-1"})
    assert (elsewhere.effect, elsewhere.replaces) == ("replace", ("region",))
    silent = {key: value for key, value in checked.items() if key != "region"}
    assert engine.diff(token, outputs, silent).effect == "none"
    assert engine.preview(token, outputs, silent)["region"] == WEST
    read = engine.read(token, identifier, checked, outputs)
    assert read is not None
    assert engine.diff(token, read[1], checked).effect == "none"
    imported = engine.read(token, f"{identifier}@{WEST}", {}, {})
    assert imported is not None
    assert (imported[0], imported[1]["region"], imported[2]["region"]) == (identifier, WEST, WEST)
    if name != "s3.Bucket":  # the one name that all regions share
        assert engine.read(token, identifier, {}, {}) is None
    engine.delete(token, identifier, outputs)
    if name not in ("kms.Key", "secretsmanager.Secret"):  # these two wait for their deletion
        assert engine.read(token, identifier, checked, outputs) is None
