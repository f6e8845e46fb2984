"""What SQS, SNS, Logs, CloudWatch, the Scheduler, Auto Scaling and others refuse, at the edges of their limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.limits.messaging import QUEUE_ATTRIBUTES, RETENTION_DAYS
from tests.localcloud.unchecked import ROLE, Unchecked


@pytest.fixture
def aws() -> Unchecked:
    return Unchecked()


@pytest.mark.parametrize(("attribute", "edges"), [(name, row[1:]) for name, row in QUEUE_ATTRIBUTES.items()])
def test_attributes_of_a_queue_have_their_ranges(aws: Unchecked, attribute: str, edges: tuple[int, int]) -> None:
    low, high = edges
    url = aws.do("sqs", "create_queue", QueueName="it")["QueueUrl"]
    for number, value in enumerate((low, high)):
        assert aws.refused("sqs", "create_queue", QueueName=f"q{number}", Attributes={attribute: str(value)}) is None
        assert aws.refused("sqs", "set_queue_attributes", QueueUrl=url, Attributes={attribute: str(value)}) is None
    for value in (low - 1, high + 1):
        says = f"InvalidAttributeValue: Invalid value for the parameter {attribute}."
        assert aws.refused("sqs", "create_queue", QueueName="x", Attributes={attribute: str(value)}) == says
        assert aws.refused("sqs", "set_queue_attributes", QueueUrl=url, Attributes={attribute: str(value)}) == says


@pytest.mark.parametrize("name", ["q" * 81, "with space", "with.dot", "q" * 76 + ".fifo", "größe", ""])
def test_a_queue_s_name_has_80_letters_digits_hyphens_and_underscores(aws: Unchecked, name: str) -> None:
    says = "InvalidParameterValue: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    assert aws.refused("sqs", "create_queue", QueueName=name) == says


@pytest.mark.parametrize("name", ["q" * 80, "A-b_9"])
def test_a_queue_s_name_at_the_edge_is_taken(aws: Unchecked, name: str) -> None:
    assert aws.refused("sqs", "create_queue", QueueName=name) is None


@pytest.mark.parametrize(
    ("operation", "params", "says"),
    [
        ("receive_message", {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}, None),
        (
            "receive_message",
            {"MaxNumberOfMessages": 11},
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be betw",
        ),
        ("receive_message", {"MaxNumberOfMessages": 0}, "Value 0 for parameter MaxNumberOfMessages is invalid."),
        (
            "receive_message",
            {"WaitTimeSeconds": 21},
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and",
        ),
        ("receive_message", {"VisibilityTimeout": 43_201}, "Value 43201 for parameter VisibilityTimeout is invalid."),
        ("send_message", {"MessageBody": "x", "DelaySeconds": 900}, None),
        ("send_message", {"MessageBody": "x", "DelaySeconds": 901}, "Value 901 for parameter DelaySeconds is invalid."),
        (
            "send_message",
            {"MessageBody": "x" * 1_048_577},
            "One or more parameters are invalid. Reason: Message must be shorter than",
        ),
        ("send_message", {}, "The request must contain the parameter MessageBody."),
    ],
)
def test_requests_to_a_queue_have_their_limits(aws: Unchecked, operation: str, params: dict[str, Any], says: str | None) -> None:
    url = aws.do("sqs", "create_queue", QueueName="it")["QueueUrl"]
    answer = aws.refused("sqs", operation, QueueUrl=url, **params)
    assert answer is None if says is None else says in str(answer)


@pytest.mark.parametrize(
    ("operation", "params", "says"),
    [
        ("create_topic", {"Name": "t" * 256}, None),
        ("create_topic", {"Name": "t" * 257}, "InvalidParameter: Invalid parameter: Topic Name"),
        ("create_topic", {"Name": "with space"}, "InvalidParameter: Invalid parameter: Topic Name"),
        ("create_topic", {"Name": ""}, "InvalidParameter: Invalid parameter: Topic Name"),
        ("publish", {"Message": "m", "Subject": "s" * 100}, None),
        ("publish", {"Message": "m", "Subject": "s" * 101}, "InvalidParameter: Invalid parameter: Subject"),
        ("publish", {"Message": "m" * 262_144}, None),
        ("publish", {"Message": "é" * 131_073}, "InvalidParameter: Invalid parameter: Message too long"),
        (
            "subscribe",
            {"Protocol": "pigeon", "Endpoint": "x"},
            "InvalidParameter: Invalid parameter: Does not support this protocol",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_topic_has_its_limits(aws: Unchecked, operation: str, params: dict[str, Any], says: str | None) -> None:
    if operation != "create_topic":
        params = {**params, "TopicArn": aws.do("sns", "create_topic", Name="it")["TopicArn"]}
    answer = aws.refused("sns", operation, **params)
    assert answer is None if says is None else str(answer).startswith(says)


@pytest.mark.parametrize("days", [0, 2, 4, 31, 364, 3_654])
def test_logs_are_kept_for_as_many_days_as_aws_names(aws: Unchecked, days: int) -> None:
    aws.do("logs", "create_log_group", logGroupName="it")
    for right in RETENTION_DAYS:
        assert aws.refused("logs", "put_retention_policy", logGroupName="it", retentionInDays=right) is None
    answer = aws.refused("logs", "put_retention_policy", logGroupName="it", retentionInDays=days)
    named = f"InvalidParameterException: 1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy"
    assert str(answer).startswith(named)


@pytest.mark.parametrize("name", ["aws/mine", "AWS/mine", "g" * 513, "with space", ""])
def test_a_log_group_s_name(aws: Unchecked, name: str) -> None:
    assert str(aws.refused("logs", "create_log_group", logGroupName=name)).startswith("InvalidParameterException: ")


ALARM = {
    "AlarmName": "it",
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"Period": 10}, None),
        ({"Period": 300, "EvaluationPeriods": 288}, None),
        ({"Period": 3_600, "EvaluationPeriods": 168}, None),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 3}, None),
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"Period": 300, "EvaluationPeriods": 289}, "Metrics cannot be checked across more than a day"),
        ({"Period": 3_600, "EvaluationPeriods": 169}, "Metrics cannot be checked across more than a week"),
        ({"DatapointsToAlarm": 4}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"TreatMissingData": "good"}, "TreatMissingData"),
        ({"ComparisonOperator": "Above"}, "Member must satisfy enum value set"),
        (
            {"AlarmName": "a" * 256},
            "at 'alarmName' failed to satisfy constraint: Member must have length less than or equal to 255",
        ),
        ({"ExtendedStatistic": "p99"}, "cannot both be specified"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_alarm_looks_back_as_far_as_it_may(aws: Unchecked, changes: dict[str, Any], says: str | None) -> None:
    answer = aws.refused("cloudwatch", "put_metric_alarm", **{**ALARM, **changes})
    assert answer is None if says is None else str(answer).startswith("ValidationError: ") and says in str(answer)


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"ScheduleExpression": "cron(0 8 ? * MON-FRI *)", "ScheduleExpressionTimezone": "Europe/Berlin"}, None),
        ({"ScheduleExpression": "at(2026-12-24T18:00:00)"}, None),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1_440}}, None),
        ({"ScheduleExpression": "rate(1.5 days)"}, "Invalid Schedule Expression rate(1.5 days)."),
        ({"ScheduleExpression": "rate(0 days)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "cron(0 8 * * * *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "cron(0 8 * * ?)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "cron(60 8 * * ? *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "0 8 * * *"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "at(tomorrow)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Europe/Springfield"}, "Invalid ScheduleExpressionTimezone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes must be provided"),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1_441}},
            "at 'flexibleTimeWindow.maximumWindowInMinutes'",
        ),
        ({"StartDate": NOW, "EndDate": NOW - timedelta(days=1)}, "The EndDate must come after the StartDate."),
        ({"Name": "n" * 65}, "at 'name' failed to satisfy constraint"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_schedule_is_a_time(aws: Unchecked, changes: dict[str, Any], says: str | None) -> None:
    schedule = {
        "Name": "it",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": ROLE},
    }
    answer = aws.refused("scheduler", "create_schedule", **{**schedule, **changes})
    assert answer is None if says is None else str(answer).startswith("ValidationException: ") and says in str(answer)


@pytest.mark.parametrize(("least", "most", "right"), [(0, 0, True), (1, 1, True), (0, 4, True), (2, 1, False), (4, 0, False)])
def test_capacities_stand_in_their_order(aws: Unchecked, least: int, most: int, right: bool) -> None:
    answer = aws.refused(
        "application-autoscaling",
        "register_scalable_target",
        ServiceNamespace="dynamodb",
        ResourceId="table/t",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=least,
        MaxCapacity=most,
    )
    assert answer == (None if right else "ValidationException: Maximum capacity cannot be less than minimum capacity")


@pytest.mark.parametrize(
    ("timeouts", "says"),
    [
        ((5, 5), None),
        ((2_160, 480), None),
        ((4, 5), "at 'timeoutInMinutes' failed to satisfy constraint: Member must have value greater than or equal to 5"),
        ((2_161, 5), "at 'timeoutInMinutes' failed to satisfy constraint: Member must have value less than or equal to 2160"),
        ((5, 481), "at 'queuedTimeoutInMinutes' failed to satisfy constraint"),
    ],
)
def test_a_build_has_its_time(aws: Unchecked, timeouts: tuple[int, int], says: str | None) -> None:
    answer = aws.refused(
        "codebuild",
        "create_project",
        name="it",
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=ROLE,
        timeoutInMinutes=timeouts[0],
        queuedTimeoutInMinutes=timeouts[1],
    )
    assert answer is None if says is None else str(answer).startswith("InvalidInputException: ") and says in str(answer)


@pytest.mark.parametrize(
    ("rules", "right"),
    [
        ([{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}}], True),
        ([{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 0}}], False),
        ([{"rulePriority": 1, "selection": {"tagStatus": "some", "countType": "imageCountMoreThan", "countNumber": 1}}], False),
        ([], False),
    ],
)
def test_rules_of_a_registry(aws: Unchecked, rules: list[dict[str, Any]], right: bool) -> None:
    aws.do("ecr", "create_repository", repositoryName="it")
    text = json.dumps({"rules": [{**rule, "action": {"type": "expire"}} for rule in rules]})
    answer = aws.refused("ecr", "put_lifecycle_policy", repositoryName="it", lifecyclePolicyText=text)
    assert answer is None if right else str(answer).startswith("InvalidParameterException: ")
