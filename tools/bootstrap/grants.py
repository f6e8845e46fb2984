"""The actions that CI's two roles are allowed, service by service: those that read, and those that change.

https://docs.aws.amazon.com/service-authorization/latest/reference/ has the names. A test compares the tables with the actions
that the provider calls for every type that the stacks declare.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Actions that describe and list every type of the platform, and those of a preflight. None reads the content of a bucket, a
# secret, a log or a queue. AWS's own policies would not do: ReadOnlyAccess reads all objects and logs, and AWS may change
# SecurityAudit at any time.
READS: Final[Mapping[str, tuple[str, ...]]] = {
    "application-autoscaling": ("Describe*", "ListTagsForResource"),
    "budgets": ("ListTagsForResource", "ViewBudget"),
    "ce": ("GetAnomalyMonitors", "GetAnomalySubscriptions", "ListTagsForResource"),
    "cloudwatch": ("DescribeAlarms", "GetDashboard", "GetMetricStatistics", "ListTagsForResource"),
    "codebuild": ("BatchGetProjects",),
    "ec2": ("Describe*",),
    "ecr": ("DescribeImages", "DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource"),
    "eks": ("Describe*", "List*"),
    "iam": (
        "GetAccountSummary", "GetOpenIDConnectProvider", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy", "List*",
        "SimulatePrincipalPolicy",
    ),
    "kms": ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListAliases", "ListResourceTags"),
    "logs": ("DescribeLogGroups", "ListTagsForResource", "ListTagsLogGroup"),
    "s3": (
        "GetAccelerateConfiguration", "GetBucket*", "GetEncryptionConfiguration", "GetLifecycleConfiguration",
        "GetReplicationConfiguration", "ListAllMyBuckets", "ListBucket", "ListTagsForResource",
    ),
    "sagemaker": ("Describe*", "List*"),
    "scheduler": ("GetSchedule",),
    "secretsmanager": ("DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds"),
    "servicequotas": ("ListAWSDefaultServiceQuotas", "ListServiceQuotas"),
    "sns": ("GetSubscriptionAttributes", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"),
    "sqs": ("GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
}  # fmt: skip

# EC2 gives new resources no name that a policy could match. So creating is allowed in the region, and changing is allowed for
# resources with our tag `Environment`, which each of ours gets when it is created.
NETWORK_MAKING: Final = (
    "AllocateAddress", "AssociateAddress", "AssociateRouteTable", "AttachInternetGateway", "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress", "CreateFlowLogs", "CreateInternetGateway", "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion", "CreateNatGateway", "CreatePlacementGroup", "CreateRoute", "CreateRouteTable",
    "CreateSecurityGroup", "CreateSubnet", "CreateVpc", "CreateVpcEndpoint",
)  # fmt: skip
# The kinds of resources that `NETWORK_MAKING` creates, as far as the platform has them.
NETWORK_KINDS: Final = (
    "elastic-ip", "internet-gateway", "launch-template", "natgateway", "network-interface", "placement-group", "route-table",
    "security-group", "security-group-rule", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log",
)  # fmt: skip
NETWORK_CHANGING: Final = (
    "CreateTags", "DeleteFlowLogs", "DeleteInternetGateway", "DeleteLaunchTemplate", "DeleteLaunchTemplateVersions",
    "DeleteNatGateway", "DeleteNetworkInterface", "DeletePlacementGroup", "DeleteRoute", "DeleteRouteTable",
    "DeleteSecurityGroup", "DeleteSubnet", "DeleteTags", "DeleteVpc", "DeleteVpcEndpoints", "DetachInternetGateway",
    "DisassociateAddress", "DisassociateRouteTable", "ModifyLaunchTemplate", "ModifySecurityGroupRules",
    "ModifySubnetAttribute", "ModifyVpcAttribute", "ModifyVpcEndpoint", "ReleaseAddress", "ReplaceRoute",
    "ReplaceRouteTableAssociation", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress", "UpdateSecurityGroupRuleDescriptionsIngress",
)  # fmt: skip
CLUSTER: Final = (
    "AssociateAccessPolicy", "AssociateEncryptionConfig", "CreateAccessEntry", "CreateAddon", "CreateCluster", "CreateNodegroup",
    "CreatePodIdentityAssociation", "DeleteAccessEntry", "DeleteAddon", "DeleteCluster", "DeleteNodegroup",
    "DeletePodIdentityAssociation", "DisassociateAccessPolicy", "TagResource", "UntagResource", "UpdateAccessEntry",
    "UpdateAddon", "UpdateClusterConfig", "UpdateClusterVersion", "UpdateNodegroupConfig", "UpdateNodegroupVersion",
    "UpdatePodIdentityAssociation",
)  # fmt: skip
KEY_ADMINISTRATION: Final = (
    "CreateAlias", "DeleteAlias", "DisableKeyRotation", "EnableKey", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion",
    "TagResource", "UntagResource", "UpdateAlias", "UpdateKeyDescription",
)  # fmt: skip
KEY_USE: Final = (
    "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "RetireGrant",
)  # fmt: skip
BUCKET_ACTIONS: Final = (
    "CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "ListBucketVersions", "PutBucketLogging", "PutBucketOwnershipControls",
    "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning", "PutEncryptionConfiguration",
    "PutLifecycleConfiguration", "TagResource", "UntagResource",
)  # fmt: skip
OBJECTS: Final = ("DeleteObject", "DeleteObjectTagging", "GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging")
ROLES_TENDED: Final = (
    "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole",
    "UpdateRoleDescription",
)  # fmt: skip
POLICIES: Final = (
    "CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy",
    "UntagPolicy",
)  # fmt: skip
# The services to which the platform's roles may be passed.
SERVICES: Final = (
    "codebuild.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com", "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com", "vpc-flow-logs.amazonaws.com",
)  # fmt: skip
# The services whose service-linked role a new account may have to create first.
LINKED_SERVICES: Final = (
    "autoscaling.amazonaws.com", "eks-nodegroup.amazonaws.com", "eks.amazonaws.com",
    "sagemaker.application-autoscaling.amazonaws.com", "spot.amazonaws.com",
)  # fmt: skip
# Service -> actions on resources whose name begins with the environment's.
ACTIONS_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "budgets": ("ModifyBudget", "TagResource", "UntagResource"),
    "cloudwatch": ("DeleteAlarms", "DeleteDashboards", "PutDashboard", "PutMetricAlarm", "TagResource", "UntagResource"),
    "codebuild": ("CreateProject", "DeleteProject", "UpdateProject"),
    "ecr": (
        "CreateRepository", "DeleteLifecyclePolicy", "DeleteRepository", "PutImageScanningConfiguration", "PutImageTagMutability",
        "PutLifecyclePolicy", "TagResource", "UntagResource",
    ),
    "logs": (
        "AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "DescribeLogStreams",
        "DisassociateKmsKey", "GetLogEvents", "PutRetentionPolicy", "TagLogGroup", "TagResource", "UntagResource",
    ),
    "sagemaker": (
        "AddTags", "CreateEndpoint", "CreateEndpointConfig", "CreateModel", "CreateModelPackageGroup", "CreateTrainingJob",
        "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteModelPackageGroup", "DeleteTags", "StopTrainingJob",
        "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities",
    ),
    "scheduler": ("CreateSchedule", "DeleteSchedule", "UpdateSchedule"),
    "secretsmanager": (
        "CreateSecret", "DeleteResourcePolicy", "DeleteSecret", "GetSecretValue", "PutResourcePolicy", "PutSecretValue",
        "RestoreSecret", "TagResource", "UntagResource", "UpdateSecret",
    ),
    "sns": (
        "CreateTopic", "DeleteTopic", "SetSubscriptionAttributes", "SetTopicAttributes", "Subscribe", "TagResource",
        "Unsubscribe", "UntagResource",
    ),
    "sqs": ("CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"),
}  # fmt: skip
# The arn of a cost anomaly monitor or subscription has an id that AWS chooses, so a policy can match ours only by tag.
WATCHES_MAKING: Final = ("CreateAnomalyMonitor", "CreateAnomalySubscription")
WATCHES_CHANGING: Final = (
    "DeleteAnomalyMonitor", "DeleteAnomalySubscription", "UntagResource", "UpdateAnomalyMonitor", "UpdateAnomalySubscription",
)  # fmt: skip
SCALING: Final = (
    "DeleteScalingPolicy", "DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget", "TagResource",
    "UntagResource",
)  # fmt: skip
