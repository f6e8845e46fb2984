"""Tags: whose it is, what it costs whom, and what kind of data it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policies.rule import EVERY_TYPE, rule
from policies.tagging import has_tag, tags_of
from policies.tokens import DATA_STORES
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView

REQUIRED: Final = ("Project", "Environment", "Owner", "CostCenter", "ManagedBy")
DATA_CLASS: Final = "DataClass"
# The types that take tags as a plain map. A test holds this list against pulumi-aws.
TAGGABLE: Final = frozenset(
    {
        *DATA_STORES,
        "aws:appautoscaling/target:Target",
        "aws:budgets/budget:Budget",
        "aws:cloudtrail/trail:Trail",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:codebuild/project:Project",
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        "aws:costexplorer/anomalySubscription:AnomalySubscription",
        "aws:ebs/volume:Volume",
        "aws:ec2/capacityReservation:CapacityReservation",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/eip:Eip",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/instance:Instance",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/placementGroup:PlacementGroup",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:ecr/repository:Repository",
        "aws:efs/accessPoint:AccessPoint",
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/addon:Addon",
        "aws:eks/cluster:Cluster",
        "aws:eks/nodeGroup:NodeGroup",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/policy:Policy",
        "aws:iam/role:Role",
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "aws:kms/key:Key",
        "aws:lambda/function:Function",
        "aws:lb/listener:Listener",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:msk/cluster:Cluster",
        "aws:mwaa/environment:Environment",
        "aws:rds/clusterInstance:ClusterInstance",
        "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
        "aws:sagemaker/domain:Domain",
        "aws:sagemaker/endpoint:Endpoint",
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        "aws:sagemaker/model:Model",
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        "aws:sagemaker/notebookInstance:NotebookInstance",
        "aws:sagemaker/pipeline:Pipeline",
        "aws:sns/topic:Topic",
        "aws:sqs/queue:Queue",
    }
)
OURS: Final = ("pulumi-python:dynamic/sagemaker:TrainingJob",)
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
VALUE_LIMIT: Final = 256


@rule(
    *sorted(TAGGABLE),
    *OURS,
    severity="mandatory",
    frameworks=("FSBP Tagging", "GDPR 30"),
    anchors=("CKV_AWS_153",),
    why="A machine that nobody owns is never switched off, and its cost is nobody's.",
    fix=f"give it the tags {', '.join(REQUIRED)} (infra/base/naming.py has them)",
)
def required_tags_are_there(resource: ResourceView) -> Verdict:
    tags = tags_of(resource)
    missing = [key for key in REQUIRED if not Block(tags.get(key)).given()]
    return Fail(f"missing: {', '.join(missing)}") if missing else PASS


@rule(
    *DATA_STORES,
    severity="mandatory",
    frameworks=("GDPR 30",),
    why="What kind of data a store holds decides its key, its retention and who may read it.",
    fix=f"give it the tag {DATA_CLASS}",
)
def data_is_classified(resource: ResourceView) -> Verdict:
    return PASS if has_tag(resource, DATA_CLASS) else Fail(f"no {DATA_CLASS} tag")


@rule(
    EVERY_TYPE,
    severity="mandatory",
    why="AWS refuses such tags in the middle of `up`.",
    fix=f"use keys that do not start with aws: and values of at most {VALUE_LIMIT} characters",
)
def tags_are_taken_by_aws(resource: ResourceView) -> Verdict:
    tags = Block.of(resource).value("tags", unknown=None)
    if not resource.type.startswith("aws:") or not isinstance(tags, Mapping):
        return PASS
    for key, value in tags.items():
        if str(key).lower().startswith("aws:"):
            return Fail(f"tag {key} starts with aws:")
        if isinstance(value, str) and len(value) > VALUE_LIMIT:
            return Fail(f"tag {key} has {len(value)} characters")
    return PASS
