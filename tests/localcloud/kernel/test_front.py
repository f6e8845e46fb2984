"""The front: what is not done is refused by its name, in the form of its protocol, and no SDK asks again."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud.kernel import service_headers
from localcloud.kernel.clients import in_process
from localcloud.kernel.front import Front
from localcloud.services.conduct import ALL, CONDUCT, NAMED_OTHERWISE
from localcloud.services.gathered import all_rows
from tests.localcloud.kernel.fronted import front
from tests.localcloud.kernel.wire import ask, least

# All operations with ALL_OPERATIONS=1; every so many by default, over all services.
EVERY = 1 if os.environ.get("ALL_OPERATIONS") else 41
REPEATED = (429, *range(500, 600))
# What SageMaker, Batch and their siblings would say Completed of, with nothing run; one of each protocol and family.
INVENTED = (
    ("sagemaker", "CreateTransformJob"),
    ("sagemaker", "CreateCompilationJob"),
    ("sagemaker", "CreateAutoMLJobV2"),
    ("sagemaker", "StartPipelineExecution"),
    ("sagemaker-runtime", "InvokeEndpointAsync"),
    ("bedrock-runtime", "InvokeModel"),
    ("batch", "SubmitJob"),
    ("glue", "StartJobRun"),
    ("athena", "StartQueryExecution"),
    ("stepfunctions", "StartExecution"),
    ("codebuild", "StartBuild"),
    ("ssm", "SendCommand"),
    ("ecs", "RunTask"),
    ("emr", "AddJobFlowSteps"),
    ("emr-serverless", "StartJobRun"),
    ("rds-data", "ExecuteStatement"),
    ("comprehend", "DetectSentiment"),
    ("transcribe", "StartTranscriptionJob"),
    ("textract", "DetectDocumentText"),
    ("rekognition", "DetectLabels"),
    ("lambda", "Invoke"),
    ("rds", "StartExportTask"),
)
# Answered for some of what may be named, and refused by name for what the walk names.
OF_SOME_KINDS = {"greengrass:ResetDeployments", "resource-groups:Tag", "resource-groups:Untag", "s3:PutBucketVersioning"}
# Nothing of these is in moto or beside it.
LACKING = (
    ("iam", "SimulatePrincipalPolicy"),
    ("sagemaker", "BatchDescribeModelPackage"),
    ("sagemaker", "CreateInferenceComponent"),
    ("sagemaker-runtime", "InvokeEndpointWithResponseStream"),
    ("ec2", "CreateVerifiedAccessGroup"),
    ("s3", "CreateSession"),
    ("s3", "DeleteBucketMetricsConfiguration"),
    ("route53", "CreateTrafficPolicy"),
    ("cloudwatch", "GetMetricWidgetImage"),
    ("kendra", "Query"),
    ("translate", "TranslateText"),
    ("bedrock-agent-runtime", "InvokeAgent"),
)


def _params(service: str, operation: str) -> dict[str, Any]:
    shape = service_headers.model(service).operation_model(operation).input_shape
    return dict(least(shape)) if shape is not None else {}


def _operations() -> list[tuple[str, str, str]]:
    return [(service, operation, verdict.kind) for service, operation, verdict in front().verdicts.all()]


@pytest.mark.parametrize(("service", "operation"), [*INVENTED, *LACKING], ids=lambda part: part)
def test_what_is_not_done_is_refused_by_its_name(service: str, operation: str) -> None:
    answer = ask(front(), service, operation, _params(service, operation))
    assert answer.status == 400
    assert f"{service}:{operation}" in answer.message
    assert answer.code in {"UnknownOperationException", "InvalidAction", "NotImplemented"}


def test_every_operation_is_done_kept_or_refused() -> None:
    found = Counter((service, operation) for service, operation, _ in _operations())
    models = {
        (service, operation) for service in front().verdicts.services() for operation in service_headers.operations(service)
    }
    assert set(found) == models
    assert max(found.values()) == 1
    kinds = Counter(kind for *_, kind in _operations())
    assert min(kinds["done"], kinds["kept"], kinds["refused"]) > 100


def test_refused_operations_answer_in_the_form_of_their_protocol() -> None:
    refused = [(service, operation) for service, operation, kind in _operations() if kind == "refused"]
    # S3 tells ListDirectoryBuckets from ListBuckets by its host alone.
    refused = [each for each in refused if each != ("s3", "ListDirectoryBuckets")][::EVERY]
    faults = []
    for service, operation in refused:
        answer = ask(front(), service, operation, _params(service, operation))
        named = f"{service}:{operation}" in answer.message or not answer.parsed
        if not 400 <= answer.status < 500 or answer.status in REPEATED or not named or _is_html(answer.body):
            faults.append(f"{service}:{operation}: {answer.status} {answer.body[:200]!r}")
    assert not faults, "\n".join(faults)


def test_what_is_answered_gives_no_failure_and_no_page() -> None:
    answered = [(service, operation) for service, operation, kind in _operations() if kind != "refused"][::EVERY]
    faults = []
    for service, operation in answered:
        try:
            answer = ask(front(), service, operation, _params(service, operation))
        except ResponseParserError as error:
            faults.append(f"{service}:{operation}: {error}")
            continue
        not_done = "is not done by the local cloud" in answer.message and f"{service}:{operation}" not in OF_SOME_KINDS
        if answer.status >= 500 or _is_html(answer.body) or not_done:
            faults.append(f"{service}:{operation}: {answer.status} {answer.body[:300]!r}")
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def counted() -> tuple[Any, list[str]]:
    """Clients with boto3's own retries, and the requests they made."""
    asked: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return front()(environ, start_response)

    return in_process(app, "http://localhost:4747"), asked


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ssm", "SendCommand"),
        ("emr", "AddJobFlowSteps"),
        ("rds", "StartExportTask"),
        ("ec2", "GetConsoleScreenshot"),
        ("batch", "SubmitJob"),
        ("route53", "CreateTrafficPolicy"),
        ("s3", "GetBucketMetricsConfiguration"),
        ("sqs", "StartMessageMoveTask"),
        ("cloudwatch", "GetMetricWidgetImage"),
    ],
    ids=lambda part: part,
)
def test_boto3_raises_the_refusal_and_asks_once(counted: tuple[Any, list[str]], service: str, operation: str) -> None:
    clients, asked = counted
    if front().verdicts.of(service, operation).kind != "refused":
        pytest.skip("answered by now")
    client = clients(service, "us-east-1")
    before = len(asked)
    with pytest.raises(ClientError) as error:
        getattr(client, botocore.xform_name(operation))(**_params(service, operation))
    assert f"{service}:{operation}" in str(error.value)
    assert len(asked) - before == 1
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert Config().retries is None or error.value.response["Error"]["Code"] not in _repeated_codes()


