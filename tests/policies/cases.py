"""For each rule the changes of the valid stack that break it and no other rule."""

from __future__ import annotations

from typing import Final

from catalog.types import ec2, vpc
from tests.policies.case import Case, added, append, harmless, of, removed, set_, without
from tests.policies.cases_iam import IAM_CASES, IAM_HARMLESS
from tests.policies.cases_kubernetes import KUBERNETES_CASES, KUBERNETES_HARMLESS
from tests.policies.cases_privacy import PRIVACY_CASES, PRIVACY_HARMLESS, PRIVACY_PAIRS
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
    Case("budgets-budget-has-a-limit", "budget", set_("limitAmount", "0")),
    Case("budgets-budget-looks-ahead", "budget", set_("notifications.0.notificationType", "ACTUAL")),
    Case("budgets-budget-tells-somebody", "budget", set_("notifications.0.subscriberEmailAddresses", [])),
    Case("budgets-budget-warns-early", "budget", set_("notifications.0.threshold", 100)),
    Case("budgets-stack-has-a-budget", "budget", removed()),
    Case("budgets-stack-watches-for-anomalies", "anomalies", removed()),
    Case("budgets-stack-watches-for-anomalies", "anomalies-told", removed()),
    # --- schedules
    Case("schedules-call-is-not-late", "evening", set_("target.retryPolicy.maximumEventAgeInSeconds", 3601)),
    Case("schedules-call-is-not-late", "evening", without("target.retryPolicy")),
    # --- compute
    Case("compute-disks-are-encrypted", "template", set_("blockDeviceMappings.0.ebs.encrypted", "false")),
    Case("compute-disks-are-encrypted", "template", set_("blockDeviceMappings", [])),
    Case("compute-disks-are-encrypted", "volume", set_("encrypted", False)),
    Case("compute-imds-needs-a-token", "template", set_("metadataOptions.httpTokens", "optional")),
    Case("compute-imds-stays-on-the-machine", "template", set_("metadataOptions.httpPutResponseHopLimit", 2)),
    Case("compute-no-key-pair", "template", set_("keyName", "me")),
    Case("compute-no-public-address", "template", set_("networkInterfaces.0.associatePublicIpAddress", "true")),
    Case("compute-placement-fits-the-reservation", "template", set_("instanceMarketOptions", {"marketType": "capacity-block"})),
    # --- credentials
    Case("credentials-none-in-plain-sight", "job", set_("environment", {"HF_TOKEN": "hf_" + "a" * 34})),
    Case("credentials-none-in-plain-sight", "template", set_("userData", "a2V5PUFLSUFBQUFBQUFBQUFBQUFBQUFB")),
    # --- eks
    Case("eks-access-by-entries", "cluster", set_("accessConfig.authenticationMode", "CONFIG_MAP")),
    Case(
        "eks-administrators-are-few",
        "access",
        set_("policyArn", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
    ),
    Case("eks-broken-nodes-are-repaired", "gpu", set_("nodeRepairConfig.enabled", False)),
    Case("eks-cluster-kept-in-production", "cluster", set_("deletionProtection", False)),
    Case("eks-control-plane-logs", "cluster", set_("enabledClusterLogTypes", ["api"])),
    Case("eks-endpoint-not-public", "cluster", set_("vpcConfig.endpointPublicAccess", True)),
    Case("eks-endpoint-private", "cluster", set_("vpcConfig.endpointPrivateAccess", False)),
    Case("eks-no-hidden-administrator", "cluster", set_("accessConfig.bootstrapClusterCreatorAdminPermissions", True)),
    Case("eks-nodes-come-from-a-template", "gpu", without("launchTemplate")),
    Case("eks-nodes-take-no-ssh", "gpu", set_("remoteAccess", {"ec2SshKey": "me"})),
    Case(
        "eks-public-networks-are-small",
        "cluster",
        set_(
            "vpcConfig",
            {
                "endpointPublicAccess": True,
                "endpointPrivateAccess": True,
                "publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"],
                "subnetIds": ["s-1", "s-2"],
            },
        ),
    ),
    Case("eks-secrets-encrypted", "cluster", without("encryptionConfig")),
    Case("eks-subnets-are-given", "cluster", set_("vpcConfig.subnetIds", ["s-1"])),
    # --- gpu
    Case("gpu-efa-group-talks-to-itself", "efa-out", removed()),
    Case("gpu-efa-group-talks-to-itself", "efa-in", set_("ipProtocol", "tcp")),
    Case("gpu-efa-machines-are-close", "template", without("placement")),
    Case("gpu-efa-pool-is-in-one-zone", "gpu", set_("subnetIds", ["s-1", "s-2"])),
    Case("gpu-pool-has-a-maximum", "gpu", set_("scalingConfig.maxSize", 1000)),
    Case("gpu-pool-has-a-maximum", "gpu", without("scalingConfig.maxSize")),
    Case("gpu-pool-has-a-maximum", "karpenter", without("spec.limits")),
    Case("gpu-pool-has-a-maximum", "asg", without("maxSize")),
    Case("gpu-pool-is-tainted", "gpu", set_("taints", [])),
    Case("gpu-pool-is-tainted", "karpenter", set_("spec.template.spec.taints", [])),
    Case("gpu-spot-pool-has-a-choice", "gpu", set_("instanceTypes", ["p5.48xlarge"])),
    *IAM_CASES,
    # --- kms
    Case("kms-key-deletion-window", "key", set_("deletionWindowInDays", 7)),
    Case("kms-key-has-policy", "key", without("policy")),
    Case("kms-key-is-enabled", "key", set_("isEnabled", False)),
    Case("kms-key-policy-not-public", "key", set_("policy", document(allow("kms:Decrypt", "*", Principal="*")))),
    Case(
        "kms-key-policy-not-public",
        "key",
        set_(
            "policy",
            document(
                allow("kms:*", "*", Principal="*", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
            ),
        ),
    ),
    Case("kms-key-rotates", "key", set_("enableKeyRotation", False)),
    Case("kms-key-rotates", "key", without("enableKeyRotation")),
    # --- logs
    Case("logs-alarm-decides-on-silence", "alarm", without("treatMissingData")),
    Case("logs-alarm-tells-somebody", "alarm", set_("alarmActions", [])),
    Case("logs-alarm-tells-somebody", "alarm", set_("actionsEnabled", False)),
    Case("logs-group-has-retention", "log-group", without("retentionInDays")),
    Case("logs-group-has-retention", "log-group", set_("retentionInDays", 0)),
    Case("logs-group-is-encrypted", "log-group", without("kmsKeyId")),
    # --- messaging
    Case("messaging-queue-has-a-dead-letter-queue", "queue", without("redrivePolicy")),
    Case("messaging-queue-is-encrypted", "queue", without("kmsMasterKeyId")),
    Case("messaging-queue-is-encrypted", "queue", set_("kmsMasterKeyId", "alias/aws/sqs")),
    Case(
        "messaging-queue-not-public",
        "queue-policy",
        set_("policy", document({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"})),
    ),
    Case(
        "messaging-queue-policy-names-actions",
        "queue-policy",
        set_("policy", document(allow("sqs:*", "*", Principal={"AWS": ROLE_ARN}))),
    ),
    Case("messaging-topic-is-encrypted", "topic", without("kmsMasterKeyId")),
    Case(
        "messaging-topic-not-public", "topic-policy", set_("policy", document(allow("sns:Publish", "*", Principal={"AWS": "*"})))
    ),
    # --- network
    Case(
        "network-default-group-is-closed",
        "vpc-default-group",
        set_("ingress", [{"protocol": "-1", "self": True, "fromPort": 0, "toPort": 0}]),
    ),
    Case("network-default-group-is-declared", "vpc-default-group", removed()),
    Case(
        "network-egress-is-confined",
        "group",
        set_("egress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    Case("network-endpoint-answers-by-name", "vpc-logs", set_("privateDnsEnabled", False)),
    Case("network-endpoint-policy-is-confined", "vpc-s3", set_("policy", document(allow("*", "*", Principal="*")))),
    Case("network-flow-log-records-everything", "vpc-flow-log", set_("trafficType", "REJECT")),
    Case("network-no-admin-port-to-the-world", "group", set_("ingress", [{**WORLD_OPEN, "fromPort": 20, "toPort": 25}])),
    Case("network-no-all-ports-to-the-world", "group", set_("ingress", [{**WORLD_OPEN, "fromPort": 0, "toPort": 65535}])),
    Case(
        "network-no-all-ports-to-the-world",
        "open",
        added(
            vpc.SECURITY_GROUP_INGRESS_RULE.token,
            {"description": "x", "securityGroupId": id_of("group"), "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "tags": TAGS},
        ),
    ),
    Case("network-no-data-port-to-the-world", "group", set_("ingress.0.cidrBlocks", ["0.0.0.0/0"])),
    Case("network-private-route-avoids-the-internet", "private-route", set_("gatewayId", "igw-1")),
    Case("network-rules-are-described", "group", without("description")),
    Case("network-subnet-gives-no-public-address", "private-a", set_("mapPublicIpOnLaunch", True)),
    Case("network-vpc-has-flow-log", "vpc-flow-log", removed()),
    Case("network-vpc-reaches-s3-inside", "vpc-s3", removed()),
    # --- builds
    Case("codebuild-builds-are-logged", "builds", without("logsConfig")),
    Case("codebuild-builds-are-logged", "builds", set_("logsConfig.cloudwatchLogs.status", "DISABLED")),
    Case("codebuild-builds-run-in-the-vpc", "builds", without("vpcConfig")),
    Case("codebuild-privileged-builds-say-why", "builds", without("tags.Privileged")),
    Case("codebuild-project-is-encrypted-with-our-key", "builds", without("encryptionKey")),
    Case("codebuild-project-is-encrypted-with-our-key", "builds", set_("encryptionKey", "arn:aws:kms:us-east-1:1:alias/aws/s3")),
    *SERVICE_CASES,
    *KUBERNETES_CASES,
    *PRIVACY_CASES,
    # --- waste
    Case("waste-disks-are-of-today", "volume", set_("type", "gp2")),
    Case("waste-disks-are-of-today", "template", set_("blockDeviceMappings.0.ebs.volumeType", "standard")),
    Case("waste-cluster-pays-for-no-old-version", "cluster", without("upgradePolicy")),
    Case("waste-cluster-pays-for-no-old-version", "cluster", set_("upgradePolicy.supportType", "EXTENDED")),
    Case("messaging-subscription-is-encrypted-on-the-way", "subscription", set_("protocol", "http")),
    # --- registry
    Case("registry-images-are-encrypted", "repository", without("encryptionConfigurations")),
    Case("registry-images-are-encrypted", "repository", without("encryptionConfigurations.0.kmsKey")),
    Case("registry-images-are-scanned", "repository", set_("imageScanningConfiguration.scanOnPush", False)),
    Case("registry-old-images-expire", "repository-lifecycle", removed()),
    Case("registry-repository-kept-in-production", "repository", set_("forceDelete", True)),
    Case(
        "registry-repository-not-public",
        "repository-policy",
        set_("policy", document({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"})),
    ),
    Case("registry-tags-are-immutable", "repository", set_("imageTagMutability", "MUTABLE")),
    # --- s3
    Case("s3-acl-not-public", "data-acl", set_("acl", "public-read")),
    Case("s3-acl-not-public", "data-card", set_("acl", "authenticated-read")),
    Case("s3-bucket-ages", "data-lifecycle", removed()),
    Case("s3-bucket-denies-plain-http", "data-policy", removed()),
    Case("s3-bucket-denies-plain-http", "data-policy", set_("policy", document({**DENY_HTTP, "Action": "s3:PutObject"}))),
    Case("s3-bucket-encrypted-with-customer-key", "data-encryption", removed()),
    Case(
        "s3-bucket-encrypted-with-customer-key",
        "data-encryption",
        set_("rules.0.applyServerSideEncryptionByDefault", {"sseAlgorithm": "AES256"}),
    ),
    Case("s3-bucket-kept-in-production", "data", set_("forceDestroy", True)),
    Case("s3-bucket-logs-access", "data-logging", removed()),
    Case("s3-bucket-public-access-blocked", "data-block", removed()),
    Case("s3-bucket-versioned", "data-versioning", removed()),
    Case("s3-bucket-versioned", "data-versioning", set_("versioningConfiguration.status", "Suspended")),
    Case("s3-encryption-uses-bucket-key", "data-encryption", set_("rules.0.bucketKeyEnabled", False)),
    Case("s3-lifecycle-aborts-uploads", "data-lifecycle", without("rules.0.abortIncompleteMultipartUpload")),
    Case("s3-ownership-is-enforced", "data-ownership", set_("rule.objectOwnership", "ObjectWriter")),
    Case("s3-policy-not-public", "data", set_("policy", EVERYBODY)),
    Case("s3-public-access-block-complete", "data-block", set_("blockPublicAcls", False)),
    Case("s3-public-access-block-complete", "data-block", without("restrictPublicBuckets")),
    # --- sagemaker
    Case("sagemaker-capture-is-encrypted", "configuration", without("dataCaptureConfig.kmsKeyId")),
    Case("sagemaker-endpoint-autoscales", "endpoint-target", removed()),
    Case(
        "sagemaker-endpoint-autoscales",
        "configuration",
        append(
            "productionVariants",
            {"variantName": "b", "instanceType": "ml.m5.large", "initialInstanceCount": 2, "modelName": "m2"},
        ),
    ),
    Case("sagemaker-endpoint-captures-data", "configuration", without("dataCaptureConfig")),
    Case("sagemaker-endpoint-captures-data", "configuration", set_("dataCaptureConfig.enableCapture", False)),
    Case("sagemaker-endpoint-captures-data", "configuration", set_("dataCaptureConfig.initialSamplingPercentage", 0)),
    Case("sagemaker-endpoint-has-alarms", "alarm", removed()),
    Case("sagemaker-endpoint-has-no-shell", "configuration", set_("productionVariants.0.enableSsmAccess", True)),
    Case("sagemaker-endpoint-is-encrypted", "configuration", without("kmsKeyArn")),
    Case("sagemaker-endpoint-rolls-back", "endpoint", without("deploymentConfig")),
    Case("sagemaker-model-image-is-pinned", "model", set_("primaryContainer.image", IMAGE.rsplit(":", 1)[0])),
    Case("sagemaker-model-image-is-pinned", "model", set_("primaryContainer.image", "registry:5000/a/b:latest")),
    Case("sagemaker-model-in-our-network", "model", without("vpcConfig")),
    Case("sagemaker-model-is-complete", "model", without("primaryContainer")),
    Case("sagemaker-model-is-complete", "model", without("executionRoleArn")),
    Case("sagemaker-model-is-isolated", "model", set_("enableNetworkIsolation", False)),
    Case("sagemaker-target-has-a-policy", "endpoint-scaling", removed()),
    Case("sagemaker-target-has-room", "endpoint-target", set_("maxCapacity", 2)),
    Case("sagemaker-two-machines-in-production", "configuration", set_("productionVariants.0.initialInstanceCount", 1)),
    # --- secrets
    Case("secretsmanager-secret-can-be-restored", "secret", set_("recoveryWindowInDays", 0)),
    Case("secretsmanager-secret-is-encrypted", "secret", without("kmsKeyId")),
    Case(
        "secretsmanager-secret-not-public",
        "secret-policy",
        set_("policy", document(allow("secretsmanager:GetSecretValue", "*", Principal="*"))),
    ),
    Case("secretsmanager-secret-rotates", "secret-rotation", removed()),
    # --- tags
    Case("tags-data-is-classified", "data", without("tags.DataClass"), also=("privacy-capture-is-kept-as-confidential",)),
    Case("tags-required-tags-are-there", "vpc", without("tags.Owner")),
    Case("tags-required-tags-are-there", "job", set_("tags.CostCenter", "")),
    Case("tags-tags-are-taken-by-aws", "vpc", set_("tags.aws:x", "y")),
    Case("tags-tags-are-taken-by-aws", "vpc", set_("tags.Note", "y" * 257)),
    # --- training
    Case("training-job-has-a-time-limit", "job", without("stoppingCondition.maxRuntimeInSeconds")),
    Case(
        "training-job-has-a-time-limit",
        "job",
        set_("stoppingCondition", {"maxRuntimeInSeconds": 10**7, "maxWaitTimeInSeconds": 10**7}),
    ),
    Case("training-job-image-is-pinned", "job", set_("algorithmSpecification.trainingImage", "training")),
    Case("training-job-in-our-network", "job", without("vpcConfig")),
    Case("training-job-is-isolated", "job", set_("enableNetworkIsolation", False)),
    Case("training-job-output-is-encrypted", "job", without("outputDataConfig.kmsKeyId")),
    Case("training-job-traffic-is-encrypted", "job", set_("enableInterContainerTrafficEncryption", False)),
    Case("training-job-volume-is-encrypted", "job", without("resourceConfig.volumeKmsKeyId")),
    Case("training-spot-job-bounds-its-wait", "job", without("stoppingCondition.maxWaitTimeInSeconds")),
    Case("training-spot-job-bounds-its-wait", "job", set_("stoppingCondition.maxWaitTimeInSeconds", 60)),
    Case("training-spot-job-keeps-checkpoints", "job", without("checkpointConfig")),
)
# Rules that only break after a first change.
PAIRS: Final = (
    *PRIVACY_PAIRS,
    Case(
        "waste-gpu-training-is-spot-or-says-why",
        "job",
        set_("enableManagedSpotTraining", False),
        after=of("job", set_("resourceConfig.instanceType", "ml.p5.48xlarge")),
    ),
    Case(
        "waste-gpu-pool-sleeps-outside-production",
        "gpu",
        set_("scalingConfig.minSize", 1),
        after=of("gpu", set_("tags", {**TAGS, "Environment": "dev"})),
    ),
    Case(
        "compute-placement-fits-the-reservation",
        "template",
        set_("capacityReservationSpecification", _BORROWED),
        after=of(
            "reservation",
            added(ec2.CAPACITY_RESERVATION.token, {"instanceType": "p5.48xlarge", "instanceCount": 4, "tags": TAGS}),
        ),
    ),
    Case(
        "compute-spot-takes-no-reservation",
        "template",
        set_("instanceMarketOptions", {"marketType": "spot"}),
        after=of(
            "template",
            set_(
                "capacityReservationSpecification", {"capacityReservationTarget": {"capacityReservationResourceGroupArn": "arn"}}
            ),
        ),
    ),
    Case(
        "network-no-admin-port-to-the-world",
        "old-rule",
        set_("cidrBlocks", ["0.0.0.0/0"]),
        also=("network-no-data-port-to-the-world",),
        after=of("old-rule", set_("toPort", 3389)),
    ),
    Case(
        "s3-policy-not-public",
        "data-policy",
        set_(
            "policy",
            document(
                DENY_HTTP, {"Effect": "Allow", "NotPrincipal": {"AWS": ROLE_ARN}, "Action": "s3:GetObject", "Resource": "*"}
            ),
        ),
        after=of("data-policy", set_("policy", document(DENY_HTTP, READ))),
    ),
    Case(
        "s3-bucket-encrypted-with-customer-key",
        "data-encryption",
        set_(
            "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId",
            KEY_ARN.replace("key/11111111-2222-3333-4444-555555555555", "alias/aws/s3"),
        ),
        after=of("data-encryption", set_("rules.0.bucketKeyEnabled", True)),
    ),
)

# Changes that come near to breaking a rule and break none.
HARMLESS: Final = (
    *IAM_HARMLESS,
    *KUBERNETES_HARMLESS,
    *PRIVACY_HARMLESS,
    harmless(
        "job",
        set_("tags.OnDemandBecause", "the run is due tomorrow"),
        after=of("job", set_("resourceConfig.instanceType", "ml.p5.48xlarge")),
    ),
)
