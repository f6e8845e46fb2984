"""The actions that making a resource takes: one row a type.

Source: AWS's Service Authorization Reference, and what the provider calls to make and tag one. `arn` is of the resource, with
`name` the property that names it, where a plan can know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What it takes, and on which arn; "" where only the resource itself knows its id."""

    actions: tuple[str, ...]
    name: str = ""
    arn: str = ""


def _on(arn: str, name: str, *actions: str) -> Actions:
    return Actions(actions=actions, name=name, arn=arn)


def _any(*actions: str) -> Actions:
    return Actions(actions=actions)


_BUCKET: Final = "arn:{partition}:s3:::{name}"
_ROLE: Final = "arn:{partition}:iam::{account}:role/{name}"
_SAGEMAKER: Final = "arn:{partition}:sagemaker:{region}:{account}:"

ACTIONS: Final[Mapping[str, Actions]] = {
    "aws:appautoscaling/policy:Policy": _any("application-autoscaling:PutScalingPolicy"),
    "aws:appautoscaling/target:Target": _any("application-autoscaling:RegisterScalableTarget"),
    "aws:budgets/budget:Budget": _any("budgets:ModifyBudget", "budgets:ViewBudget"),
    "aws:cloudwatch/dashboard:Dashboard": _any("cloudwatch:PutDashboard"),
    "aws:cloudwatch/logGroup:LogGroup": _on(
        "arn:{partition}:logs:{region}:{account}:log-group:{name}", "name", "logs:CreateLogGroup", "logs:PutRetentionPolicy"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _on(
        "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}", "name", "cloudwatch:PutMetricAlarm"
    ),
    "aws:codebuild/project:Project": _on(
        "arn:{partition}:codebuild:{region}:{account}:project/{name}", "name", "codebuild:CreateProject"
    ),
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": _any("ce:CreateAnomalyMonitor"),
    "aws:costexplorer/anomalySubscription:AnomalySubscription": _any("ce:CreateAnomalySubscription"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _any("ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"),
    "aws:ec2/eip:Eip": _any("ec2:AllocateAddress", "ec2:CreateTags"),
    "aws:ec2/flowLog:FlowLog": _any("ec2:CreateFlowLogs"),
    "aws:ec2/instance:Instance": _any("ec2:RunInstances"),
    "aws:ec2/internetGateway:InternetGateway": _any("ec2:CreateInternetGateway", "ec2:AttachInternetGateway"),
    "aws:ec2/launchTemplate:LaunchTemplate": _any("ec2:CreateLaunchTemplate"),
    "aws:ec2/natGateway:NatGateway": _any("ec2:CreateNatGateway"),
    "aws:ec2/placementGroup:PlacementGroup": _on(
        "arn:{partition}:ec2:{region}:{account}:placement-group/{name}", "name", "ec2:CreatePlacementGroup"
    ),
    "aws:ec2/route:Route": _any("ec2:CreateRoute"),
    "aws:ec2/routeTable:RouteTable": _any("ec2:CreateRouteTable"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _any("ec2:AssociateRouteTable"),
    "aws:ec2/securityGroup:SecurityGroup": _any("ec2:CreateSecurityGroup"),
    "aws:ec2/subnet:Subnet": _any("ec2:CreateSubnet"),
    "aws:ec2/vpc:Vpc": _any("ec2:CreateVpc", "ec2:ModifyVpcAttribute"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _any("ec2:CreateVpcEndpoint"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _any("ecr:PutLifecyclePolicy"),
    "aws:ecr/repository:Repository": _on(
        "arn:{partition}:ecr:{region}:{account}:repository/{name}", "name", "ecr:CreateRepository", "ecr:TagResource"
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _any("ecr:SetRepositoryPolicy"),
    "aws:eks/accessEntry:AccessEntry": _any("eks:CreateAccessEntry"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _any("eks:AssociateAccessPolicy"),
    "aws:eks/addon:Addon": _any("eks:CreateAddon"),
    "aws:eks/cluster:Cluster": _on(
        "arn:{partition}:eks:{region}:{account}:cluster/{name}", "name", "eks:CreateCluster", "eks:TagResource"
    ),
    "aws:eks/nodeGroup:NodeGroup": _any("eks:CreateNodegroup"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _any("eks:CreatePodIdentityAssociation"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _any("iam:CreateOpenIDConnectProvider"),
    "aws:iam/policy:Policy": _on("arn:{partition}:iam::{account}:policy/{name}", "name", "iam:CreatePolicy", "iam:TagPolicy"),
    "aws:iam/role:Role": _on(_ROLE, "name", "iam:CreateRole", "iam:TagRole", "iam:PassRole"),
    "aws:iam/rolePolicy:RolePolicy": _on(_ROLE, "role", "iam:PutRolePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _on(_ROLE, "role", "iam:AttachRolePolicy"),
    "aws:kms/alias:Alias": _on("arn:{partition}:kms:{region}:{account}:{name}", "name", "kms:CreateAlias"),
    "aws:kms/key:Key": _any("kms:CreateKey", "kms:TagResource", "kms:EnableKeyRotation"),
    "aws:s3/bucket:Bucket": _on(_BUCKET, "bucket", "s3:CreateBucket", "s3:PutBucketTagging"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _on(_BUCKET, "bucket", "s3:PutLifecycleConfiguration"),
    "aws:s3/bucketLogging:BucketLogging": _on(_BUCKET, "bucket", "s3:PutBucketLogging"),
    "aws:s3/bucketObjectv2:BucketObjectv2": _on(_BUCKET + "/*", "bucket", "s3:PutObject"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _on(_BUCKET, "bucket", "s3:PutBucketOwnershipControls"),
    "aws:s3/bucketPolicy:BucketPolicy": _on(_BUCKET, "bucket", "s3:PutBucketPolicy"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _on(_BUCKET, "bucket", "s3:PutBucketPublicAccessBlock"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _on(
        _BUCKET, "bucket", "s3:PutEncryptionConfiguration"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _on(_BUCKET, "bucket", "s3:PutBucketVersioning"),
    "aws:sagemaker/endpoint:Endpoint": _on(_SAGEMAKER + "endpoint/{name}", "name", "sagemaker:CreateEndpoint"),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _any("sagemaker:CreateEndpointConfig"),
    "aws:sagemaker/model:Model": _any("sagemaker:CreateModel"),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": _on(
        _SAGEMAKER + "model-package-group/{name}", "modelPackageGroupName", "sagemaker:CreateModelPackageGroup"
    ),
    "aws:scheduler/schedule:Schedule": _on(
        "arn:{partition}:scheduler:{region}:{account}:schedule/default/{name}", "name", "scheduler:CreateSchedule"
    ),
    "aws:secretsmanager/secret:Secret": _on(
        "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????",
        "name",
        "secretsmanager:CreateSecret",
        "secretsmanager:TagResource",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _any("secretsmanager:PutSecretValue"),
    "aws:sns/topic:Topic": _on("arn:{partition}:sns:{region}:{account}:{name}", "name", "sns:CreateTopic", "sns:TagResource"),
    "aws:sns/topicSubscription:TopicSubscription": _any("sns:Subscribe"),
    "aws:sqs/queue:Queue": _on("arn:{partition}:sqs:{region}:{account}:{name}", "name", "sqs:CreateQueue", "sqs:TagQueue"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _any("ec2:AuthorizeSecurityGroupEgress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _any("ec2:AuthorizeSecurityGroupIngress"),
    "pulumi-python:dynamic/sagemaker:TrainingJob": _any("sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"),
}
