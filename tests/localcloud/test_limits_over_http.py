"""The whole cloud behind a socket, asked by plain boto3 without parameter validation: refused as AWS refuses, and never a 500."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from localcloud.cloud import Cloud


class Quiet(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        del type, message, args


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cloud: list[Cloud] = []
    server = make_server("127.0.0.1", 0, lambda e, s: cloud[0].application(e, s), threaded=True, request_handler=Quiet)
    address = f"http://127.0.0.1:{server.server_port}"
    cloud.append(Cloud(tmp_path_factory.mktemp("home"), address))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    cloud[0].stop()


@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "says"),
    [
        (
            "iam",
            "create_role",
            {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"},
            "ValidationError",
            "less than or equal to 64",
        ),
        ("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": "{" + "a" * 6144}, "LimitExceeded", "PolicySize: 6144"),
        ("sagemaker", "create_training_job", {"TrainingJobName": "a_b"}, "ValidationException", "validation errors detected"),
        (
            "sagemaker",
            "create_training_job",
            {"TrainingJobName": 5},
            "SerializationException",
            "can not be converted to a String",
        ),
        ("sagemaker", "create_endpoint", {}, "ValidationException", "Value null at 'endpointName'"),
        (
            "sqs",
            "create_queue",
            {"QueueName": "q", "Attributes": {"DelaySeconds": "901"}},
            "InvalidAttributeValue",
            "DelaySeconds",
        ),
        ("sqs", "create_queue", {}, "MissingParameter", "QueueName"),
        ("sns", "create_topic", {"Name": "a b"}, "InvalidParameter", "Topic Name"),
        ("kms", "create_alias", {"AliasName": "mine", "TargetKeyId": "k"}, "ValidationException", "Invalid identifier"),
        ("eks", "create_cluster", {"name": "c"}, "InvalidParameterException", "Value null at 'roleArn'"),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range", "10.0.0.0/8"),
        ("ec2", "create_subnet", {}, "MissingParameter", "VpcId"),
        (
            "logs",
            "put_retention_policy",
            {"logGroupName": "g", "retentionInDays": 4},
            "InvalidParameterException",
            "enum value set",
        ),
        ("s3", "create_bucket", {"Bucket": "Under_Score"}, "InvalidBucketName", "not valid"),
        ("ecr", "create_repository", {"repositoryName": "UPPER"}, "InvalidParameterException", "repositoryName"),
        ("scheduler", "create_schedule", {"Name": "a"}, "ValidationException", "validation errors detected"),
        ("secretsmanager", "create_secret", {"Name": "a b"}, "ValidationException", "Invalid name"),
        ("cloudwatch", "put_metric_alarm", {"AlarmName": "a", "ComparisonOperator": "x"}, "ValidationError", "enum value set"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_a_request_that_nobody_checked_is_refused_by_its_service(
    endpoint: str, service: str, operation: str, params: dict[str, Any], code: str, says: str
) -> None:
    client = boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"max_attempts": 1}),
    )
    with pytest.raises(botocore.exceptions.ClientError) as error:
        getattr(client, operation)(**params)
    told = error.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] in (400, 409)
    assert told["Error"]["Code"] == code
    assert says in told["Error"]["Message"]
