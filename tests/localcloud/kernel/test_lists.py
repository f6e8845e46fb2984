"""Lists: selected, sorted and in pages, whatever moto makes of these parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.kernel import backend
from localcloud.kernel.clients import in_process
from localcloud.kernel.listing import listing
from tests.localcloud.kernel.fronted import front

REGION = "us-west-1"
ROLE = "arn:aws:iam::123456789012:role/r"
IMAGE = "123456789012.dkr.ecr.us-west-1.amazonaws.com/x:1"
NAMES = ("alpha", "bravo-run", "charlie", "delta-run", "echo")


@pytest.fixture(scope="module")
def clients() -> Iterator[Any]:
    backend.reset()
    found = in_process(front(), "http://localhost:4747")
    sagemaker = found("sagemaker", REGION)
    for name in NAMES:
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
        variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-config", ProductionVariants=[variant])
        sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            RoleArn=ROLE,
            OutputDataConfig={"S3OutputPath": "s3://b/x"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 60},
            HyperParameters={"lr": f"0.{NAMES.index(name) + 1}", "optimizer.name": "sgd"},
            Tags=[{"Key": "team", "Value": "red" if "run" in name else "blue"}],
        )
    _space_out("training_jobs")
    _space_out("_models")
    yield found
    backend.reset()


def _space_out(kept: str) -> None:
    """Creation times a day apart, in the order of NAMES."""
    from moto.sagemaker.models import sagemaker_backends

    there = sagemaker_backends["123456789012"][REGION]
    items = getattr(there, kept, None) or getattr(there, kept.strip("_"))
    for days, name in enumerate(NAMES):
        moment = datetime(2026, 1, 1 + days)
        items[name].creation_time = moment
        items[name].last_modified_time = moment


def _day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


JOBS: list[tuple[dict[str, Any], list[str]]] = [
    ({"SortBy": "Name"}, list(NAMES)),  # the model states that Ascending is the default here, and Descending of models
    ({"SortBy": "Name", "SortOrder": "Ascending"}, list(NAMES)),
    ({"SortBy": "CreationTime", "SortOrder": "Ascending"}, list(NAMES)),
    ({"SortBy": "CreationTime", "SortOrder": "Descending"}, list(NAMES[::-1])),
    ({"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}, ["echo"]),
    ({"SortOrder": "Descending", "NameContains": "run"}, ["delta-run", "bravo-run"]),
    ({"SortBy": "Name", "SortOrder": "Ascending", "NameContains": "run"}, ["bravo-run", "delta-run"]),
    ({"SortBy": "Name", "SortOrder": "Ascending", "CreationTimeAfter": _day(3)}, ["charlie", "delta-run", "echo"]),
    ({"SortBy": "Name", "SortOrder": "Ascending", "CreationTimeBefore": _day(2)}, ["alpha", "bravo-run"]),
    (
        {"SortBy": "Name", "SortOrder": "Ascending", "CreationTimeAfter": _day(2), "CreationTimeBefore": _day(4)},
        ["bravo-run", "charlie", "delta-run"],
    ),
    ({"SortBy": "Name", "SortOrder": "Ascending", "LastModifiedTimeAfter": _day(5)}, ["echo"]),
    ({"SortBy": "Name", "SortOrder": "Ascending", "LastModifiedTimeBefore": _day(1) + timedelta(hours=1)}, ["alpha"]),
    ({"SortBy": "Name", "StatusEquals": "Failed"}, []),
    ({"SortBy": "Name", "SortOrder": "Ascending", "StatusEquals": "Completed", "MaxResults": 2}, ["alpha", "bravo-run"]),
]


@pytest.mark.parametrize(("asked", "names"), JOBS, ids=str)
def test_training_jobs_are_listed_as_asked(clients: Any, asked: dict[str, Any], names: list[str]) -> None:
    found = clients("sagemaker", REGION).list_training_jobs(**asked)["TrainingJobSummaries"]
    assert [each["TrainingJobName"] for each in found] == names


@pytest.mark.parametrize(
    ("operation", "items", "name", "asked", "names"),
    [
        ("list_models", "Models", "ModelName", {"SortBy": "Name", "SortOrder": "Ascending"}, list(NAMES)),
        ("list_models", "Models", "ModelName", {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}, ["echo"]),
        ("list_models", "Models", "ModelName", {"NameContains": "char"}, ["charlie"]),
        ("list_models", "Models", "ModelName", {"CreationTimeBefore": _day(1)}, ["alpha"]),
        (
            "list_endpoint_configs",
            "EndpointConfigs",
            "EndpointConfigName",
            {"SortBy": "Name", "SortOrder": "Descending", "NameContains": "run"},
            ["delta-run-config", "bravo-run-config"],
        ),
    ],
)
def test_models_and_configurations_are_listed_as_asked(
    clients: Any, operation: str, items: str, name: str, asked: dict[str, Any], names: list[str]
) -> None:
    found = getattr(clients("sagemaker", REGION), operation)(**asked)[items]
    assert [each[name] for each in found] == names


def test_pages_give_each_item_once_in_the_order_of_the_whole(clients: Any) -> None:
    sagemaker = clients("sagemaker", REGION)
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    lengths, names = [], []
    for page in pages:
        lengths.append(len(page["TrainingJobSummaries"]))
        names += [each["TrainingJobName"] for each in page["TrainingJobSummaries"]]
    assert lengths == [2, 2, 1]
    assert names == list(NAMES)


def test_a_token_of_another_list_is_refused(clients: Any) -> None:
    sagemaker = clients("sagemaker", REGION)
    token = sagemaker.list_training_jobs(SortBy="Name", MaxResults=1)["NextToken"]
    for asked in ({"SortBy": "CreationTime", "NextToken": token}, {"NextToken": "nonsense"}):
        with pytest.raises(ClientError) as error:
            sagemaker.list_training_jobs(**asked)
        assert error.value.response["Error"]["Code"] == "ValidationException"


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"Name": name, "Operator": operator, "Value": value}


SEARCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, list(NAMES[::-1])),
    ({"SortBy": "CreationTime", "SortOrder": "Ascending"}, list(NAMES)),
    ({"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1}, ["echo"]),
    ({"SortBy": "TrainingJobName", "SortOrder": "Ascending", "MaxResults": 2}, ["alpha", "bravo-run"]),
    ({"SearchExpression": {"Filters": [_filter("TrainingJobName", "Contains", "run")]}}, ["delta-run", "bravo-run"]),
    (
        {"SearchExpression": {"Filters": [_filter("TrainingJobName", "NotEquals", "echo")]}},
        ["delta-run", "charlie", "bravo-run", "alpha"],
    ),
    ({"SearchExpression": {"Filters": [_filter("TrainingJobName", "In", "echo,alpha")]}}, ["echo", "alpha"]),
    ({"SearchExpression": {"Filters": [_filter("HyperParameters.lr", "GreaterThan", "0.35")]}}, ["echo", "delta-run"]),
    ({"SearchExpression": {"Filters": [_filter("HyperParameters.lr", "LessThanOrEqualTo", "0.2")]}}, ["bravo-run", "alpha"]),
    ({"SearchExpression": {"Filters": [_filter("HyperParameters.optimizer.name", "Equals", "sgd")]}, "MaxResults": 1}, ["echo"]),
    (
        {"SearchExpression": {"Filters": [_filter("CreationTime", "GreaterThanOrEqualTo", "2026-01-04T00:00:00Z")]}},
        ["echo", "delta-run"],
    ),
    ({"SearchExpression": {"Filters": [_filter("Tags.team", "Equals", "red")]}}, ["delta-run", "bravo-run"]),
    ({"SearchExpression": {"Filters": [{"Name": "Tags.nobody", "Operator": "Exists"}]}}, []),
    ({"SearchExpression": {"Filters": [{"Name": "FailureReason", "Operator": "NotExists"}]}, "MaxResults": 1}, ["echo"]),
    (
        {
            "SearchExpression": {
                "Operator": "Or",
                "Filters": [_filter("TrainingJobName", "Equals", "alpha")],
                "SubExpressions": [
                    {"Filters": [_filter("Tags.team", "Equals", "red"), _filter("HyperParameters.lr", "LessThan", "0.3")]}
                ],
            }
        },
        ["bravo-run", "alpha"],
    ),
]


@pytest.mark.parametrize(("asked", "names"), SEARCHES, ids=str)
def test_search_finds_what_the_expression_says(clients: Any, asked: dict[str, Any], names: list[str]) -> None:
    found = clients("sagemaker", REGION).search(Resource="TrainingJob", **asked)["Results"]
    assert [each["TrainingJob"]["TrainingJobName"] for each in found] == names


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that a service lists: what makes one called `{name}`, and what lists them."""

    service: str
    create: str
    made: dict[str, Any]
    operation: str
    items: str
    name: str
    limit: str


