"""Types that cost nothing by themselves, each with its reason. A type neither here nor in `rows` is reported as unpriced."""

from __future__ import annotations

from typing import Final

_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "AWS does not charge for it": (
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
        "aws:ec2/defaultRouteTable:DefaultRouteTable",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/eipAssociation:EipAssociation",
        "aws:ec2/keyPair:KeyPair",
        "aws:ec2/networkAcl:NetworkAcl",
        "aws:ec2/networkAclRule:NetworkAclRule",
        "aws:ec2/networkInterface:NetworkInterface",
        "aws:ec2/placementGroup:PlacementGroup",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpcDhcpOptions:VpcDhcpOptions",
        "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation",
        "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/policy:Policy",
        "aws:iam/policyAttachment:PolicyAttachment",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:iam/serviceLinkedRole:ServiceLinkedRole",
        "aws:iam/user:User",
        "aws:budgets/budget:Budget",  # a budget without actions; BudgetAction has a row
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        "aws:costexplorer/anomalySubscription:AnomalySubscription",
        "aws:resourcegroups/group:Group",
        "aws:glue/catalogDatabase:CatalogDatabase",
        "aws:athena/workgroup:Workgroup",  # the queries cost, by the byte that each scans
        "aws:emrserverless/application:Application",  # the jobs cost, while they run
        "aws:ssm/parameter:Parameter",  # standard tier
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:dynamodb/tag:Tag",
    ),
    "the first 14 million calls a month are free": ("aws:scheduler/schedule:Schedule",),
    "a setting of a resource that is priced": (
        "aws:kms/alias:Alias",
        "aws:kms/grant:Grant",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/pullThroughCacheRule:PullThroughCacheRule",
        "aws:ecr/registryPolicy:RegistryPolicy",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:secretsmanager/secretRotation:SecretRotation",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:sqs/redrivePolicy:RedrivePolicy",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/eventPermission:EventPermission",
        "aws:lambda/permission:Permission",
        "aws:lambda/alias:Alias",
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        "aws:lb/listener:Listener",
        "aws:lb/listenerRule:ListenerRule",
        "aws:lb/targetGroup:TargetGroup",
        "aws:efs/mountTarget:MountTarget",
        "aws:efs/accessPoint:AccessPoint",
        "aws:efs/fileSystemPolicy:FileSystemPolicy",
    ),
    "a setting or the content of a bucket; what is stored is in the bucket's line": (
        "aws:s3/bucketAccelerateConfiguration:BucketAccelerateConfiguration",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketMetric:BucketMetric",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketObject:BucketObject",
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    ),
    "the cluster is charged, not what it is told": (
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        "aws:eks/addon:Addon",
        "aws:eks/identityProviderConfig:IdentityProviderConfig",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    ),
    "the instances made from it are charged": ("aws:ec2/launchTemplate:LaunchTemplate",),
    "the endpoint made from it is charged": (
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        "aws:sagemaker/model:Model",
    ),
    "only a record; its artefacts are in a bucket's line": (
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
    ),
    "scaling is free; what it adds is in the maximum of what it scales": (
        "aws:appautoscaling/policy:Policy",
        "aws:appautoscaling/scheduledAction:ScheduledAction",
        "aws:appautoscaling/target:Target",
    ),
    "deliveries by e-mail stay in the free thousand; requests are in the topic's line": (
        "aws:sns/topicSubscription:TopicSubscription",
    ),
    "AWS's own events are free to match": ("aws:cloudwatch/eventRule:EventRule",),
    "14 million invocations a month are free": ("aws:scheduler/schedule:Schedule", "aws:scheduler/scheduleGroup:ScheduleGroup"),
}

FREE: Final[dict[str, str]] = {type_: reason for reason, types in _REASONS.items() for type_ in types}

# Whole families, by the start of the type.
FREE_PREFIXES: Final[dict[str, str]] = {
    "pulumi:": "no cloud resource",
    "slipway:": "a component; its children are charged",
    "random:": "no cloud resource",
    "tls:": "no cloud resource",
    "time:": "no cloud resource",
    "command:": "no cloud resource",
    "kubernetes:": "runs on nodes that are charged",
}


def reason_free(type_: str) -> str | None:
    """Why `type_` costs nothing, None when it is not known to."""
    if type_ in FREE:
        return FREE[type_]
    return next((reason for prefix, reason in FREE_PREFIXES.items() if type_.startswith(prefix)), None)
