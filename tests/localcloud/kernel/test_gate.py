"""The gate: what AWS refuses by its models is refused with its code and words, for a client that checks nothing itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import botocore.exceptions
import pytest
from botocore.session import get_session
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.kernel import model_gaps
from localcloud.kernel.clients import in_process
from localcloud.kernel.context import Clients
from localcloud.kernel.gate import Gate, obey_model
from localcloud.kernel.recorded import Refusal
from localcloud.kernel.store import Store

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/it"
DETECTED = "1 validation error detected: Value "


class Reached(Exception):
    """The request came through the gate."""


@pytest.fixture(scope="module")
def clients() -> Clients:
    """Clients that check nothing, in front of a gate behind which nothing answers."""

    def reached(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise Reached

    return in_process(Gate(reached, Store(), {}), "http://127.0.0.1:1", parameter_validation=False)


def refused(clients: Clients, service: str, operation: str, **params: Any) -> str | None:
    """`CODE: words` of the refusal; None when the request came through."""
    try:
        getattr(clients(service, REGION), operation)(**params)
    except Reached:
        return None
    except botocore.exceptions.ClientError as error:
        told = error.response["Error"]
        return f"{told['Code']}: {told['Message']}"
    raise AssertionError("nothing answers behind the gate")


POOL = {"clusterName": "c", "nodegroupName": "n", "subnets": ["subnet-1"], "nodeRole": ROLE}
LAUNCH: dict[str, Any] = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


@pytest.mark.parametrize(
    ("service", "operation", "params", "says"),
    [
        (
            "iam",
            "create_role",
            {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"},
            f"ValidationError: {DETECTED}'{'r' * 65}' at 'roleName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64",
        ),
        (
            "iam",
            "create_role",
            {"RoleName": "r"},
            f"ValidationError: {DETECTED}null at 'assumeRolePolicyDocument' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "sagemaker",
            "create_model",
            {"ModelName": "a_b", "ExecutionRoleArn": ROLE},
            f"ValidationException: {DETECTED}'a_b' at 'modelName' failed to satisfy constraint: Member must satisfy regular "
            r"expression pattern: [a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?",
        ),
        (
            "sagemaker",
            "create_training_job",
            {**LAUNCH, "HyperParameters": {"x": "v" * 2501}},
            f"ValidationException: {DETECTED}'{{x={'v' * 2501}}}' at 'hyperParameters' failed to satisfy constraint: "
            "Map value must satisfy constraint: [Member must have length less than or equal to 2500, "
            "Member must have length greater than or equal to 0, "
            "Member must satisfy regular expression pattern: .*]",
        ),
        ("sagemaker", "create_model", {"ModelName": 5}, "SerializationException: NUMBER_VALUE can not be converted to a String"),
        (
            "eks",
            "create_nodegroup",
            {**POOL, "scalingConfig": {"minSize": 0, "maxSize": 0}},
            f"InvalidParameterException: {DETECTED}'0' at 'scalingConfig.maxSize' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            "logs",
            "create_log_group",
            {"logGroupName": "g" * 513},
            f"InvalidParameterException: {DETECTED}'{'g' * 513}' at 'logGroupName' failed to satisfy constraint: "
            "Member must have length less than or equal to 512",
        ),
        (
            "ec2",
            "create_vpc",
            {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "shared"},
            "InvalidParameterValue: Value (shared) for parameter InstanceTenancy is invalid. "
            "It must satisfy enum value set: [default, dedicated, host]",
        ),
        (
            "ec2",
            "create_subnet",
            {"CidrBlock": "10.0.0.0/24"},
            "MissingParameter: The request must contain the parameter VpcId",
        ),
        ("sqs", "create_queue", {}, "MissingParameter: The request must contain the parameter QueueName."),
        (
            "s3",
            "put_bucket_versioning",
            {"Bucket": "bucket", "VersioningConfiguration": {"Status": "On"}},
            "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema",
        ),
        (
            "kms",
            "create_key",
            {"KeySpec": "RSA_1"},
            "ValidationException: 1 validation error detected: Value 'RSA_1' at 'keySpec' failed to satisfy constraint: "
            "Member must satisfy enum value set: [RSA_2048",
        ),
        (
            "scheduler",
            "create_schedule",
            {"Name": "a b", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}},
            "ValidationException: 2 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+; Value null at 'target'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_a_request_that_breaks_its_model_is_refused_in_the_words_of_its_service(
    clients: Clients, service: str, operation: str, params: dict[str, Any], says: str
) -> None:
    answer = refused(clients, service, operation, **params)
    assert str(answer).startswith(says)


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("iam", "create_role", {"RoleName": "r" * 64, "AssumeRolePolicyDocument": "{}"}),
        ("sagemaker", "create_training_job", {**LAUNCH, "HyperParameters": {"x": "v" * 2500}}),
        ("sagemaker", "create_training_job", {**LAUNCH, "TrainingJobName": "j" * 63}),
        ("eks", "create_nodegroup", {**POOL, "scalingConfig": {"minSize": 0, "maxSize": 1}}),
        ("logs", "create_log_group", {"logGroupName": "g" * 512}),
        ("kms", "encrypt", {"KeyId": "k", "Plaintext": b"x" * 4096}),
        ("sagemaker", "list_models", {"MaxResults": 10.0, "NameContains": None}),
        ("s3", "put_object", {"Bucket": "bucket", "Key": "a/b", "Body": b"\xff\xfe"}),
        ("s3", "put_bucket_tagging", {"Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "größe", "Value": ""}]}}),
        ("kms", "tag_resource", {"KeyId": "k", "Tags": [{"TagKey": "ключ", "TagValue": "значение 1"}]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_at_the_edge_of_its_model_comes_through(
    clients: Clients, service: str, operation: str, params: dict[str, Any]
) -> None:
    assert refused(clients, service, operation, **params) is None


@settings(max_examples=60, deadline=None)
@given(size=st.integers(0, 200), letter=st.sampled_from("aZ0-_"))
def test_a_name_is_taken_exactly_where_the_model_takes_it(size: int, letter: str) -> None:
    name = "a" * size + letter
    right = len(name) <= 63 and letter not in "-_"
    try:
        obey_model("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": name})
    except Refusal:
        assert not right
    else:
        assert right


def test_all_patterns_of_the_models_are_held_but_the_two_that_repeat_an_end_of_line() -> None:
    session, unread = get_session(), set()
    for service in ("iam", "sagemaker", "ec2", "eks", "ecr", "kms", "logs", "sqs", "sns", "s3", "ce", "budgets", "ssm", "lambda"):
        model = session.get_service_model(service)
        for name in model.shape_names:
            shape = model.shape_for(name)
            if shape.metadata.get("pattern") and model_gaps.pattern(shape) is None:
                unread.add((service, name))
    assert unread == {("sagemaker", "CustomerMetadataKey"), ("sagemaker", "CustomerMetadataValue")}


def test_a_long_text_cannot_hold_the_gate_up() -> None:
    started = time.perf_counter()
    with pytest.raises(Refusal):
        obey_model("sagemaker", "CreateModelPackageGroup", {"ModelPackageGroupName": "a-" * 500_000})
    assert time.perf_counter() - started < 5


def test_bytes_are_counted_as_bytes_and_a_secret_is_in_no_sentence(clients: Clients) -> None:
    """JSON holds bytes as base64, which is a third longer; AWS counts what is meant, and quotes nothing that is sensitive."""
    says = refused(clients, "kms", "encrypt", KeyId="k", Plaintext=b"x" * 4097)
    assert says == (
        "ValidationException: 1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )
