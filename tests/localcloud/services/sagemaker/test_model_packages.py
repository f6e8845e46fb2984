"""Model packages in the local cloud as SageMaker keeps them, through boto3: what moto alone does otherwise."""

from __future__ import annotations

import json
from typing import Any

import botocore.exceptions
import pytest

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.clients import in_process
from localcloud.kernel.context import Clients, Context
from localcloud.kernel.schema import Schema
from localcloud.services.gathered import emulated_aws
from localcloud.services.sagemaker.rows import MODEL_PACKAGE_GROUP

REGION = "eu-south-1"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/serving:src-1"
SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}
numbers = iter(range(1, 1000))


@pytest.fixture(scope="module")
def clients() -> Clients:
    return in_process(emulated_aws(), "http://127.0.0.1:4747")


@pytest.fixture(scope="module")
def sagemaker(clients: Clients) -> Any:
    return clients("sagemaker", REGION)


@pytest.fixture
def group(sagemaker: Any) -> str:
    name = f"Group-{next(numbers)}"
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def make(sagemaker: Any, group: str, **more: Any) -> str:
    request = {"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION, **more}
    return str(sagemaker.create_model_package(**request)["ModelPackageArn"])


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_a_group_is_made_once(sagemaker: Any, group: str) -> None:
    code, message = refused(sagemaker.create_model_package_group, ModelPackageGroupName=group)
    assert (code, message.partition(":")[0]) == ("ValidationException", "Model Package Group already exists")


def test_the_same_token_gives_the_same_version(sagemaker: Any, group: str) -> None:
    assert make(sagemaker, group, ClientToken="once") == make(sagemaker, group, ClientToken="once")
    assert make(sagemaker, group, ClientToken="twice").endswith("/2")


def test_a_version_keeps_everything_and_waits_for_its_approval(sagemaker: Any, group: str) -> None:
    statistics = {"ContentType": "application/json", "S3Uri": "s3://b/s.json"}
    given = {
        "ModelPackageDescription": "training job one",
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "CustomerMetadataProperties": {"metric:accuracy": "0.98"},
        "MetadataProperties": {"GeneratedBy": "arn:aws:sagemaker:x"},
        "SkipModelValidation": "All",
        "SourceUri": "s3://b/source",
    }
    arn = make(sagemaker, group, **given)
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert {name: described[name] for name in given} == given
    assert described["InferenceSpecification"] == SPECIFICATION
    assert (described["ModelPackageVersion"], described["ModelApprovalStatus"]) == (1, "PendingManualApproval")
    (listed,) = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert (listed["ModelApprovalStatus"], listed["ModelPackageDescription"]) == ("PendingManualApproval", "training job one")


def test_an_update_changes_what_it_names_and_nothing_else(sagemaker: Any, group: str) -> None:
    arn = make(sagemaker, group, CustomerMetadataProperties={"a": "1", "b": "2"})
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="me: because")
    sagemaker.update_model_package(
        ModelPackageArn=arn, CustomerMetadataProperties={"a": "3", "c": "4"}, CustomerMetadataPropertiesToRemove=["b"]
    )
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"a": "3", "c": "4"}
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "me: because")
    approved = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert [item["ModelPackageArn"] for item in approved["ModelPackageSummaryList"]] == [arn]
    rejected = sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Rejected")
    assert rejected["ModelPackageSummaryList"] == []


def test_a_deleted_version_is_gone_and_its_number_is_not_given_again(sagemaker: Any, group: str) -> None:
    arn = make(sagemaker, group)
    assert refused(sagemaker.delete_model_package_group, ModelPackageGroupName=group)[0] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=arn)
    assert refused(sagemaker.describe_model_package, ModelPackageName=arn) == (
        "ValidationException",
        f"ModelPackage {arn} does not exist.",
    )
    assert refused(sagemaker.delete_model_package, ModelPackageName=arn)[0] == "ValidationException"
    assert make(sagemaker, group).endswith("/2")


def test_a_group_that_was_emptied_can_go(sagemaker: Any, group: str) -> None:
    make(sagemaker, group)
    make(sagemaker, group)
    context = Context(
        service="sagemaker",
        rename={},
        missing=(),
        schema=Schema({}, {}, frozenset()),
        clients=lambda service, region: sagemaker,
        region=REGION,
        account=ACCOUNT,
        id=group,
    )
    assert MODEL_PACKAGE_GROUP.emptied is not None
    assert MODEL_PACKAGE_GROUP.emptied(context) == 2
    assert MODEL_PACKAGE_GROUP.emptied(context) == 0
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert refused(sagemaker.delete_model_package_group, ModelPackageGroupName=group)[1].endswith("does not exist.")


def test_a_groups_name_is_no_version(sagemaker: Any, group: str) -> None:
    make(sagemaker, group)
    assert refused(sagemaker.describe_model_package, ModelPackageName=group)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"CustomerMetadataProperties": {"a": "x" * 257}}, "length less than or equal to 256"),
        ({"CustomerMetadataProperties": {"k" * 129: "x"}}, "length less than or equal to 128"),
        ({"CustomerMetadataProperties": {str(number): "x" for number in range(51)}}, "length less than or equal to 50"),
        ({"CustomerMetadataProperties": {"a": "one, two"}}, "regular expression pattern"),
        ({"ModelPackageDescription": "x" * 1025}, "length less than or equal to 1024"),
        ({"ModelApprovalStatus": "Maybe"}, "enum value set"),
        (
            {"InferenceSpecification": {**SPECIFICATION, "SupportedRealtimeInferenceInstanceTypes": ["ml.none"]}},
            "enum value set",
        ),
    ],
)
def test_what_is_over_a_limit_is_refused(sagemaker: Any, group: str, given: dict[str, Any], said: str) -> None:
    code, message = refused(
        sagemaker.create_model_package, **{"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION, **given}
    )
    assert code == "ValidationException"
    assert said in message
    assert sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"] == []


def test_letters_of_any_script_fit(sagemaker: Any, group: str) -> None:
    make(sagemaker, group, CustomerMetadataProperties={"größe": "模型 1.5 s3://b/k=v@x"})


def test_updates_cannot_pile_up_more_than_fifty(sagemaker: Any, group: str) -> None:
    arn = make(sagemaker, group, CustomerMetadataProperties={str(number): "x" for number in range(40)})
    more = {f"more-{number}": "x" for number in range(20)}
    assert (
        "would have 60 entries"
        in refused(sagemaker.update_model_package, ModelPackageArn=arn, CustomerMetadataProperties=more)[1]
    )


def test_a_version_has_no_tags_of_its_own_and_needs_its_group(sagemaker: Any, group: str) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    assert refused(sagemaker.create_model_package, ModelPackageGroupName=group, Tags=tags)[0] == "ValidationException"
    assert "does not exist" in refused(sagemaker.create_model_package, ModelPackageGroupName="nowhere")[1]


def test_what_has_no_group_is_motos_business(sagemaker: Any) -> None:
    arn = sagemaker.create_model_package(ModelPackageName="alone", InferenceSpecification=SPECIFICATION)["ModelPackageArn"]
    assert sagemaker.describe_model_package(ModelPackageName="alone")["ModelPackageArn"] == arn


def test_an_approval_is_an_event(clients: Clients, sagemaker: Any, group: str) -> None:
    events, sqs = clients("events", REGION), clients("sqs", REGION)
    queue = sqs.create_queue(QueueName=f"approved-{group}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelApprovalStatus": ["Approved"]},
    }
    events.put_rule(Name=f"approved-{group}", EventPattern=json.dumps(pattern))
    events.put_targets(Rule=f"approved-{group}", Targets=[{"Id": "queue", "Arn": arn}])
    version = make(sagemaker, group)
    sagemaker.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved", ApprovalDescription="me: because")
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = json.loads(message["Body"])
    assert (told["resources"], told["detail"]["ModelPackageGroupName"]) == ([version], group)
    assert told["detail"]["UpdatedModelPackageFields"] == ["ApprovalDescription", "ModelApprovalStatus"]
