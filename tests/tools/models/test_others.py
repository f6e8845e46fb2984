"""Versions that others registered, with boto3 or SageMaker's SDK: what they did not say is unknown, and is never made up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tools.cli.app import app
from tools.flows import deployed as deployed_module
from tools.models import RegistryError, registry
from tools.models.diff import rows
from tools.models.promote import Destination, promote
from tools.models.version import ModelVersion

from .cloud import BUCKET, SERVING_IMAGE, Cloud, unique

DLC = "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-inference:2.8-cpu-py312"
ARCHIVE = f"s3://{BUCKET}/others/model.tar.gz"
KNOWN = {"training-job": "theirs-1", "training-job-arn": "arn:aws:sagemaker:us-west-2:123456789012:training-job/theirs-1"}


def served(*containers: Mapping[str, Any]) -> dict[str, Any]:
    specification = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    return {"InferenceSpecification": {"Containers": list(containers), **specification}}


def source(kind: str, compression: str, uri: str) -> dict[str, Any]:
    return {"ModelDataSource": {"S3DataSource": {"S3DataType": kind, "CompressionType": compression, "S3Uri": uri}}}


PLAIN = {"Image": DLC, "ModelDataUrl": ARCHIVE}
QUALITY = {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/others/statistics.json"}}
# What others register -> why slipway can neither evaluate nor promote it ("" where the archive is one).
OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing but a description": ({"ModelPackageDescription": "mine"}, "it has no inference specification"),
    "no metrics and no metadata": (served(PLAIN), ""),
    "metrics in a file": ({**served(PLAIN), "ModelMetrics": {"ModelQuality": QUALITY}}, ""),
    "metadata of another tool": ({**served(PLAIN), "CustomerMetadataProperties": {"accuracy": "0.9", "run": "7"}}, ""),
    "a size in words": ({**served(PLAIN), "CustomerMetadataProperties": {"artifact-bytes": "12 MB"}}, ""),
    "a size under nothing": ({**served(PLAIN), "CustomerMetadataProperties": {"artifact-bytes": "-5"}}, ""),
    "a size of nothing": ({**served(PLAIN), "CustomerMetadataProperties": {"artifact-bytes": "0"}}, ""),
    "a size with digits of elsewhere": ({**served(PLAIN), "CustomerMetadataProperties": {"artifact-bytes": "١٢"}}, ""),
    "a metric that is none": ({**served(PLAIN), "CustomerMetadataProperties": {"metric:test_accuracy": "nan"}}, ""),
    "a metric in words": ({**served(PLAIN), "CustomerMetadataProperties": {"metric:test_accuracy": "good"}}, ""),
    "two containers": (served(PLAIN, {"Image": DLC, "ModelDataUrl": f"{ARCHIVE}.2"}), "it has 2 containers"),
    "a folder": (served({"Image": DLC, **source("S3Prefix", "None", f"s3://{BUCKET}/llm/")}), "its model is the folder"),
    "an archive by its source": (served({"Image": DLC, **source("S3Object", "Gzip", ARCHIVE)}), ""),
    "a model in the image": (served({"Image": DLC}), "it names no model in S3"),
    "a model elsewhere": (served({"Image": DLC, "ModelDataUrl": "https://example.com/m.tar.gz"}), "is not in S3"),
    "an image by digest": (served({"Image": f"{DLC.partition(':')[0]}@sha256:{'0' * 64}", "ModelDataUrl": ARCHIVE}), ""),
}
each = pytest.mark.parametrize("what", OTHERS)

Run = Callable[..., Result]


def registered(cloud: Cloud, group: str, asked: Mapping[str, Any]) -> ModelVersion:
    registry.ensure_group(cloud, group)
    arn = cloud.sagemaker.create_model_package(ModelPackageGroupName=group, **asked)["ModelPackageArn"]
    return registry.describe(cloud, arn)


@pytest.fixture
def run(cloud: Cloud, group: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    there = cloud.deployed(group)
    monkeypatch.setattr(deployed_module, "deployed", lambda stack: there)

    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["models", *arguments])
        assert result.exit_code == code, f"{result.output}{result.exception!r}"
        return result

    return invoke


@each
def test_it_is_listed_shown_and_compared_and_what_it_lacks_is_unknown(run: Run, cloud: Cloud, group: str, what: str) -> None:
    ours = cloud.version(group)
    theirs = registered(cloud, group, OTHERS[what][0])
    assert theirs.artifact.bytes is None
    said = "\n".join([run("list", group).stdout, run("show", theirs.name).stdout, run("diff", ours.name, theirs.name).stdout])
    assert not re.search(r"\b0 B\b|\bNone\b|  -5", said), said
    listed, shown = json.loads(run("list", group, "--json").stdout)["models"][0], run("show", theirs.name).stdout
    assert listed["artifact"]["bytes"] is None
    assert "trained by       unknown" in shown
    assert re.search(r"artifact .* unknown", shown)
    for first, second in ((ours, theirs), (theirs, ours)):
        compared = {(row.what, row.name): row.verdict for row in rows(first, second)}
        assert compared["size", "bytes"] == compared["metric", "test_accuracy"] == "unknown"
        assert not {"better", "worse"} & set(compared.values())
        assert compared["code", "sources"] == compared["hyperparameter", "digest"] == compared["data", "test"] == "unknown"


@each
def test_it_is_the_same_as_itself(run: Run, cloud: Cloud, group: str, what: str) -> None:
    theirs = registered(cloud, group, OTHERS[what][0])
    assert run("diff", theirs.name, theirs.name).stdout.strip() == f"{theirs.name} and {theirs.name} are the same"


@each
def test_it_is_neither_promoted_nor_evaluated_where_it_is_not_one_archive_and_says_why(
    run: Run, cloud: Cloud, group: str, what: str
) -> None:
    asked, why = OTHERS[what]
    to = Destination(group=group, folder=f"s3://{BUCKET}/promoted", repository=group, holds_images=False, up="up", push="push")
    approved = registered(cloud, group, {**asked, "ModelApprovalStatus": "Approved"})
    with pytest.raises(RegistryError, match="was not registered by slipway: what it was made of is not known"):
        promote(cloud, cloud, approved, to)
    if why:
        for verb in (("evaluate",), ("approve", "--reason", "x")):
            theirs = registered(cloud, group, asked)
            told = json.loads(run(verb[0], theirs.name, *verb[1:], "--json", code=1).stdout)["error"]["lines"]
            assert verb[0] == "approve" or why in told[0], told
        properties = {**asked.get("CustomerMetadataProperties", {}), **KNOWN}
        known = registered(cloud, group, {**asked, "ModelApprovalStatus": "Approved", "CustomerMetadataProperties": properties})
        with pytest.raises(RegistryError, match=f"cannot be promoted: .*{re.escape(why)}"):
            promote(cloud, cloud, known, to)


def test_a_version_whose_image_has_no_tag_is_not_promoted_to_an_image_that_nobody_built(cloud: Cloud, group: str) -> None:
    asked = {**OTHERS["an image by digest"][0], "CustomerMetadataProperties": KNOWN, "ModelApprovalStatus": "Approved"}
    to = Destination(group=group, folder=f"s3://{BUCKET}/promoted", repository=group, holds_images=False, up="up", push="push")
    with pytest.raises(RegistryError, match="has no tag by which the same build is found there"):
        promote(cloud, cloud, registered(cloud, group, asked), to)


def test_a_model_without_one_archive_is_not_approved_where_nothing_else_is_asked(cloud: Cloud, group: str) -> None:
    from tools.models import approval
    from tools.models.approval import Gate

    theirs = registered(cloud, group, OTHERS["two containers"][0])
    with pytest.raises(RegistryError, match="may not be approved: it has 2 containers"):
        approval.approve(cloud, theirs, Gate(rules={}, evaluated=False), reason="x")


def test_a_package_without_a_group_is_told_apart_from_a_name_that_is_wrong(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="is a model package without a group"):
        registry.find(cloud, f"arn:aws:sagemaker:us-west-2:123456789012:model-package/{unique('alone')}")


def test_the_etag_that_sagemaker_tells_of_an_archive_is_taken() -> None:
    package = {
        "ModelPackageArn": "arn",
        **served({**PLAIN, "ModelDataETag": '"abc"'}),
        "CreationTime": None,
        "ModelPackageVersion": 1,
    }
    assert ModelVersion.from_package(package).artifact.etag == "abc"


def test_two_models_of_ours_are_compared_as_before(cloud: Cloud, group: str) -> None:
    first, second = cloud.version(group), cloud.version(group)
    assert first.inference.image == SERVING_IMAGE
    assert "unknown" not in {row.verdict for row in rows(first, second)}