LAUNCH = {"LaunchConfigurationName": "{name}", "ImageId": "ami-12c6146b", "InstanceType": "m5.large"}
GENERIC = [
    Kind(
        "iam",
        "create_role",
        {"RoleName": "{name}", "AssumeRolePolicyDocument": "[]"},
        "list_roles",
        "Roles",
        "RoleName",
        "MaxItems",
    ),
    Kind(
        *("ecr", "create_repository", {"repositoryName": "{name}"}, "describe_repositories", "repositories", "repositoryName"),
        "maxResults",
    ),
    Kind("kms", "create_key", {"Description": "{name}"}, "list_keys", "Keys", "KeyId", "Limit"),
    Kind("logs", "create_log_group", {"logGroupName": "{name}"}, "describe_log_groups", "logGroups", "logGroupName", "limit"),
    Kind(
        *("secretsmanager", "create_secret", {"Name": "{name}", "SecretString": "x"}, "list_secrets", "SecretList", "Name"),
        "MaxResults",
    ),
    Kind("events", "create_event_bus", {"Name": "{name}"}, "list_event_buses", "EventBuses", "Name", "Limit"),
    Kind("stepfunctions", "create_activity", {"name": "{name}"}, "list_activities", "activities", "name", "maxResults"),
    Kind(
        *(
            "ssm",
            "put_parameter",
            {"Name": "{name}", "Value": "x", "Type": "String"},
            "describe_parameters",
            "Parameters",
            "Name",
        ),
        "MaxResults",
    ),
    Kind("glue", "create_database", {"DatabaseInput": {"Name": "{name}"}}, "get_databases", "DatabaseList", "Name", "MaxResults"),
    Kind("athena", "create_work_group", {"Name": "{name}"}, "list_work_groups", "WorkGroups", "Name", "MaxResults"),
    Kind(
        *("efs", "create_file_system", {"CreationToken": "{name}"}, "describe_file_systems", "FileSystems", "FileSystemId"),
        "MaxItems",
    ),
    Kind(
        *("autoscaling", "create_launch_configuration", LAUNCH, "describe_launch_configurations", "LaunchConfigurations"),
        *("LaunchConfigurationName", "MaxRecords"),
    ),
]


