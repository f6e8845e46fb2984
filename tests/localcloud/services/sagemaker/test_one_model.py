"""What the local cloud does not serve (several models behind one endpoint) and what AWS itself refuses of models."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from localcloud.services.sagemaker.invoke import Invoker
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.variants import DeployFailed, model_spec
from tests.localcloud.unchecked import ROLE, Unchecked

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-local-serving:src-0123456789ab"
CONTAINER = {"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}
SHARED = cast(Shared, SimpleNamespace(python="python", account="123456789012"))


def model(primary: dict[str, Any] | None = None, containers: list[dict[str, Any]] | None = None) -> Any:
    return SimpleNamespace(model_name="m", primary_container=primary, containers=containers)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (model(containers=[CONTAINER, CONTAINER]), "has 2 containers, a serial inference pipeline"),
        (model(containers=[CONTAINER] * 3), "has 3 containers"),
        (model({**CONTAINER, "Mode": "MultiModel"}), "of mode MultiModel"),
        (model(containers=[{**CONTAINER, "Mode": "MultiModel"}]), "of mode MultiModel"),
        (model({"Image": "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-serving:2"}), "only our own workloads can"),
        (model({"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/team-serving:1"}), "only our own workloads can"),
    ],
)
def test_a_model_that_would_be_served_in_part_is_refused_with_the_reason(made: Any, says: str) -> None:
    with pytest.raises(DeployFailed, match=says):
        model_spec(SHARED, "us-east-1", made)


@pytest.mark.parametrize("made", [model(CONTAINER), model(containers=[CONTAINER]), model({**CONTAINER, "Mode": "SingleModel"})])
def test_a_model_of_one_container_is_served(made: Any) -> None:
    assert model_spec(SHARED, "us-east-1", made).image == IMAGE


def test_a_target_model_is_refused_where_an_endpoint_has_one_model() -> None:
    endpoints = SimpleNamespace(find=lambda _region, name: SimpleNamespace(name=name, deployment=None, status="InService"))
    invoker = Invoker(SHARED, cast(Any, endpoints), cast(Any, None))
    answer = invoker.invoke("us-east-1", "digits", {"x-amzn-sagemaker-target-model": "a.tar.gz"}, b"{}")
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationError")
    assert (
        json.loads(answer.body)["Message"]
        == "Endpoint digits is not a multi-model endpoint and does not support target model header."
    )


@pytest.mark.parametrize(
    ("packaged", "own", "refused"),
    [
        ({"A": "1"}, {"B": "2"}, True),
        ({"A": "1"}, {"A": "1"}, True),
        ({"A": "1"}, {}, False),
        ({}, {"B": "2"}, False),
        ({}, {}, False),
    ],
)
def test_variables_are_the_packages_or_the_models(packaged: dict[str, str], own: dict[str, str], refused: bool) -> None:
    cloud = Unchecked()
    specification = {
        "Containers": [{**CONTAINER, **({"Environment": packaged} if packaged else {})}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    cloud.do("sagemaker", "create_model_package_group", ModelPackageGroupName="g")
    made = cloud.do("sagemaker", "create_model_package", ModelPackageGroupName="g", InferenceSpecification=specification)
    container = {"ModelPackageName": made["ModelPackageArn"], **({"Environment": own} if own else {})}
    said = cloud.refused("sagemaker", "create_model", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    words = "Environment variable map cannot be specified both at Model Package {A=1} and Model {"
    assert (said or "").startswith(f"ValidationException: {words}") if refused else said is None
