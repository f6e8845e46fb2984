"""The valid resources of the platform's own kinds: buckets, identity, keys, network, machines, images, messages, money."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import (
    autoscaling,
    budgets,
    cloudwatch,
    codebuild,
    costexplorer,
    ebs,
    ec2,
    ecr,
    eks,
    engine,
    iam,
    kms,
    kubernetes,
    s3,
    scheduler,
    secretsmanager,
    sns,
    sqs,
    vpc,
)
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
    "stack": (engine.STACK.token, {}),
    # --- buckets
    "data": (s3.BUCKET.token, {"bucket": "data", "forceDestroy": False, "tags": DATA}),
    "data-block": (
        s3.BUCKET_PUBLIC_ACCESS_BLOCK.token,
        {
            "bucket": id_of("data"),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
    ),
    "data-policy": (s3.BUCKET_POLICY.token, {"bucket": id_of("data"), "policy": document(DENY_HTTP)}),
    "data-ownership": (
        s3.BUCKET_OWNERSHIP_CONTROLS.token,
        {"bucket": id_of("data"), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
    ),
    "data-acl": (s3.BUCKET_ACL.token, {"bucket": id_of("data"), "acl": "private"}),
    "data-encryption": (
        s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token,
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
        s3.BUCKET_VERSIONING.token,
        {"bucket": id_of("data"), "versioningConfiguration": {"status": "Enabled"}},
    ),
    "data-lifecycle": (
        s3.BUCKET_LIFECYCLE_CONFIGURATION.token,
        {
            "bucket": id_of("data"),
            "rules": [{"id": "all", "status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}],
        },
    ),
    "data-logging": (s3.BUCKET_LOGGING.token, {"bucket": id_of("data"), "targetBucket": "logs", "targetPrefix": "data/"}),
    "data-card": (s3.BUCKET_OBJECTV2.token, {"bucket": id_of("data"), "key": "card.md", "acl": "private"}),
    # --- identity
    "role": (
        iam.ROLE.token,
        {
            "assumeRolePolicy": trust({"Service": "sagemaker.amazonaws.com"}, FROM_HERE),
            "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            "inlinePolicies": [{"name": "read", "policy": document(READ)}],
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"],
            "tags": TAGS,
        },
    ),
    "pod-role": (
        iam.ROLE.token,
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
        iam.POLICY.token,
        {
            "policy": document(
                READ,
                allow("iam:PassRole", ROLE_ARN, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
            ),
            "tags": TAGS,
        },
    ),
    "role-policy": (iam.ROLE_POLICY.token, {"role": "role", "policy": document(READ)}),
    "attachment": (iam.ROLE_POLICY_ATTACHMENT.token, {"role": "role", "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/policy"}),
    # --- keys
    "key": (
        kms.KEY.token,
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
    "vpc": (ec2.VPC.token, {"cidrBlock": "10.0.0.0/16", "tags": TAGS}),
    "vpc-flow-log": (ec2.FLOW_LOG.token, {"vpcId": id_of("vpc"), "trafficType": "ALL", "tags": TAGS}),
    "vpc-default-group": (ec2.DEFAULT_SECURITY_GROUP.token, {"vpcId": id_of("vpc"), "tags": TAGS}),
    "vpc-s3": (
        ec2.VPC_ENDPOINT.token,
        {
            "vpcId": id_of("vpc"),
            "vpcEndpointType": "Gateway",
            "serviceName": "com.amazonaws.us-east-1.s3",
            "policy": document(allow("s3:*", "*", Principal="*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}})),
            "tags": TAGS,
        },
    ),
    "vpc-logs": (
        ec2.VPC_ENDPOINT.token,
        {
            "vpcId": id_of("vpc"),
            "vpcEndpointType": "Interface",
            "serviceName": "com.amazonaws.us-east-1.logs",
            "privateDnsEnabled": True,
            "tags": TAGS,
        },
    ),
    "private-a": (
        ec2.SUBNET.token,
        {"vpcId": id_of("vpc"), "cidrBlock": "10.0.0.0/20", "mapPublicIpOnLaunch": False, "tags": TAGS},
    ),
    "private-route": (
        ec2.ROUTE.token,
        {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"},
    ),
    "group": (
        ec2.SECURITY_GROUP.token,
        {
            "description": "Model servers",
            "vpcId": id_of("vpc"),
            "ingress": [{"protocol": "tcp", "fromPort": 8080, "toPort": 8080, "cidrBlocks": ["10.0.0.0/16"]}],
            "egress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}],
            "tags": TAGS,
        },
    ),
    "efa": (ec2.SECURITY_GROUP.token, {"description": "EFA", "vpcId": id_of("vpc"), "tags": TAGS}),
    "efa-in": (
        vpc.SECURITY_GROUP_INGRESS_RULE.token,
        {
            "description": "EFA in",
            "securityGroupId": id_of("efa"),
            "referencedSecurityGroupId": id_of("efa"),
            "ipProtocol": "-1",
        },
    ),
    "efa-out": (
        vpc.SECURITY_GROUP_EGRESS_RULE.token,
        {
            "description": "EFA out",
            "securityGroupId": id_of("efa"),
            "referencedSecurityGroupId": id_of("efa"),
            "ipProtocol": "-1",
        },
    ),
    "old-rule": (
        ec2.SECURITY_GROUP_RULE.token,
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
        ec2.LAUNCH_TEMPLATE.token,
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
    "volume": (
        ebs.VOLUME.token,
        {"availabilityZone": "us-east-1a", "size": 100, "encrypted": True, "kmsKeyId": KEY_ARN, "tags": TAGS},
    ),
    # --- Kubernetes
    "cluster": (
        eks.CLUSTER.token,
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
        eks.NODE_GROUP.token,
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
        eks.ACCESS_POLICY_ASSOCIATION.token,
        {
            "clusterName": id_of("cluster"),
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
            "principalArn": ROLE_ARN,
            "accessScope": {"type": "cluster"},
        },
    ),
    "karpenter": (
        kubernetes.NODE_POOL.token,
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
    "asg": (autoscaling.GROUP.token, {"minSize": 0, "maxSize": 4}),
    # --- images, logs, messages, secrets, money
    "repository": (
        ecr.REPOSITORY.token,
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
        ecr.REPOSITORY_POLICY.token,
        {
            "repository": "repository",
            "policy": document({"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": "ecr:BatchGetImage"}),
        },
    ),
    "repository-lifecycle": (ecr.LIFECYCLE_POLICY.token, {"repository": "repository", "policy": '{"rules": []}'}),
    "log-group": (cloudwatch.LOG_GROUP.token, {"name": "/slipway", "retentionInDays": 365, "kmsKeyId": KEY_ARN, "tags": TAGS}),
    "alarm": (
        cloudwatch.METRIC_ALARM.token,
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
    "topic": (sns.TOPIC.token, {"kmsMasterKeyId": KEY_ARN, "tags": TAGS}),
    "topic-policy": (sns.TOPIC_POLICY.token, {"arn": id_of("topic"), "policy": document(OWN_ACCOUNT)}),
    "subscription": (
        sns.TOPIC_SUBSCRIPTION.token,
        {"topic": id_of("topic"), "protocol": "https", "endpoint": "https://alerts.example.com"},
    ),
    "queue": (sqs.QUEUE.token, {"kmsMasterKeyId": KEY_ARN, "redrivePolicy": '{"deadLetterTargetArn": "arn"}', "tags": TAGS}),
    "queue-policy": (
        sqs.QUEUE_POLICY.token,
        {
            "queueUrl": id_of("queue"),
            "policy": document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Condition": FROM_HERE}),
        },
    ),
    "builds": (
        codebuild.PROJECT.token,
        {
            "encryptionKey": KEY_ARN,
            "environment": {"computeType": "BUILD_GENERAL1_LARGE", "privilegedMode": True},
            "logsConfig": {"cloudwatchLogs": {"status": "ENABLED", "groupName": "/slipway-prod/image-builds"}},
            "vpcConfig": {"vpcId": id_of("vpc"), "subnets": [id_of("private-a")], "securityGroupIds": [id_of("group")]},
            "tags": {**TAGS, "Privileged": "builds images"},
        },
    ),
    "secret": (secretsmanager.SECRET.token, {"kmsKeyId": KEY_ARN, "recoveryWindowInDays": 30, "tags": DATA}),
    "secret-rotation": (
        secretsmanager.SECRET_ROTATION.token,
        {"secretId": id_of("secret"), "rotationLambdaArn": "arn:aws:lambda:..."},
    ),
    "secret-policy": (secretsmanager.SECRET_POLICY.token, {"secretArn": id_of("secret"), "policy": document(OWN_ACCOUNT)}),
    "evening": (
        scheduler.SCHEDULE.token,
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
    "anomalies": (
        costexplorer.ANOMALY_MONITOR.token,
        {"monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE", "tags": TAGS},
    ),
    "anomalies-told": (
        costexplorer.ANOMALY_SUBSCRIPTION.token,
        {
            "frequency": "IMMEDIATE",
            "monitorArnLists": [f"arn:aws:ce::{ACCOUNT}:anomalymonitor/1"],
            "subscribers": [{"type": "SNS", "address": f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"}],
            "tags": TAGS,
        },
    ),
    "budget": (
        budgets.BUDGET.token,
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
