"""What breaks each rule: one change of the valid stack, and the rules that must then speak, no other.

`Case(rule, resource, path, value)` sets one property (`...` removes it); path "" removes the whole resource; a dict as `value`
with path "+" adds a resource of that name. `also` names the rules that cannot but break with it.
"""

from __future__ import annotations

from typing import Final

from catalog.types import ec2, vpc
from tests.policies.case import ADD, REMOVE, Case
from tests.policies.cases_iam import IAM_CASES, IAM_KEPT
from tests.policies.cases_kubernetes import KUBERNETES_CASES, KUBERNETES_KEPT
from tests.policies.cases_privacy import PRIVACY_CASES, PRIVACY_KEPT, PRIVACY_KEPT_PAIRS, PRIVACY_PAIRS
from tests.policies.cases_services import SERVICE_CASES
from tests.policies.parts import (
    DENY_HTTP,
    IMAGE,
    KEY_ARN,
    READ,
    ROLE_ARN,
    TAGS,
    allow,
    document,
    id_of,
)

EVERYBODY: Final = document({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
WORLD_OPEN: Final = {"protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}
_BORROWED: Final = {"capacityReservationTarget": {"capacityReservationId": id_of("reservation")}}


CASES: Final = (
    # --- budgets
    Case("budgets-budget-has-a-limit", "budget", "limitAmount", "0"),
    Case("budgets-budget-looks-ahead", "budget", "notifications.0.notificationType", "ACTUAL"),
    Case("budgets-budget-tells-somebody", "budget", "notifications.0.subscriberEmailAddresses", []),
    Case("budgets-budget-warns-early", "budget", "notifications.0.threshold", 100),
    Case("budgets-stack-has-a-budget", "budget", REMOVE),
    Case("budgets-stack-watches-for-anomalies", "anomalies", REMOVE),
    Case("budgets-stack-watches-for-anomalies", "anomalies-told", REMOVE),
    # --- schedules
    Case("schedules-call-is-not-late", "evening", "target.retryPolicy.maximumEventAgeInSeconds", 3601),
    Case("schedules-call-is-not-late", "evening", "target.retryPolicy", ...),
    # --- compute
    Case("compute-disks-are-encrypted", "template", "blockDeviceMappings.0.ebs.encrypted", "false"),
    Case("compute-disks-are-encrypted", "template", "blockDeviceMappings", []),
    Case("compute-disks-are-encrypted", "volume", "encrypted", False),
    Case("compute-imds-needs-a-token", "template", "metadataOptions.httpTokens", "optional"),
    Case("compute-imds-stays-on-the-machine", "template", "metadataOptions.httpPutResponseHopLimit", 2),
    Case("compute-no-key-pair", "template", "keyName", "me"),
    Case("compute-no-public-address", "template", "networkInterfaces.0.associatePublicIpAddress", "true"),
    Case("compute-placement-fits-the-reservation", "template", "instanceMarketOptions", {"marketType": "capacity-block"}),
    # --- credentials
    Case("credentials-none-in-plain-sight", "job", "environment", {"HF_TOKEN": "hf_" + "a" * 34}),
    Case("credentials-none-in-plain-sight", "template", "userData", "a2V5PUFLSUFBQUFBQUFBQUFBQUFBQUFB"),
    # --- eks
    Case("eks-access-by-entries", "cluster", "accessConfig.authenticationMode", "CONFIG_MAP"),
    Case(
        "eks-administrators-are-few", "access", "policyArn", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    ),
    Case("eks-broken-nodes-are-repaired", "gpu", "nodeRepairConfig.enabled", False),
    Case("eks-cluster-kept-in-production", "cluster", "deletionProtection", False),
    Case("eks-control-plane-logs", "cluster", "enabledClusterLogTypes", ["api"]),
    Case("eks-endpoint-not-public", "cluster", "vpcConfig.endpointPublicAccess", True),
    Case("eks-endpoint-private", "cluster", "vpcConfig.endpointPrivateAccess", False),
    Case("eks-no-hidden-administrator", "cluster", "accessConfig.bootstrapClusterCreatorAdminPermissions", True),
    Case("eks-nodes-come-from-a-template", "gpu", "launchTemplate"),
    Case("eks-nodes-take-no-ssh", "gpu", "remoteAccess", {"ec2SshKey": "me"}),
    Case(
        "eks-public-networks-are-small",
        "cluster",
        "vpcConfig",
        {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"],
            "subnetIds": ["s-1", "s-2"],
        },
    ),
    Case("eks-secrets-encrypted", "cluster", "encryptionConfig"),
    Case("eks-subnets-are-given", "cluster", "vpcConfig.subnetIds", ["s-1"]),
    # --- gpu
    Case("gpu-efa-group-talks-to-itself", "efa-out", REMOVE),
    Case("gpu-efa-group-talks-to-itself", "efa-in", "ipProtocol", "tcp"),
    Case("gpu-efa-machines-are-close", "template", "placement"),
    Case("gpu-efa-pool-is-in-one-zone", "gpu", "subnetIds", ["s-1", "s-2"]),
    Case("gpu-pool-has-a-maximum", "gpu", "scalingConfig.maxSize", 1000),
    Case("gpu-pool-has-a-maximum", "gpu", "scalingConfig.maxSize"),
    Case("gpu-pool-has-a-maximum", "karpenter", "spec.limits"),
    Case("gpu-pool-has-a-maximum", "asg", "maxSize"),
    Case("gpu-pool-is-tainted", "gpu", "taints", []),
    Case("gpu-pool-is-tainted", "karpenter", "spec.template.spec.taints", []),
    Case("gpu-spot-pool-has-a-choice", "gpu", "instanceTypes", ["p5.48xlarge"]),
    *IAM_CASES,
    # --- kms
    Case("kms-key-deletion-window", "key", "deletionWindowInDays", 7),
    Case("kms-key-has-policy", "key", "policy"),
    Case("kms-key-is-enabled", "key", "isEnabled", False),
    Case("kms-key-policy-not-public", "key", "policy", document(allow("kms:Decrypt", "*", Principal="*"))),
    Case(
        "kms-key-policy-not-public",
        "key",
        "policy",
        document(
            allow("kms:*", "*", Principal="*", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
        ),
    ),
    Case("kms-key-rotates", "key", "enableKeyRotation", False),
    Case("kms-key-rotates", "key", "enableKeyRotation"),
    # --- logs
    Case("logs-alarm-decides-on-silence", "alarm", "treatMissingData"),
    Case("logs-alarm-tells-somebody", "alarm", "alarmActions", []),
    Case("logs-alarm-tells-somebody", "alarm", "actionsEnabled", False),
    Case("logs-group-has-retention", "log-group", "retentionInDays"),
    Case("logs-group-has-retention", "log-group", "retentionInDays", 0),
    Case("logs-group-is-encrypted", "log-group", "kmsKeyId"),
    # --- messaging
    Case("messaging-queue-has-a-dead-letter-queue", "queue", "redrivePolicy"),
    Case("messaging-queue-is-encrypted", "queue", "kmsMasterKeyId"),
    Case("messaging-queue-is-encrypted", "queue", "kmsMasterKeyId", "alias/aws/sqs"),
    Case(
        "messaging-queue-not-public",
        "queue-policy",
        "policy",
        document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}),
    ),
    Case(
        "messaging-queue-policy-names-actions",
        "queue-policy",
        "policy",
        document(allow("sqs:*", "*", Principal={"AWS": ROLE_ARN})),
    ),
    Case("messaging-topic-is-encrypted", "topic", "kmsMasterKeyId"),
    Case("messaging-topic-not-public", "topic-policy", "policy", document(allow("sns:Publish", "*", Principal={"AWS": "*"}))),
    # --- network
    Case(
        "network-default-group-is-closed",
        "vpc-default-group",
        "ingress",
        [{"protocol": "-1", "self": True, "fromPort": 0, "toPort": 0}],
    ),
    Case("network-default-group-is-declared", "vpc-default-group", REMOVE),
    Case(
        "network-egress-is-confined",
        "group",
        "egress",
        [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
    ),
    Case("network-endpoint-answers-by-name", "vpc-logs", "privateDnsEnabled", False),
    Case("network-endpoint-policy-is-confined", "vpc-s3", "policy", document(allow("*", "*", Principal="*"))),
    Case("network-flow-log-records-everything", "vpc-flow-log", "trafficType", "REJECT"),
    Case("network-no-admin-port-to-the-world", "group", "ingress", [{**WORLD_OPEN, "fromPort": 20, "toPort": 25}]),
    Case("network-no-all-ports-to-the-world", "group", "ingress", [{**WORLD_OPEN, "fromPort": 0, "toPort": 65535}]),
    Case(
        "network-no-all-ports-to-the-world",
        "open",
        ADD,
        (
            vpc.SECURITY_GROUP_INGRESS_RULE.token,
            {"description": "x", "securityGroupId": id_of("group"), "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "tags": TAGS},
        ),
    ),
    Case("network-no-data-port-to-the-world", "group", "ingress.0.cidrBlocks", ["0.0.0.0/0"]),
    Case("network-private-route-avoids-the-internet", "private-route", "gatewayId", "igw-1"),
    Case("network-rules-are-described", "group", "description"),
    Case("network-subnet-gives-no-public-address", "private-a", "mapPublicIpOnLaunch", True),
    Case("network-vpc-has-flow-log", "vpc-flow-log", REMOVE),
    Case("network-vpc-reaches-s3-inside", "vpc-s3", REMOVE),
    # --- builds
    Case("codebuild-builds-are-logged", "builds", "logsConfig"),
    Case("codebuild-builds-are-logged", "builds", "logsConfig.cloudwatchLogs.status", "DISABLED"),
    Case("codebuild-builds-run-in-the-vpc", "builds", "vpcConfig"),
    Case("codebuild-privileged-builds-say-why", "builds", "tags.Privileged"),
    Case("codebuild-project-is-encrypted-with-our-key", "builds", "encryptionKey"),
    Case("codebuild-project-is-encrypted-with-our-key", "builds", "encryptionKey", "arn:aws:kms:us-east-1:1:alias/aws/s3"),
    *SERVICE_CASES,
    *KUBERNETES_CASES,
    *PRIVACY_CASES,
    # --- waste
    Case("waste-disks-are-of-today", "volume", "type", "gp2"),
    Case("waste-disks-are-of-today", "template", "blockDeviceMappings.0.ebs.volumeType", "standard"),
    Case("waste-cluster-pays-for-no-old-version", "cluster", "upgradePolicy"),
    Case("waste-cluster-pays-for-no-old-version", "cluster", "upgradePolicy.supportType", "EXTENDED"),
    Case("messaging-subscription-is-encrypted-on-the-way", "subscription", "protocol", "http"),
    # --- registry
    Case("registry-images-are-encrypted", "repository", "encryptionConfigurations"),
    Case("registry-images-are-encrypted", "repository", "encryptionConfigurations.0.kmsKey"),
    Case("registry-images-are-scanned", "repository", "imageScanningConfiguration.scanOnPush", False),
    Case("registry-old-images-expire", "repository-lifecycle", REMOVE),
    Case("registry-repository-kept-in-production", "repository", "forceDelete", True),
    Case(
        "registry-repository-not-public",
        "repository-policy",
        "policy",
        document({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}),
    ),
    Case("registry-tags-are-immutable", "repository", "imageTagMutability", "MUTABLE"),
    # --- s3
    Case("s3-acl-not-public", "data-acl", "acl", "public-read"),
    Case("s3-acl-not-public", "data-card", "acl", "authenticated-read"),
    Case("s3-bucket-ages", "data-lifecycle", REMOVE),
    Case("s3-bucket-denies-plain-http", "data-policy", REMOVE),
    Case("s3-bucket-denies-plain-http", "data-policy", "policy", document({**DENY_HTTP, "Action": "s3:PutObject"})),
    Case("s3-bucket-encrypted-with-customer-key", "data-encryption", REMOVE),
    Case(
        "s3-bucket-encrypted-with-customer-key",
        "data-encryption",
        "rules.0.applyServerSideEncryptionByDefault",
        {"sseAlgorithm": "AES256"},
    ),
    Case("s3-bucket-kept-in-production", "data", "forceDestroy", True),
    Case("s3-bucket-logs-access", "data-logging", REMOVE),
    Case("s3-bucket-public-access-blocked", "data-block", REMOVE),
    Case("s3-bucket-versioned", "data-versioning", REMOVE),
    Case("s3-bucket-versioned", "data-versioning", "versioningConfiguration.status", "Suspended"),
    Case("s3-encryption-uses-bucket-key", "data-encryption", "rules.0.bucketKeyEnabled", False),
    Case("s3-lifecycle-aborts-uploads", "data-lifecycle", "rules.0.abortIncompleteMultipartUpload"),
    Case("s3-ownership-is-enforced", "data-ownership", "rule.objectOwnership", "ObjectWriter"),
    Case("s3-policy-not-public", "data", "policy", EVERYBODY),
    Case("s3-public-access-block-complete", "data-block", "blockPublicAcls", False),
    Case("s3-public-access-block-complete", "data-block", "restrictPublicBuckets"),
    # --- sagemaker
    Case("sagemaker-capture-is-encrypted", "configuration", "dataCaptureConfig.kmsKeyId"),
    Case("sagemaker-endpoint-autoscales", "endpoint-target", REMOVE),
    Case(
        "sagemaker-endpoint-autoscales",
        "configuration",
        "productionVariants.+",
        {"variantName": "b", "instanceType": "ml.m5.large", "initialInstanceCount": 2, "modelName": "m2"},
    ),
    Case("sagemaker-endpoint-captures-data", "configuration", "dataCaptureConfig"),
    Case("sagemaker-endpoint-captures-data", "configuration", "dataCaptureConfig.enableCapture", False),
    Case("sagemaker-endpoint-captures-data", "configuration", "dataCaptureConfig.initialSamplingPercentage", 0),
    Case("sagemaker-endpoint-has-alarms", "alarm", REMOVE),
    Case("sagemaker-endpoint-has-no-shell", "configuration", "productionVariants.0.enableSsmAccess", True),
    Case("sagemaker-endpoint-is-encrypted", "configuration", "kmsKeyArn"),
    Case("sagemaker-endpoint-rolls-back", "endpoint", "deploymentConfig"),
    Case("sagemaker-model-image-is-pinned", "model", "primaryContainer.image", IMAGE.rsplit(":", 1)[0]),
    Case("sagemaker-model-image-is-pinned", "model", "primaryContainer.image", "registry:5000/a/b:latest"),
    Case("sagemaker-model-in-our-network", "model", "vpcConfig"),
    Case("sagemaker-model-is-complete", "model", "primaryContainer"),
    Case("sagemaker-model-is-complete", "model", "executionRoleArn"),
    Case("sagemaker-model-is-isolated", "model", "enableNetworkIsolation", False),
    Case("sagemaker-target-has-a-policy", "endpoint-scaling", REMOVE),
    Case("sagemaker-target-has-room", "endpoint-target", "maxCapacity", 2),
    Case("sagemaker-two-machines-in-production", "configuration", "productionVariants.0.initialInstanceCount", 1),
    # --- secrets
    Case("secretsmanager-secret-can-be-restored", "secret", "recoveryWindowInDays", 0),
    Case("secretsmanager-secret-is-encrypted", "secret", "kmsKeyId"),
    Case(
        "secretsmanager-secret-not-public",
        "secret-policy",
        "policy",
        document(allow("secretsmanager:GetSecretValue", "*", Principal="*")),
    ),
    Case("secretsmanager-secret-rotates", "secret-rotation", REMOVE),
    # --- tags
    Case("tags-data-is-classified", "data", "tags.DataClass", also=("privacy-capture-is-kept-as-confidential",)),
    Case("tags-required-tags-are-there", "vpc", "tags.Owner"),
    Case("tags-required-tags-are-there", "job", "tags.CostCenter", ""),
    Case("tags-tags-are-taken-by-aws", "vpc", "tags.aws:x", "y"),
    Case("tags-tags-are-taken-by-aws", "vpc", "tags.Note", "y" * 257),
    # --- training
    Case("training-job-has-a-time-limit", "job", "stoppingCondition.maxRuntimeInSeconds"),
    Case(
        "training-job-has-a-time-limit", "job", "stoppingCondition", {"maxRuntimeInSeconds": 10**7, "maxWaitTimeInSeconds": 10**7}
    ),
    Case("training-job-image-is-pinned", "job", "algorithmSpecification.trainingImage", "training"),
    Case("training-job-in-our-network", "job", "vpcConfig"),
    Case("training-job-is-isolated", "job", "enableNetworkIsolation", False),
    Case("training-job-output-is-encrypted", "job", "outputDataConfig.kmsKeyId"),
    Case("training-job-traffic-is-encrypted", "job", "enableInterContainerTrafficEncryption", False),
    Case("training-job-volume-is-encrypted", "job", "resourceConfig.volumeKmsKeyId"),
    Case("training-spot-job-bounds-its-wait", "job", "stoppingCondition.maxWaitTimeInSeconds"),
    Case("training-spot-job-bounds-its-wait", "job", "stoppingCondition.maxWaitTimeInSeconds", 60),
    Case("training-spot-job-keeps-checkpoints", "job", "checkpointConfig"),
)
# Rules that only a second change can break: what is changed first, as (resource, path, value), then the case.
PAIRS: Final = (
    *PRIVACY_PAIRS,
    (
        ("job", "resourceConfig.instanceType", "ml.p5.48xlarge"),
        Case("waste-gpu-training-is-spot-or-says-why", "job", "enableManagedSpotTraining", False),
    ),
    (
        ("gpu", "tags", {**TAGS, "Environment": "dev"}),
        Case("waste-gpu-pool-sleeps-outside-production", "gpu", "scalingConfig.minSize", 1),
    ),
    (
        ("reservation", ADD, (ec2.CAPACITY_RESERVATION.token, {"instanceType": "p5.48xlarge", "instanceCount": 4, "tags": TAGS})),
        Case("compute-placement-fits-the-reservation", "template", "capacityReservationSpecification", _BORROWED),
    ),
    (
        (
            "template",
            "capacityReservationSpecification",
            {"capacityReservationTarget": {"capacityReservationResourceGroupArn": "arn"}},
        ),
        Case("compute-spot-takes-no-reservation", "template", "instanceMarketOptions", {"marketType": "spot"}),
    ),
    (
        ("old-rule", "toPort", 3389),
        Case(
            "network-no-admin-port-to-the-world", "old-rule", "cidrBlocks", ["0.0.0.0/0"], ("network-no-data-port-to-the-world",)
        ),
    ),
    (
        ("data-policy", "policy", document(DENY_HTTP, READ)),
        Case(
            "s3-policy-not-public",
            "data-policy",
            "policy",
            document(
                DENY_HTTP, {"Effect": "Allow", "NotPrincipal": {"AWS": ROLE_ARN}, "Action": "s3:GetObject", "Resource": "*"}
            ),
        ),
    ),
    (
        ("data-encryption", "rules.0.bucketKeyEnabled", True),
        Case(
            "s3-bucket-encrypted-with-customer-key",
            "data-encryption",
            "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId",
            KEY_ARN.replace("key/11111111-2222-3333-4444-555555555555", "alias/aws/s3"),
        ),
    ),
)

# Changes that break nothing, however near they come.
KEPT: Final = (*IAM_KEPT, *KUBERNETES_KEPT, *PRIVACY_KEPT)
KEPT_PAIRS: Final = (
    *PRIVACY_KEPT_PAIRS,
    (
        ("job", "resourceConfig.instanceType", "ml.p5.48xlarge"),
        Case("", "job", "tags.OnDemandBecause", "the run is due tomorrow"),
    ),
)
