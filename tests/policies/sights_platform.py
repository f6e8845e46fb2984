"""Buckets, keys, machines and networks, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import ec2, s3, sqs
from tests.policies.case import Change, added, append, of, removed, set_, unknown, without
from tests.policies.parts import DENY_HTTP, KEY_ARN, ROLE_ARN, TAGS, allow, document
from tests.policies.sight import FAILS, OPEN, PASSES, Sight
from tools.plan.view import UNKNOWN

DEV: Final = (set_("tags.Environment", "dev"),)
_OWN_KEY: Final = "s3-bucket-encrypted-with-customer-key"
_NO_HTTP: Final = "s3-bucket-denies-plain-http"
_LOGS: Final = (of("data-logging", removed()),)
_BY_S3: Final = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
_BY_US: Final = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}}
_PORT: Final = {"protocol": "tcp", "fromPort": 8888, "toPort": 8888}


def _denying(**changes: Any) -> tuple[Change, ...]:
    return (of("data-policy", set_("policy", document({**DENY_HTTP, **changes}))),)


S3_SIGHTS: Final = (
    # A bucket of logs, by its name or by its class, is encrypted by S3 and does not log itself.
    Sight(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("bucket", "audit-2026")),
    Sight(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("tags.DataClass", "Logs")),
    Sight(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("tags.DataClass", "log")),
    Sight(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("tags.DataClass", "audit")),
    Sight(_OWN_KEY, "data", FAILS, of("data-encryption", set_("rules", [{}])), set_("tags.DataClass", "logs")),
    Sight(
        _OWN_KEY, "data", PASSES, of("data-encryption", removed()), set_("serverSideEncryptionConfiguration", {"rule": _BY_US})
    ),
    Sight(
        _OWN_KEY,
        "data",
        PASSES,
        of("data-encryption", set_("rules.0", _BY_US)),
        of("stray", added(s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, {"bucket": UNKNOWN})),
        of("other", added(s3.BUCKET.token, {})),
    ),
    Sight("s3-bucket-logs-access", "data", PASSES, *_LOGS, set_("bucket", "access-logs")),
    Sight("s3-bucket-logs-access", "data", PASSES, *_LOGS, set_("logging", {"targetBucket": "logs"})),
    Sight("s3-bucket-logs-access", "data", FAILS, *_LOGS, set_("bucket", "catalogue")),
    # --- what denies plain HTTP
    Sight(_NO_HTTP, "data", FAILS, *_denying(Condition={"StringEquals": {"aws:SecureTransport": "false"}})),
    Sight(_NO_HTTP, "data", FAILS, *_denying(Condition={"Bool": {"aws:SecureTransport": "true"}})),
    Sight(_NO_HTTP, "data", FAILS, *_denying(Condition={"Bool": {"aws:ViaAWSService": "false"}})),
    Sight(_NO_HTTP, "data", FAILS, *_denying(Principal={"AWS": ROLE_ARN})),
    Sight(_NO_HTTP, "data", FAILS, *_denying(Effect="Allow")),
    Sight(_NO_HTTP, "data", PASSES, *_denying(Action=["s3:PutObject", "s3:GetObject"])),
    Sight(
        _NO_HTTP,
        "data",
        PASSES,
        *_denying(Condition={"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalAccount": "1"}}),
    ),
    Sight(_NO_HTTP, "data", PASSES, of("data-policy", removed()), set_("policy", document(DENY_HTTP))),
    Sight(_NO_HTTP, "data", FAILS, of("data-policy", set_("policy", "{"))),
    Sight(
        _NO_HTTP,
        "data",
        OPEN,
        of("data-policy", unknown("bucket")),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": document(DENY_HTTP)})),
        of("data-policy", removed()),
    ),
    Sight(
        _NO_HTTP,
        "data",
        FAILS,
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": "{}"})),
        of("data-policy", removed()),
    ),
    Sight(
        _NO_HTTP,
        "data",
        PASSES,
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": "{}"})),
    ),
    # --- versions, age, life
    Sight("s3-bucket-versioned", "data", PASSES, of("data-versioning", removed()), set_("versioning", {"enabled": True})),
    Sight(
        "s3-bucket-versioned",
        "data",
        FAILS,
        of("data-versioning", without("versioningConfiguration")),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_VERSIONING.token, {"bucket": UNKNOWN})),
    ),
    Sight(
        "s3-bucket-versioned",
        "data",
        OPEN,
        of("data-versioning", removed()),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_VERSIONING.token, {"bucket": UNKNOWN})),
    ),
    Sight(
        _OWN_KEY,
        "data",
        OPEN,
        of("data-encryption", removed()),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Sight("s3-bucket-ages", "data", PASSES, of("data-lifecycle", removed()), set_("lifecycleRules", [{"enabled": True}])),
    Sight("s3-bucket-kept-in-production", "data", PASSES, *DEV, set_("forceDestroy", True)),
)
KMS_SIGHTS: Final = (
    Sight("kms-key-rotates", "key", PASSES, set_("enableKeyRotation", False), set_("customerMasterKeySpec", "RSA_2048")),
    Sight("kms-key-rotates", "key", FAILS, set_("enableKeyRotation", False), set_("customerMasterKeySpec", "SYMMETRIC_DEFAULT")),
    Sight("kms-key-rotates", "key", PASSES, set_("enableKeyRotation", False), set_("keyUsage", "GENERATE_VERIFY_MAC")),
    Sight("kms-key-rotates", "key", FAILS, set_("enableKeyRotation", False), set_("keyUsage", "ENCRYPT_DECRYPT")),
    Sight("kms-key-rotates", "key", PASSES, set_("enableKeyRotation", False), set_("customKeyStoreId", "cks-1")),
    Sight("kms-key-deletion-window", "key", PASSES, set_("deletionWindowInDays", 14)),
    Sight("kms-key-deletion-window", "key", FAILS, set_("deletionWindowInDays", 13)),
    Sight("kms-key-deletion-window", "key", PASSES, *DEV, set_("deletionWindowInDays", 7)),
    Sight("kms-key-is-enabled", "key", PASSES, without("isEnabled")),
)
MACHINE_SIGHTS: Final = (
    Sight("compute-imds-needs-a-token", "template", PASSES, set_("metadataOptions", {"httpEndpoint": "disabled"})),
    Sight("compute-imds-needs-a-token", "machine", FAILS, of("machine", added(ec2.INSTANCE.token, {"tags": TAGS}))),
    Sight(
        "compute-disks-are-encrypted",
        "machine",
        PASSES,
        of("machine", added(ec2.INSTANCE.token, {"rootBlockDevice": {"encrypted": True}})),
    ),
    Sight(
        "compute-disks-are-encrypted",
        "machine",
        PASSES,
        of("machine", added(ec2.INSTANCE.token, {"ebsBlockDevices": [{"encrypted": True}]})),
    ),
    Sight(
        "compute-disks-are-encrypted",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"ebsBlockDevices": [{"encrypted": False}]})),
    ),
    Sight(
        "compute-disks-are-encrypted",
        "template",
        PASSES,
        append("blockDeviceMappings", {"deviceName": "/dev/xvdb", "noDevice": "true"}),
    ),
    Sight(
        "compute-disks-are-encrypted",
        "template",
        PASSES,
        append("blockDeviceMappings", {"deviceName": "x", "virtualName": "ephemeral0"}),
    ),
    Sight(
        "waste-disks-are-of-today",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"rootBlockDevice": {"volumeType": "gp2"}})),
    ),
    Sight(
        "waste-disks-are-of-today",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"ebsBlockDevices": [{"volumeType": "gp2"}]})),
    ),
    Sight(
        "credentials-none-in-plain-sight",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"userDataBase64": "a2V5PUFLSUFBQUFBQUFBQUFBQUFBQUFB"})),
    ),
    Sight("credentials-none-in-plain-sight", "template", FAILS, set_("userData", "a2V5PUFLSUFBQUFB\nQUFBQUFBQUFBQUFB\n")),
    # What is no base64 is read as it is, and what decodes to no text is no fault.
    Sight("credentials-none-in-plain-sight", "template", FAILS, set_("userData", "key=AKIAAAAAAAAAAAAAAAAA")),
    Sight("credentials-none-in-plain-sight", "template", PASSES, set_("userData", "gICA")),
    Sight("eks-endpoint-not-public", "cluster", FAILS, without("vpcConfig.endpointPublicAccess")),
    Sight("eks-secrets-encrypted", "cluster", FAILS, set_("encryptionConfig.provider", {})),
    Sight("eks-no-hidden-administrator", "cluster", FAILS, without("accessConfig.bootstrapClusterCreatorAdminPermissions")),
    Sight("eks-nodes-take-no-ssh", "gpu", PASSES, set_("remoteAccess", {"ec2SshKey": "me", "sourceSecurityGroupIds": ["sg-1"]})),
    Sight("eks-cluster-kept-in-production", "cluster", PASSES, *DEV, set_("deletionProtection", False)),
    Sight("eks-subnets-are-given", "gpu", FAILS, without("subnetIds")),
    Sight("eks-subnets-are-given", "cluster", FAILS, without("vpcConfig.subnetIds")),
    *(
        Sight(
            "eks-public-networks-are-small",
            "cluster",
            says,
            set_("vpcConfig.endpointPublicAccess", on),
            set_("vpcConfig.publicAccessCidrs", [network]),
        )
        for says, on, network in (
            (PASSES, False, "0.0.0.0/1"),
            (FAILS, True, "0.0.0.0/7"),
            (PASSES, True, "10.0.0.0/8"),
            # The whole world is another rule's.
            (PASSES, True, "0.0.0.0/0"),
            (PASSES, True, "10.0.0.1"),
        )
    ),
    Sight("eks-public-networks-are-small", "cluster", FAILS, set_("vpcConfig", {"publicAccessCidrs": ["0.0.0.0/1"]})),
)
NETWORK_SIGHTS: Final = (
    Sight("network-no-data-port-to-the-world", "group", FAILS, set_("ingress", [{**_PORT, "ipv6CidrBlocks": ["::/0"]}])),
    Sight(
        "network-no-data-port-to-the-world",
        "efa-in",
        FAILS,
        set_("ipProtocol", "tcp"),
        set_("fromPort", 8888),
        set_("toPort", 8888),
        set_("cidrIpv6", "::/0"),
    ),
    Sight(
        "network-no-all-ports-to-the-world",
        "group",
        FAILS,
        set_("ingress", [{"protocol": "tcp", "fromPort": 1, "toPort": 65535, "cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    Sight(
        "network-no-all-ports-to-the-world",
        "group",
        PASSES,
        set_("ingress", [{"protocol": "tcp", "fromPort": 2, "toPort": 65535, "cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    Sight("network-default-group-is-closed", "vpc-default-group", FAILS, set_("egress", [{"protocol": "-1"}])),
    Sight(
        "network-subnet-gives-no-public-address",
        "private-a",
        PASSES,
        set_("mapPublicIpOnLaunch", True),
        set_("tags.Tier", "public"),
    ),
    Sight(
        "network-flow-log-records-everything", "vpc-flow-log", PASSES, without("trafficType"), set_("transitGatewayId", "tgw-1")
    ),
    Sight(
        "network-flow-log-records-everything",
        "vpc-flow-log",
        PASSES,
        without("trafficType"),
        set_("transitGatewayAttachmentId", "a-1"),
    ),
    Sight(
        "network-private-route-avoids-the-internet",
        "private-route",
        FAILS,
        without("destinationCidrBlock"),
        set_("destinationIpv6CidrBlock", "::/0"),
        set_("gatewayId", "igw-1"),
    ),
    Sight(
        "network-private-route-avoids-the-internet",
        "private-route",
        PASSES,
        set_("destinationCidrBlock", "10.9.0.0/16"),
        set_("gatewayId", "igw-1"),
    ),
    Sight("network-private-route-avoids-the-internet", "private-route", PASSES, set_("gatewayId", "vgw-1")),
    Sight(
        "network-private-route-avoids-the-internet",
        "isolated",
        FAILS,
        of("isolated", added(ec2.ROUTE.token, {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})),
    ),
    Sight(
        "network-private-route-avoids-the-internet",
        "public",
        PASSES,
        of("public", added(ec2.ROUTE.token, {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})),
    ),
    Sight(
        "network-endpoint-answers-by-name",
        "vpc-logs",
        PASSES,
        set_("privateDnsEnabled", False),
        set_("serviceName", "com.amazonaws.us-east-1.s3"),
    ),
)
# Production is what the tag says or, where there is none, the stack's name.
PRODUCTION_SIGHTS: Final = (
    *(
        Sight("dynamodb-table-kept-in-production", "table", says, set_("deletionProtectionEnabled", False), *tags, stack=stack)
        for says, stack, tags in (
            (FAILS, "org/slipway/prod", (without("tags.Environment"),)),
            (FAILS, "prod-eu", (without("tags.Environment"),)),
            (FAILS, "production", (without("tags.Environment"),)),
            (PASSES, "dev", (without("tags.Environment"),)),
            (PASSES, "prod", (set_("tags", {}), set_("tagsAll", {"Environment": "dev"}))),
            (FAILS, "dev", ()),
        )
    ),
    Sight("tags-required-tags-are-there", "vpc", PASSES, set_("tags", {}), set_("tagsAll", TAGS)),
    Sight(
        "network-subnet-gives-no-public-address",
        "private-a",
        PASSES,
        set_("mapPublicIpOnLaunch", True),
        set_("tags.Name", "public-a"),
    ),
    *(
        Sight(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_(key, "access-logs"))
        for key in ("bucket", "bucketPrefix", "name", "namePrefix")
    ),
)
OTHER_SIGHTS: Final = (
    Sight("logs-group-has-retention", "log-group", PASSES, without("retentionInDays"), set_("logGroupClass", "DELIVERY")),
    Sight("logs-group-has-retention", "log-group", PASSES, set_("retentionInDays", 1)),
    Sight("logs-group-has-retention", "log-group", FAILS, set_("retentionInDays", -1)),
    Sight("logs-alarm-decides-on-silence", "alarm", FAILS, set_("treatMissingData", "missing")),
    Sight("messaging-topic-is-encrypted", "topic", FAILS, set_("kmsMasterKeyId", "alias/aws/sns")),
    Sight(
        "messaging-queue-policy-names-actions",
        "queue-policy",
        FAILS,
        set_("policy", document(allow("*", "*", Principal={"AWS": ROLE_ARN}))),
    ),
    *(
        Sight("messaging-queue-has-a-dead-letter-queue", name, PASSES, of(name, added(sqs.QUEUE.token, props)))
        for name, props in (("jobs", {"redriveAllowPolicy": "{}"}), ("jobs-dead", {}), ("jobs-dlq", {}))
    ),
    Sight("budgets-budget-tells-somebody", "budget", PASSES, set_("notifications", [{"subscriberSnsTopicArns": ["arn"]}])),
    Sight(
        "budgets-budget-has-a-limit",
        "budget",
        PASSES,
        without("limitAmount"),
        set_("autoAdjustData", {"autoAdjustType": "FORECAST"}),
    ),
    Sight("budgets-budget-has-a-limit", "budget", PASSES, without("limitAmount"), set_("plannedLimits", [{"amount": "1"}])),
    Sight("budgets-budget-has-a-limit", "budget", PASSES, set_("limitAmount", "1")),
    Sight("budgets-budget-warns-early", "budget", FAILS, set_("notifications", [{"notificationType": "ACTUAL"}])),
    Sight(
        "codebuild-privileged-builds-say-why",
        "builds",
        PASSES,
        set_("environment.privilegedMode", False),
        without("tags.Privileged"),
    ),
    Sight("codebuild-builds-run-in-the-vpc", "builds", FAILS, without("vpcConfig.vpcId")),
    Sight("codebuild-builds-run-in-the-vpc", "builds", FAILS, without("vpcConfig.subnets")),
    Sight("registry-images-are-encrypted", "repository", PASSES, set_("encryptionConfigurations.0.encryptionType", "KMS_DSSE")),
    Sight("registry-repository-kept-in-production", "repository", PASSES, *DEV, set_("forceDelete", True)),
    Sight("secretsmanager-secret-is-encrypted", "secret", FAILS, set_("kmsKeyId", "alias/aws/secretsmanager")),
    Sight("secretsmanager-secret-can-be-restored", "secret", PASSES, set_("recoveryWindowInDays", 7)),
    Sight("secretsmanager-secret-can-be-restored", "secret", FAILS, set_("recoveryWindowInDays", 6)),
    Sight("tags-tags-are-taken-by-aws", "vpc", PASSES, set_("tags.Note", "y" * 256)),
    Sight("tags-tags-are-taken-by-aws", "pod", PASSES, set_("tags", {"aws:x": "y"})),
    Sight("tags-tags-are-taken-by-aws", "vpc", FAILS, set_("tags.AWS:owner", "y")),
)
PLATFORM_SIGHTS: Final = (
    *S3_SIGHTS,
    *KMS_SIGHTS,
    *MACHINE_SIGHTS,
    *NETWORK_SIGHTS,
    *OTHER_SIGHTS,
    *PRODUCTION_SIGHTS,
)