def _repeated_codes() -> str:
    return (Path(botocore.__file__).parent / "data" / "_retry.json").read_text()


def _raw(**changes: Any) -> dict[str, Any]:
    import io

    body = changes.pop("body", b"")
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "4747",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:4747",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        **changes,
    }


def _signed(service: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request"}


STRANGE = {
    "a service that AWS does not have": _raw(
        **_signed("nonsense"), HTTP_X_AMZ_TARGET="Nonsense.Do", CONTENT_TYPE="application/json"
    ),
    "an action that EC2 does not have": _raw(
        **_signed("ec2"), CONTENT_TYPE="application/x-www-form-urlencoded", body=b"Action=Nonsense&Version=2016-11-15"
    ),
    "no action at all": _raw(**_signed("iam"), CONTENT_TYPE="application/x-www-form-urlencoded", body=b"Version=2010-05-08"),
    "a target that SageMaker does not have": _raw(**_signed("sagemaker"), HTTP_X_AMZ_TARGET="SageMaker.Nonsense", body=b"{}"),
    "a body that is no object": _raw(**_signed("dynamodb"), HTTP_X_AMZ_TARGET="DynamoDB_20120810.ListTables", body=b"[1]"),
    "a path that EKS does not have": _raw(**_signed("eks"), REQUEST_METHOD="GET", PATH_INFO="/nonsense/x/y"),
    "a path that Lambda does not have": _raw(**_signed("lambda"), PATH_INFO="/2015-03-31/nonsense"),
    "a header of another kind": _raw(HTTP_AUTHORIZATION="Bearer x", REQUEST_METHOD="GET"),
    "a header of nothing": _raw(HTTP_AUTHORIZATION="x", REQUEST_METHOD="GET"),
    "no signature and a target": _raw(HTTP_X_AMZ_TARGET="AWSEvents.PutEvents", body=b"{}"),
    "CBOR": _raw(
        **_signed("monitoring"),
        HTTP_SMITHY_PROTOCOL="rpc-v2-cbor",
        PATH_INFO="/service/GraniteServiceVersion20100801/operation/ListMetrics",
        CONTENT_TYPE="application/cbor",
        body=b"\xa0",
    ),
}


@pytest.mark.parametrize("case", STRANGE)
def test_a_request_that_no_operation_matches_gets_an_error_of_aws(case: str) -> None:
    import io

    started: list[Any] = []
    environ = dict(STRANGE[case])
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].getvalue())
    body = b"".join(front()(environ, lambda status, headers, exc_info=None: started.append((status, dict(headers)))))
    status, headers = started[0]
    assert 400 <= int(status[:3]) < 500, (status, body[:300])
    assert not _is_html(body)
    content_type = headers.get("Content-Type", "")
    if "cbor" in content_type:
        assert body.startswith(b"\xa2f__type")
    elif "json" in content_type:
        assert json.loads(body)["__type"]
    else:
        assert b"<Error>" in body


