"""The valid resources of the platform's own kinds: buckets, identity, keys, network, machines, images, messages, money."""

from __future__ import annotations

from typing import Any, Final

from policies import tokens as t
from tests.policies.parts import (
    ACCOUNT,
    DATA,
    DENY_HTTP,
    FROM_HERE,
    ISSUER,
    KEY_ARN,
    OWN_ACCOUNT,
    READ,
    ROLE_ARN,
    TAGS,
    allow,
    document,
    id_of,
    trust,
)

# name -> (type, properties)
PLATFORM: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "stack": (t.STACK, {}),
    # --- buckets
    "data": (t.BUCKET, {"bucket": "data", "forceDestroy": False, "tags": DATA}),
    "data-block": (
        t.BUCKET_PUBLIC_ACCESS_BLOCK,
        {
            "bucket": id_of("data"),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
    ),
    "data-policy": (t.BUCKET_POLICY, {"bucket": id_of("data"), "policy": document(DENY_HTTP)}),
    "data-ownership": (t.BUCKET_OWNERSHIP, {"bucket": id_of("data"), "rule": {"objectOwnership": "BucketOwnerEnforced"}}),
    "data-acl": (t.BUCKET_ACL, {"bucket": id_of("data"), "acl": "private"}),
    "data-encryption": (
        t.BUCKET_ENCRYPTION,
        {
            "bucket": id_of("data"),
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN},
                    "bucketKeyEnabled": True,
                }
            ],
        },
    ),
    "data-versioning": (
        t.BUCKET_VERSIONING,
        {"bucket": id_of("data"), "versioningConfiguration": {"status": "Enabled"}},
    ),
    "data-lifecycle": (
        t.BUCKET_LIFECYCLE,
        {
            "bucket": id_of("data"),
            "rules": [{"id": "all", "status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}],
        },
    ),
    "data-logging": (t.BUCKET_LOGGING, {"bucket": id_of("data"), "targetBucket": "logs", "targetPrefix": "data/"}),
    "data-card": (t.BUCKET_OBJECT, {"bucket": id_of("data"), "key": "card.md", "acl": "private"}),
    # --- identity
    "role": (
        t.ROLE,
        {
            "assumeRolePolicy": trust({"Service": "sagemaker.amazonaws.com"}, FROM_HERE),
            "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            "inlinePolicies": [{"name": "read", "policy": document(READ)}],
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"],
            "tags": TAGS,
        },
    ),
    "pod-role": (
        t.ROLE,
        {
            "assumeRolePolicy": trust(
                {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
                {
                    "StringEquals": {
                        f"{ISSUER}:aud": "sts.amazonaws.com",
                        f"{ISSUER}:sub": "system:serviceaccount:training:runner",
                    }
                },
                action="sts:AssumeRoleWithWebIdentity",
            ),
            "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            "tags": TAGS,
        },
    ),
    "policy": (
        t.POLICY,
        {
            "policy": document(
                READ,
                allow("iam:PassRole", ROLE_ARN, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
            ),
            "tags": TAGS,
        },
    ),
    "role-policy": (t.ROLE_POLICY, {"role": "role", "policy": document(READ)}),
    "attachment": (t.ROLE_POLICY_ATTACHMENT, {"role": "role", "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/policy"}),
    # --- keys
    "key": (
        t.KEY,
        {
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "isEnabled": True,
            "policy": document(
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
            ),
            "tags": TAGS,
        },
    ),
    # --- network
    "vpc": (t.VPC, {"cidrBlock": "10.0.0.0/16", "tags": TAGS}),
    "vpc-flow-log": (t.FLOW_LOG, {"vpcId": id_of("vpc"), "trafficType": "ALL", "tags": TAGS}),
    "vpc-default-group": (t.DEFAULT_SECURITY_GROUP, {"vpcId": id_of("vpc"), "tags": TAGS}),
    "vpc-s3": (
        t.VPC_ENDPOINT,
        {
            "vpcId": id_of("vpc"),
            "vpcEndpointType": "Gateway",
            "serviceName": "com.amazonaws.us-east-1.s3",
            "policy": document(allow("s3:*", "*", Principal="*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}})),
            "tags": TAGS,
        },
    ),
    "vpc-logs": (
        t.VPC_ENDPOINT,
        {
            "vpcId": id_of("vpc"),
            "vpcEndpointType": "Interface",
            "serviceName": "com.amazonaws.us-east-1.logs",
            "privateDnsEnabled": True,
            "tags": TAGS,
        },
    ),
    "private-a": (t.SUBNET, {"vpcId": id_of("vpc"), "cidrBlock": "10.0.0.0/20", "mapPublicIpOnLaunch": False, "tags": TAGS}),
    "private-route": (
        t.ROUTE,
        {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"},
    ),
    "group": (
        t.SECURITY_GROUP,
        {
            "description": "Model servers",
            "vpcId": id_of("vpc"),
            "ingress": [{"protocol": "tcp", "fromPort": 8080, "toPort": 8080, "cidrBlocks": ["10.0.0.0/16"]}],
            "egress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}],
            "tags": TAGS,
        },
    ),
    "efa": (t.SECURITY_GROUP, {"description": "EFA", "vpcId": id_of("vpc"), "tags": TAGS}),
    "efa-in": (
        t.INGRESS_RULE,
        {
            "description": "EFA in",
            "securityGroupId": id_of("efa"),
            "referencedSecurityGroupId": id_of("efa"),
            "ipProtocol": "-1",
        },
    ),
    "efa-out": (
        t.EGRESS_RULE,
        {
            "description": "EFA out",
            "securityGroupId": id_of("efa"),
            "referencedSecurityGroupId": id_of("efa"),
            "ipProtocol": "-1",
        },
    ),
    "old-rule": (
        t.SECURITY_GROUP_RULE,
        {
            "type": "ingress",
            "description": "HTTPS from the office",
            "securityGroupId": id_of("group"),
            "protocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrBlocks": ["10.1.0.0/16"],
        },
    ),
    # --- machines
    "template": (
        t.LAUNCH_TEMPLATE,
        {
            "instanceType": "p5.48xlarge",
            "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "kmsKeyId": KEY_ARN}}],
            "networkInterfaces": [
                {"interfaceType": "efa", "deviceIndex": 0, "associatePublicIpAddress": "false", "securityGroups": [id_of("efa")]}
            ],
            "placement": {"groupName": "close"},
            "userData": "IyEvYmluL3NoCg==",
            "tags": TAGS,
        },
    ),
    "volume": (t.VOLUME, {"availabilityZone": "us-east-1a", "size": 100, "encrypted": True, "kmsKeyId": KEY_ARN, "tags": TAGS}),
    # --- Kubernetes
    "cluster": (
        t.CLUSTER,
        {
            "roleArn": ROLE_ARN,
            "vpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True, "subnetIds": ["s-1", "s-2"]},
            "encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": KEY_ARN}},
            "enabledClusterLogTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "deletionProtection": True,
            "upgradePolicy": {"supportType": "STANDARD"},
            "tags": TAGS,
        },
    ),
    "gpu": (
        t.NODE_GROUP,
        {
            "clusterName": id_of("cluster"),
            "nodeRoleArn": ROLE_ARN,
            "instanceTypes": ["p5.48xlarge", "p5e.48xlarge"],
            "capacityType": "SPOT",
            "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 0},
            "subnetIds": ["s-1"],
            "taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}],
            "launchTemplate": {"id": id_of("template"), "version": "1"},
            "nodeRepairConfig": {"enabled": True},
            "tags": TAGS,
        },
    ),
    "access": (
        t.ACCESS_POLICY_ASSOCIATION,
        {
            "clusterName": id_of("cluster"),
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
            "principalArn": ROLE_ARN,
            "accessScope": {"type": "cluster"},
        },
    ),
    "karpenter": (
        t.KARPENTER_NODE_POOL,
        {
            "spec": {
                "limits": {"nvidia.com/gpu": 32},
                "template": {
                    "spec": {
                        "requirements": [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["p5", "g6"]}],
                        "taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
                    }
                },
            }
        },
    ),
    "asg": (t.AUTOSCALING_GROUP, {"minSize": 0, "maxSize": 4}),
    # --- images, logs, messages, secrets, money
    "repository": (
        t.REPOSITORY,
        {
            "name": "repository",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY_ARN}],
            "forceDelete": False,
            "tags": TAGS,
        },
    ),
    "repository-policy": (
        t.REPOSITORY_POLICY,
        {
            "repository": "repository",
            "policy": document({"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": "ecr:BatchGetImage"}),
        },
    ),
    "repository-lifecycle": (t.REPOSITORY_LIFECYCLE, {"repository": "repository", "policy": '{"rules": []}'}),
    "log-group": (t.LOG_GROUP, {"name": "/slipway", "retentionInDays": 365, "kmsKeyId": KEY_ARN, "tags": TAGS}),
    "alarm": (
        t.METRIC_ALARM,
        {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "namespace": "AWS/SageMaker",
            "metricName": "Invocation5XXErrors",
            "dimensions": {"EndpointName": "digits", "VariantName": "a"},
            "alarmActions": ["arn:aws:sns:us-east-1:123456789012:alerts"],
            "treatMissingData": "notBreaching",
            "tags": TAGS,
        },
    ),
    "topic": (t.TOPIC, {"kmsMasterKeyId": KEY_ARN, "tags": TAGS}),
    "topic-policy": (t.TOPIC_POLICY, {"arn": id_of("topic"), "policy": document(OWN_ACCOUNT)}),
    "subscription": (t.SUBSCRIPTION, {"topic": id_of("topic"), "protocol": "https", "endpoint": "https://alerts.example.com"}),
    "queue": (t.QUEUE, {"kmsMasterKeyId": KEY_ARN, "redrivePolicy": '{"deadLetterTargetArn": "arn"}', "tags": TAGS}),
    "queue-policy": (
        t.QUEUE_POLICY,
        {
            "queueUrl": id_of("queue"),
            "policy": document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Condition": FROM_HERE}),
        },
    ),
    "builds": (
        t.BUILD_PROJECT,
        {
            "encryptionKey": KEY_ARN,
            "environment": {"computeType": "BUILD_GENERAL1_LARGE", "privilegedMode": True},
            "logsConfig": {"cloudwatchLogs": {"status": "ENABLED", "groupName": "/slipway-prod/image-builds"}},
            "vpcConfig": {"vpcId": id_of("vpc"), "subnets": [id_of("private-a")], "securityGroupIds": [id_of("group")]},
            "tags": {**TAGS, "Privileged": "builds images"},
        },
    ),
    "secret": (t.SECRET, {"kmsKeyId": KEY_ARN, "recoveryWindowInDays": 30, "tags": DATA}),
    "secret-rotation": (t.SECRET_ROTATION, {"secretId": id_of("secret"), "rotationLambdaArn": "arn:aws:lambda:..."}),
    "secret-policy": (t.SECRET_POLICY, {"secretArn": id_of("secret"), "policy": document(OWN_ACCOUNT)}),
    "evening": (
        t.SCHEDULE,
        {
            "scheduleExpression": "cron(0 20 ? * * *)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {
                "arn": "arn:aws:scheduler:::aws-sdk:eks:updateNodegroupConfig",
                "roleArn": ROLE_ARN,
                "retryPolicy": {"maximumEventAgeInSeconds": 3600},
            },
        },
    ),
    "anomalies": (t.ANOMALY_MONITOR, {"monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE", "tags": TAGS}),
    "anomalies-told": (
        t.ANOMALY_SUBSCRIPTION,
        {
            "frequency": "IMMEDIATE",
            "monitorArnLists": [f"arn:aws:ce::{ACCOUNT}:anomalymonitor/1"],
            "subscribers": [{"type": "SNS", "address": f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"}],
            "tags": TAGS,
        },
    ),
    "budget": (
        t.BUDGET,
        {
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "4000",
            "limitUnit": "USD",
            "notifications": [
                {
                    "comparisonOperator": "GREATER_THAN",
                    "notificationType": "FORECASTED",
                    "threshold": 80,
                    "thresholdType": "PERCENTAGE",
                    "subscriberEmailAddresses": ["ml@example.com"],
                }
            ],
            "tags": TAGS,
        },
    ),
}
