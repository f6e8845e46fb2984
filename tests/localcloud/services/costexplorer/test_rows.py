"""Cost anomalies: pulumi-aws's rows over the recorder, for which there is no golden file (moto has nothing of them)."""

from __future__ import annotations

import json
from typing import Any

import botocore.exceptions
import pytest

from catalog.types import costexplorer
from tests.localcloud.cloud import Cloud, Made

TOPIC = "{ref:aws:sns/topic:Topic#minimal.arn}"


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


def specification(value: str) -> str:
    """An expression as pulumi-aws's documentation writes it: with every part that it may have."""
    parts = dict.fromkeys(("And", "CostCategories", "Dimensions", "Not", "Or"))
    return json.dumps({**parts, "Tags": {"Key": "Environment", "MatchOptions": None, "Values": [value]}})


def monitor(cloud: Cloud, **more: Any) -> Made:
    return cloud.make(
        costexplorer.ANOMALY_MONITOR.token, **{"monitorType": "CUSTOM", "monitorSpecification": specification("dev"), **more}
    )


def threshold(usd: int) -> dict[str, Any]:
    dimension = {
        "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
        "matchOptions": ["GREATER_THAN_OR_EQUAL"],
        "values": [str(usd)],
    }
    return {"dimension": dimension}


def subscription(cloud: Cloud, watching: Made, **more: Any) -> Made:
    given: dict[str, Any] = {
        "frequency": "IMMEDIATE",
        "monitorArnLists": [watching.id],
        "subscribers": [{"type": "SNS", "address": TOPIC}],
        "thresholdExpression": threshold(100),
    }
    return cloud.make(costexplorer.ANOMALY_SUBSCRIPTION.token, **{**given, **more})


def test_a_monitor_by_tag_is_there_for_boto3_and_differs_in_nothing_from_what_was_asked(cloud: Cloud) -> None:
    made = monitor(cloud, name="spending", tags={"team": "ml"})
    (found,) = cloud.client("ce").get_anomaly_monitors(MonitorArnList=[made.id])["AnomalyMonitors"]
    assert found["MonitorSpecification"] == {"Tags": {"Key": "Environment", "Values": ["dev"]}}
    assert made.outputs["arn"] == made.id
    assert cloud.plan(made).effect == "none"
    assert cloud.refresh(made) == made.inputs
    assert cloud.client("ce").list_tags_for_resource(ResourceArn=made.id)["ResourceTags"] == [{"Key": "team", "Value": "ml"}]


def test_a_monitor_is_renamed_and_tagged_in_place_and_replaced_where_it_watches_something_else(cloud: Cloud) -> None:
    made = monitor(cloud, tags={"team": "ml"})
    assert cloud.change(made, name="other", tags={"team": "platform"})["name"] == "other"
    assert cloud.refresh(made) == made.inputs
    assert cloud.plan(made, monitorSpecification=specification("prod")).effect == "replace"


def test_who_is_told_changes_in_place(cloud: Cloud) -> None:
    made = subscription(cloud, monitor(cloud))
    assert made.outputs["thresholdExpression"]["dimension"]["values"] == ["100"]
    cloud.change(made, thresholdExpression=threshold(250))
    (found,) = cloud.client("ce").get_anomaly_subscriptions(SubscriptionArnList=[made.id])["AnomalySubscriptions"]
    assert found["ThresholdExpression"]["Dimensions"]["Values"] == ["250"]
    assert cloud.refresh(made) == made.inputs
    assert cloud.plan(made, name="other").effect == "replace"


def test_a_topic_is_told_at_once_and_mail_by_the_day(cloud: Cloud) -> None:
    watching = monitor(cloud)
    with pytest.raises(botocore.exceptions.ClientError, match="frequency DAILY tells EMAIL"):
        subscription(cloud, watching, frequency="DAILY")
    mail = [{"type": "EMAIL", "address": "a@example.com"}]
    assert subscription(cloud, watching, frequency="DAILY", subscribers=mail).id


def test_nobody_is_told_by_a_monitor_that_is_not_there(cloud: Cloud) -> None:
    watching = monitor(cloud)
    cloud.delete(watching)
    assert cloud.refresh(watching) is None
    with pytest.raises(botocore.exceptions.ClientError, match="UnknownMonitor"):
        subscription(cloud, watching)


def test_a_specification_that_is_no_json_is_refused_before_aws_is_asked(cloud: Cloud) -> None:
    inputs = {"monitorType": "CUSTOM", "monitorSpecification": "{", "name": "x"}
    _, failures = cloud.engine.check(costexplorer.ANOMALY_MONITOR.token, "it", {}, inputs, b"1")
    assert "contains an invalid JSON" in str(failures)