def _called(made: Any, name: str) -> Any:
    if isinstance(made, dict):
        return {key: _called(value, name) for key, value in made.items()}
    return made.replace("{name}", name) if isinstance(made, str) else made


@pytest.mark.parametrize("kind", GENERIC, ids=lambda kind: f"{kind.service}:{kind.operation}")
def test_every_service_s_lists_come_in_pages(clients: Any, kind: Kind) -> None:
    client = clients(kind.service, REGION)
    for number in range(5):
        getattr(client, kind.create)(**_called(kind.made, f"page-{number}"))
    whole = [each[kind.name] for each in getattr(client, kind.operation)()[kind.items]]
    assert len(whole) >= 5
    if client.can_paginate(kind.operation):
        pages = [page[kind.items] for page in client.get_paginator(kind.operation).paginate(PaginationConfig={"PageSize": 2})]
        assert {len(page) for page in pages[:-1]} == {2}
        assert [each[kind.name] for page in pages for each in page] == whole
    else:
        assert len(getattr(client, kind.operation)(**{kind.limit: 2})[kind.items]) == 2


@pytest.fixture(scope="module")
def group(clients: Any) -> Any:
    logs = clients("logs", REGION)
    logs.create_log_group(logGroupName="/jobs")
    for stream, message in EVENTS:
        if not logs.describe_log_streams(logGroupName="/jobs", logStreamNamePrefix=stream)["logStreams"]:
            logs.create_log_stream(logGroupName="/jobs", logStreamName=stream)
        now = int(datetime.now(UTC).timestamp() * 1000)
        logs.put_log_events(logGroupName="/jobs", logStreamName=stream, logEvents=[{"timestamp": now, "message": message}])
    return logs


EVENTS = [
    ("a/algo-1", "ERROR disk is full"),
    ("a/algo-2", "INFO epoch=1 loss=0.5"),
    ("b/algo-1", "WARN loss is NaN; ERROR follows"),
    ("b/algo-1", '{"level": "error", "code": 500, "user": {"name": "eve"}, "tags": ["x", "y"], "gone": null, "ok": false}'),
    ("b/algo-1", '{"level": "info", "code": 200, "user": {"name": "adam"}, "ok": true}'),
    ("c/algo-1", "127.0.0.1 - frank [10/Oct/2026:13:25:15] \"GET /a.gif HTTP/1.0\" 404 1534"),
    ("c/algo-1", "127.0.0.1 - frank [10/Oct/2026:13:25:16] \"GET /b.gif HTTP/1.0\" 200 99"),
]  # fmt: skip

