"""A small platform as a plan, with components, for the tests of the report."""

from __future__ import annotations

from typing import Any

from tools.plan.view import UNKNOWN, Plan, ResourceView

ZONES = ("us-east-1a", "us-east-1b")


def component(kind: str, name: str, parent: str = "") -> ResourceView:
    return ResourceView(type=f"slipway:{kind}", name=name, urn=f"urn:{name}", parent=parent, custom=False)


def made(type_: str, name: str, parent: str, /, **props: Any) -> ResourceView:
    return ResourceView(type=type_, name=name, urn=f"urn:{type_}:{name}", parent=f"urn:{parent}", props=props)


def platform(prefix: str = "acme-test") -> list[ResourceView]:
    """A plan with every room of the picture: network over two zones, cluster, lake, keys, images, training, serving, guards."""
    network, cluster, pool, lake = (f"{prefix}-{name}" for name in ("network", "cluster", "pool-gpu", "lake"))
    keys, registry, training = (f"{prefix}-{name}" for name in ("keys", "registry", "training"))
    serving, guards = f"{prefix}-serving", f"{prefix}-guards"
    views = [
        component("network:Network", network),
        component("compute:Cluster", cluster),
        component("compute:NodePool", pool, f"urn:{cluster}"),
        component("data:Lake", lake),
        component("security:Keys", keys),
        component("data:Registry", registry),
        component("training:Training", training),
        component("serving:Serving", serving),
        component("cost:Guards", guards),
        made("aws:ec2/vpc:Vpc", f"{prefix}-vpc", network, cidrBlock="10.0.0.0/16"),
        made("aws:ec2/internetGateway:InternetGateway", f"{prefix}-internet", network),
        made("aws:ec2/natGateway:NatGateway", f"{prefix}-nat-a", network),
        made("aws:ec2/vpcEndpoint:VpcEndpoint", f"{prefix}-endpoint-s3", network, serviceName="com.amazonaws.us-east-1.s3"),
        made("aws:eks/cluster:Cluster", f"{prefix}-cluster", cluster, name="acme", version="1.35"),
        made("aws:ec2/launchTemplate:LaunchTemplate", f"{prefix}-gpu", pool, instanceType="g5.xlarge"),
        made(
            "aws:eks/nodeGroup:NodeGroup",
            f"{prefix}-gpu",
            pool,
            launchTemplate={"id": UNKNOWN},
            scalingConfig={"minSize": 0, "desiredSize": 1, "maxSize": 4},
        ),
        made("aws:kms/key:Key", f"{prefix}-data-key", keys),
        made("aws:ecr/repository:Repository", f"{prefix}-serving-image", registry, imageTagMutability="IMMUTABLE"),
        made(
            "pulumi-python:dynamic/sagemaker:TrainingJob",
            f"{prefix}-digits",
            training,
            resourceConfig={"instanceType": "ml.m5.large", "instanceCount": 2},
        ),
        made("aws:sagemaker/endpoint:Endpoint", f"{prefix}-digits-endpoint", serving),
        made(
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            f"{prefix}-digits-configuration",
            serving,
            productionVariants=[{"variantName": "main", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 1}],
        ),
        made(
            "aws:appautoscaling/target:Target",
            f"{prefix}-digits-scaling",
            serving,
            resourceId=UNKNOWN,
            minCapacity=1,
            maxCapacity=3,
        ),
        made("aws:budgets/budget:Budget", f"{prefix}-monthly", guards, limitAmount="2000", limitUnit="USD"),
        made("aws:iam/role:Role", f"{prefix}-node-role", guards),
        made("aws:cloudwatch/metricAlarm:MetricAlarm", f"{prefix}-latency", guards),
        made("kubernetes:core/v1:Namespace", f"{prefix}-namespace", guards),
    ]
    for bucket in ("raw", "curated"):
        views.append(made("aws:s3/bucket:Bucket", f"{prefix}-{bucket}", lake))
        views.append(made("aws:s3/bucketVersioning:BucketVersioning", f"{prefix}-{bucket}", lake))
    for number, zone in enumerate(ZONES):
        for tier, base in (("public", 0), ("private", 10)):
            name = f"{prefix}-{tier}-{zone[-1]}"
            cidr = f"10.0.{base + number}.0/24"
            views.append(made("aws:ec2/subnet:Subnet", name, network, availabilityZone=zone, cidrBlock=cidr, tags={"Tier": tier}))
    return views


def plan(views: list[ResourceView] | None = None) -> Plan:
    return Plan(platform() if views is None else views, "test")
