"""Published prices, written here by hand from the price pages and files, against what a plan is charged for them.

`quoted.csv` has instance prices as their sources quote them, none derived. The price table was made from the same sources, so
these tests find an error between a quoted price and a bill, but no error of a source.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from catalog.types import eks, sagemaker
from tests.tools.cost.make import NOTHING_USED, line, view
from tools.cost import Usage
from tools.cost.prices import SOURCES

HOURS = 730

NODE: dict[str, Any] = {"scalingConfig": {"desiredSize": 1, "minSize": 1, "maxSize": 1}, "diskSize": 0}


def _node(type_: str, **more: Any) -> dict[str, Any]:
    return {**NODE, "instanceTypes": [type_], **more}


ALWAYS_ON = [
    # type, props, region, USD an hour
    ("aws:ec2/natGateway:NatGateway", {}, "us-east-1", 0.045),
    ("aws:ec2/natGateway:NatGateway", {}, "us-west-2", 0.045),
    ("aws:ec2/natGateway:NatGateway", {}, "eu-west-1", 0.048),
    ("aws:ec2/eip:Eip", {}, "us-east-1", 0.005),
    ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Interface", "subnetIds": ["a"]}, "us-east-1", 0.01),
    ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Interface", "subnetIds": ["a", "b", "c"]}, "us-west-2", 0.03),
    ("aws:eks/cluster:Cluster", {}, "us-east-1", 0.10),
    ("aws:eks/cluster:Cluster", {}, "us-west-2", 0.10),
    ("aws:lb/loadBalancer:LoadBalancer", {}, "us-east-1", 0.0225),
    ("aws:kinesis/stream:Stream", {"shardCount": 2}, "us-east-1", 0.030),
    (eks.NODE_GROUP.token, _node("t3.medium"), "us-east-1", 0.0416),
    (eks.NODE_GROUP.token, _node("m5.large"), "us-east-1", 0.096),
    (eks.NODE_GROUP.token, _node("m5.large"), "eu-west-1", 0.107),
    (eks.NODE_GROUP.token, _node("g5.xlarge"), "us-east-1", 1.006),
    (eks.NODE_GROUP.token, _node("g5.xlarge"), "eu-west-1", 1.123),
    (eks.NODE_GROUP.token, _node("g5.xlarge"), "eu-central-1", 1.258),
    (eks.NODE_GROUP.token, _node("g5.xlarge"), "ap-northeast-1", 1.459),
    (eks.NODE_GROUP.token, _node("g4dn.xlarge"), "us-east-1", 0.526),
    (eks.NODE_GROUP.token, _node("g6.xlarge"), "us-east-1", 0.8048),
    (eks.NODE_GROUP.token, _node("p4d.24xlarge"), "us-east-1", 21.957642),
    (eks.NODE_GROUP.token, _node("p5.48xlarge"), "us-east-1", 55.04),
    (eks.NODE_GROUP.token, _node("trn1.32xlarge"), "us-east-1", 21.5),
    (eks.NODE_GROUP.token, _node("c6i.large", capacityType="SPOT"), "us-east-1", 0.0364),
    (eks.NODE_GROUP.token, _node("g5.xlarge", scalingConfig={"desiredSize": 3}), "us-east-1", 3.018),
]

BY_THE_MONTH = [
    # type, props, usage, USD a month
    ("aws:kms/key:Key", {}, {}, 1.00),
    ("aws:kms/key:Key", {}, {"kms_requests": 20_000}, 1.06),
    ("aws:secretsmanager/secret:Secret", {}, {"secret_calls": 10_000}, 0.45),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 60}, {}, 0.10),
    ("aws:cloudwatch/metricAlarm:MetricAlarm", {"period": 10}, {}, 0.30),
    ("aws:cloudwatch/dashboard:Dashboard", {}, {}, 3.00),
    ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 0}, {"log_gb": 10, "log_months": 1}, 5.30),
    ("aws:s3/bucket:Bucket", {}, {"s3_gb": 1000, "s3_puts": 1000, "s3_gets": 10_000}, 23.009),
    ("aws:ecr/repository:Repository", {}, {"ecr_gb": 10}, 1.00),
    ("aws:sqs/queue:Queue", {}, {"sqs_requests": 1_000_000}, 0.40),
    ("aws:sqs/queue:Queue", {"fifoQueue": True}, {"sqs_requests": 1_000_000}, 0.50),
    ("aws:sns/topic:Topic", {}, {"sns_requests": 3_000_000}, 1.00),
    ("aws:ec2/internetGateway:InternetGateway", {}, {"internet_gb": 100}, 9.00),
    ("aws:ec2/vpc:Vpc", {}, {"zone_gb": 100}, 2.00),
    ("aws:ec2/natGateway:NatGateway", {}, {"hours": 0, "nat_gb": 100}, 4.50),
    ("aws:ec2/flowLog:FlowLog", {}, {"flow_log_gb": 10}, 5.00),
    ("aws:ebs/volume:Volume", {"size": 100, "type": "gp3"}, {}, 8.00),
    ("aws:ebs/volume:Volume", {"size": 100, "type": "gp3", "throughput": 250}, {}, 13.00),
    ("aws:ebs/volume:Volume", {"size": 100, "type": "io1", "iops": 1000}, {}, 77.50),
    ("aws:efs/fileSystem:FileSystem", {}, {"volume_gb": 100}, 30.00),
    ("aws:wafv2/webAcl:WebAcl", {"rules": [{}, {}]}, {}, 7.00),
    ("aws:lambda/function:Function", {"memorySize": 1024}, {"lambda_requests": 1_000_000, "lambda_seconds": 1}, 16.8667),
]

SAGEMAKER = [
    ("ml.m5.large", 0.115),
    ("ml.m5.xlarge", 0.23),
    ("ml.c5.xlarge", 0.204),
    ("ml.g4dn.xlarge", 0.7364),
    ("ml.g5.xlarge", 1.41),
    ("ml.g6.xlarge", 1.127),
    ("ml.p4d.24xlarge", 25.2513),
    ("ml.p5.48xlarge", 63.296),
    ("ml.inf2.xlarge", 0.99),
    ("ml.trn1.32xlarge", 24.73),
]


@pytest.mark.parametrize(("type_", "props", "region", "hourly"), ALWAYS_ON)
def test_what_is_always_on_costs_its_published_hour_730_times(
    type_: str, props: dict[str, Any], region: str, hourly: float
) -> None:
    assert line(view(type_, props), region=region).monthly_usd == pytest.approx(hourly * HOURS, abs=0.0001)


@pytest.mark.parametrize(("type_", "props", "usage", "monthly"), BY_THE_MONTH)
def test_what_is_used_costs_its_published_unit(
    type_: str, props: dict[str, Any], usage: dict[str, float], monthly: float
) -> None:
    kinds = {name: getattr(NOTHING_USED, name) for name in Usage.__dataclass_fields__}
    assert line(view(type_, props), usage=Usage(**(kinds | usage))).monthly_usd == pytest.approx(monthly, abs=0.0001)


@pytest.mark.parametrize(("instance", "hourly"), SAGEMAKER)
def test_an_endpoint_instance_costs_its_published_hour(instance: str, hourly: float) -> None:
    variant = {"variantName": "main", "instanceType": instance, "initialInstanceCount": 2}
    found = line(
        view(sagemaker.ENDPOINT.token, {"endpointConfigName": "c"}),
        view(sagemaker.ENDPOINT_CONFIGURATION.token, {"name": "c", "productionVariants": [variant]}),
    )
    assert found.monthly_usd == pytest.approx(2 * hourly * HOURS, abs=0.0001)


@pytest.mark.parametrize(("instance", "hourly"), SAGEMAKER)
def test_a_training_hour_costs_what_an_endpoint_hour_does(instance: str, hourly: float) -> None:
    found = line(
        view(sagemaker.TRAINING_JOB.token, {"instance_type": instance, "instance_count": 4, "max_runtime_in_seconds": 3600})
    )
    assert found.one_off_max_usd == pytest.approx(4 * hourly, abs=0.0001)


QUOTED = list(csv.DictReader((Path(__file__).parent / "quoted.csv").read_text(encoding="utf-8").splitlines()))


def test_forty_prices_are_quoted_with_date_and_source_over_five_regions() -> None:
    assert len(QUOTED) == 40
    assert len({row["region"] for row in QUOTED}) == 5
    assert all(row["as_of"] and row["source"] in SOURCES for row in QUOTED)


@pytest.mark.parametrize("row", QUOTED, ids=lambda row: f"{row['type']} {row['region']}")
def test_an_instance_is_charged_what_was_quoted_for_its_type_and_region_on_that_day(row: dict[str, str]) -> None:
    if row["type"].startswith("ml."):
        variant = {"variantName": "main", "instanceType": row["type"], "initialInstanceCount": 1}
        views = [
            view(sagemaker.ENDPOINT.token, {"endpointConfigName": "c"}),
            view(sagemaker.ENDPOINT_CONFIGURATION.token, {"name": "c", "productionVariants": [variant]}),
        ]
    else:
        views = [view(eks.NODE_GROUP.token, _node(row["type"]))]
    found = line(*views, region=row["region"])
    assert found.monthly_usd == pytest.approx(float(row["usd_an_hour"]) * HOURS, abs=0.0001)
    assert found.priced_at == row["as_of"]  # the root volume of 0 GiB has an older one
    assert f"{row['type']}: " not in found.basis, "nothing stands in for the region's own price"