PATTERNS: list[tuple[str, list[int]]] = [
    ("", list(range(7))),
    ("ERROR", [0, 2]),
    ("error", [3]),
    ("ERROR full", [0]),
    ('"disk is full"', [0]),
    ("?WARN ?INFO", [1, 2]),
    ("ERROR -WARN", [0]),
    ('-"127.0.0.1" -ERROR -INFO', [3, 4]),
    ("%loss=[0-9.]+%", [1]),
    ('{ $.level = "error" }', [3]),
    ('{ $.level = "err*" }', [3]),
    ("{ $.level != error }", [4]),
    ("{ $.code >= 400 }", [3]),
    ('{ $.code = 200 && $.user.name = "adam" }', [4]),
    ('{ ($.code = 200) || ($.user.name = "eve") }', [3, 4]),
    ('{ $.tags[1] = "y" }', [3]),
    ("{ $.gone IS NULL }", [3]),
    ("{ $.ok IS TRUE }", [4]),
    ("{ $.gone NOT EXISTS }", [4]),
    ("[ip, id, user, time, request, code = 4*, bytes]", [5]),
    ("[ip, id, user, time, request, code, bytes > 1000]", [5]),
    ('[ip = 127.0.0.1, ..., code = 200, bytes]', [6]),
    ("[a, b]", []),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "found"), PATTERNS, ids=[each[0] or "all" for each in PATTERNS])
def test_events_are_filtered_by_their_pattern(group: Any, pattern: str, found: list[int]) -> None:
    events = group.filter_log_events(logGroupName="/jobs", filterPattern=pattern)["events"]
    assert sorted(each["message"] for each in events) == sorted(EVENTS[place][1] for place in found)


def test_events_are_filtered_by_the_prefix_of_their_streams_and_come_in_pages(group: Any) -> None:
    found = group.filter_log_events(logGroupName="/jobs", logStreamNamePrefix="a/")["events"]
    assert [each["logStreamName"] for each in found] == ["a/algo-1", "a/algo-2"]
    pages = list(group.get_paginator("filter_log_events").paginate(logGroupName="/jobs", PaginationConfig={"PageSize": 3}))
    assert [len(page["events"]) for page in pages] == [3, 3, 1]
    times = [each["timestamp"] for page in pages for each in page["events"]]
    assert times == sorted(times)


@pytest.mark.parametrize("pattern", ["{ $.a = }", "{ $.a", "[a, b", "{ $.a ~ 1 }", "%[%"])
def test_a_pattern_that_cannot_be_read_is_refused(group: Any, pattern: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        group.filter_log_events(logGroupName="/jobs", filterPattern=pattern)


@settings(max_examples=30)
@given(sizes=st.lists(st.integers(0, 3), min_size=0, max_size=12), limit=st.integers(1, 5))
def test_pages_of_any_length_hold_the_whole(sizes: list[int], limit: int) -> None:
    how = listing("sagemaker", "ListTrainingJobs")
    assert how is not None
    items = [{"TrainingJobName": str(size), "CreationTime": size} for size in sizes]
    asked: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Ascending", "MaxResults": limit}
    arranged, found = how.arranged(asked, items), []
    while True:
        page, token = how.page(asked, arranged, 100)
        assert len(page) <= limit
        found += page
        if token is None:
            break
        asked["NextToken"] = token
    assert found == arranged
    assert [each["CreationTime"] for each in found] == sorted(sizes)


def test_what_a_request_must_have_is_left_in_it() -> None:
    """Without it nothing is found behind the lists: the scalable targets of no service are none."""
    found = listing("application-autoscaling", "DescribeScalableTargets")
    assert found is None or "ServiceNamespace" not in found.parameters


def test_a_parameter_that_chooses_what_kind_of_items_there_are_is_asked_for_behind_the_lists_too(clients: Any) -> None:
    """Without LocationType EC2 answers with regions, of which none is an availability zone."""
    answer = clients("ec2", REGION).describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["m5.large"]}]
    )
    assert {offer["LocationType"] for offer in answer["InstanceTypeOfferings"]} == {"availability-zone"}
    assert all(offer["Location"].startswith(f"{REGION}") for offer in answer["InstanceTypeOfferings"])