def test_a_table_names_only_operations_that_moto_answers() -> None:
    faults = []
    for service, conduct in CONDUCT.items():
        known = service_headers.operations(service)
        for operations in (*conduct.invented.values(), *([conduct.done] if conduct.done != ALL else [])):
            faults += [f"{service}:{operation}" for operation in operations if operation not in known]
    for service, operations in NAMED_OTHERWISE.items():
        faults += [f"{service}:{name}" for name in operations if name not in service_headers.operations(service)]
    assert not faults


def test_no_row_needs_what_is_refused() -> None:
    verdicts = front().verdicts
    faults = []
    for row in all_rows().values():
        names = {botocore.xform_name(name): name for name in service_headers.operations(row.service)}
        operations = {names.get(getattr(call, "op", ""), "") for call in (row.create, row.read, row.delete, *row.updates)}
        for operation in filter(None, operations):
            if verdicts.of(row.service, operation).kind == "refused":
                faults.append(f"{row.type}: {row.service}:{operation}")
    assert not faults


def _is_html(body: bytes) -> bool:
    return body.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


# Services whose parameters are of all kinds: texts in paths, headers and queries, maps, lists, blobs and times.
SOME = (
    "sagemaker",
    "logs",
    "iam",
    "ec2",
    "s3",
    "lambda",
    "sqs",
    "sns",
    "events",
    "ecr",
    "eks",
    "kms",
    "secretsmanager",
    "glue",
    "rds",
)


@st.composite
def _request(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    service = draw(st.sampled_from(SOME))
    answered = [
        name for name in sorted(service_headers.operations(service)) if front().verdicts.of(service, name).kind != "refused"
    ]
    operation = draw(st.sampled_from(answered))
    shape = service_headers.model(service).operation_model(operation).input_shape
    return service, operation, draw(_value(shape, 0)) if shape is not None else {}


def _value(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    kind = shape.type_name
    if kind == "structure":
        optional = {} if depth > 2 else {name: _value(each, depth + 1) for name, each in list(shape.members.items())[:12]}
        required = {name: _value(shape.members[name], depth + 1) for name in shape.required_members}
        optional = {name: each for name, each in optional.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if kind == "list":
        return st.lists(_value(shape.member, depth + 1), max_size=2 if depth < 4 else 0)
    if kind == "map":
        return st.dictionaries(_value(shape.key, depth + 1), _value(shape.value, depth + 1), max_size=2)
    if kind == "string":
        return (
            st.sampled_from(shape.enum)
            if shape.enum
            else st.sampled_from(["a", "a-b", "arn:aws:iam::1:role/x", "é", "0", "*", "a/b"])
        )
    return {
        "integer": st.integers(-2, 2**31),
        "long": st.integers(-2, 2**40),
        "float": st.floats(0, 10),
        "double": st.floats(0, 10),
        "boolean": st.booleans(),
        "blob": st.binary(max_size=8),
        "timestamp": st.just("2026-01-01T00:00:00Z"),
    }[kind]


@settings(max_examples=1500 if EVERY == 1 else 120, deadline=5000, suppress_health_check=list(HealthCheck))
@given(request=_request())
def test_no_request_makes_a_failure_a_page_or_a_hang(request: tuple[str, str, dict[str, Any]]) -> None:
    service, operation, params = request
    if operation in ("CreateTable", "RunInstances"):
        return
    answer = ask(front(), service, operation, params)
    assert answer.status < 500, answer.body
    assert service == "s3" or not _is_html(answer.body)


def test_a_front_hands_on_what_is_no_operation() -> None:
    reached = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        reached.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b""]

    there = Front(app, front().verdicts)
    for path in ("/moto-api/reset", "/latest/meta-data/", "/favicon.ico"):
        there(_raw(PATH_INFO=path), lambda *_: None)
    assert len(reached) == 3
