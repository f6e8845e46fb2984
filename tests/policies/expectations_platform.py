"""Expected verdicts on buckets, keys, machines and networks."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import ec2, s3, sqs
from tests.policies.case import Change, added, append, of, removed, set_, unknown, without
from tests.policies.expectation import FAILS, PASSES, UNDECIDED, Expect
from tests.policies.parts import DENY_HTTP, KEY_ARN, ROLE_ARN, TAGS, allow, document
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


S3_EXPECTATIONS: Final = (
    # A bucket that holds logs, as its name or its class says, may use S3's own key and need not log its accesses.
    Expect(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("bucket", "audit-2026")),
    Expect(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("tags.DataClass", "Logs")),
    Expect(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("tags.DataClass", "log")),
    Expect(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_("tags.DataClass", "audit")),
    Expect(_OWN_KEY, "data", FAILS, of("data-encryption", set_("rules", [{}])), set_("tags.DataClass", "logs")),
    Expect(
        _OWN_KEY, "data", PASSES, of("data-encryption", removed()), set_("serverSideEncryptionConfiguration", {"rule": _BY_US})
    ),
    Expect(
        _OWN_KEY,
        "data",
        PASSES,
        of("data-encryption", set_("rules.0", _BY_US)),
        of("stray", added(s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, {"bucket": UNKNOWN})),
        of("other", added(s3.BUCKET.token, {})),
    ),
    Expect("s3-bucket-logs-access", "data", PASSES, *_LOGS, set_("bucket", "access-logs")),
    Expect("s3-bucket-logs-access", "data", PASSES, *_LOGS, set_("logging", {"targetBucket": "logs"})),
    Expect("s3-bucket-logs-access", "data", FAILS, *_LOGS, set_("bucket", "catalogue")),
    # --- statements that deny plain HTTP
    Expect(_NO_HTTP, "data", FAILS, *_denying(Condition={"StringEquals": {"aws:SecureTransport": "false"}})),
    Expect(_NO_HTTP, "data", FAILS, *_denying(Condition={"Bool": {"aws:SecureTransport": "true"}})),
    Expect(_NO_HTTP, "data", FAILS, *_denying(Condition={"Bool": {"aws:ViaAWSService": "false"}})),
    Expect(_NO_HTTP, "data", FAILS, *_denying(Principal={"AWS": ROLE_ARN})),
    Expect(_NO_HTTP, "data", FAILS, *_denying(Effect="Allow")),
    Expect(_NO_HTTP, "data", PASSES, *_denying(Action=["s3:PutObject", "s3:GetObject"])),
    Expect(
        _NO_HTTP,
        "data",
        PASSES,
        *_denying(Condition={"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalAccount": "1"}}),
    ),
    Expect(_NO_HTTP, "data", PASSES, of("data-policy", removed()), set_("policy", document(DENY_HTTP))),
    Expect(_NO_HTTP, "data", FAILS, of("data-policy", set_("policy", "{"))),
    Expect(
        _NO_HTTP,
        "data",
        UNDECIDED,
        of("data-policy", unknown("bucket")),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": document(DENY_HTTP)})),
        of("data-policy", removed()),
    ),
    Expect(
        _NO_HTTP,
        "data",
        FAILS,
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": "{}"})),
        of("data-policy", removed()),
    ),
    Expect(
        _NO_HTTP,
        "data",
        PASSES,
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": "{}"})),
    ),
    # --- versions, age, life
    Expect("s3-bucket-versioned", "data", PASSES, of("data-versioning", removed()), set_("versioning", {"enabled": True})),
    Expect(
        "s3-bucket-versioned",
        "data",
        FAILS,
        of("data-versioning", without("versioningConfiguration")),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_VERSIONING.token, {"bucket": UNKNOWN})),
    ),
    Expect(
        "s3-bucket-versioned",
        "data",
        UNDECIDED,
        of("data-versioning", removed()),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_VERSIONING.token, {"bucket": UNKNOWN})),
    ),
    Expect(
        _OWN_KEY,
        "data",
        UNDECIDED,
        of("data-encryption", removed()),
        of("other", added(s3.BUCKET.token, {})),
        of("stray", added(s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, {"bucket": UNKNOWN})),
    ),
    Expect("s3-bucket-ages", "data", PASSES, of("data-lifecycle", removed()), set_("lifecycleRules", [{"enabled": True}])),
    Expect("s3-bucket-kept-in-production", "data", PASSES, *DEV, set_("forceDestroy", True)),
)
KMS_EXPECTATIONS: Final = (
    Expect("kms-key-rotates", "key", PASSES, set_("enableKeyRotation", False), set_("customerMasterKeySpec", "RSA_2048")),
    Expect("kms-key-rotates", "key", FAILS, set_("enableKeyRotation", False), set_("customerMasterKeySpec", "SYMMETRIC_DEFAULT")),
    Expect("kms-key-rotates", "key", PASSES, set_("enableKeyRotation", False), set_("keyUsage", "GENERATE_VERIFY_MAC")),
    Expect("kms-key-rotates", "key", FAILS, set_("enableKeyRotation", False), set_("keyUsage", "ENCRYPT_DECRYPT")),
    Expect("kms-key-rotates", "key", PASSES, set_("enableKeyRotation", False), set_("customKeyStoreId", "cks-1")),
    Expect("kms-key-deletion-window", "key", PASSES, set_("deletionWindowInDays", 14)),
    Expect("kms-key-deletion-window", "key", FAILS, set_("deletionWindowInDays", 13)),
    Expect("kms-key-deletion-window", "key", PASSES, *DEV, set_("deletionWindowInDays", 7)),
    Expect("kms-key-is-enabled", "key", PASSES, without("isEnabled")),
)
MACHINE_EXPECTATIONS: Final = (
    Expect("compute-imds-needs-a-token", "template", PASSES, set_("metadataOptions", {"httpEndpoint": "disabled"})),
    Expect("compute-imds-needs-a-token", "machine", FAILS, of("machine", added(ec2.INSTANCE.token, {"tags": TAGS}))),
    Expect(
        "compute-disks-are-encrypted",
        "machine",
        PASSES,
        of("machine", added(ec2.INSTANCE.token, {"rootBlockDevice": {"encrypted": True}})),
    ),
    Expect(
        "compute-disks-are-encrypted",
        "machine",
        PASSES,
        of("machine", added(ec2.INSTANCE.token, {"ebsBlockDevices": [{"encrypted": True}]})),
    ),
    Expect(
        "compute-disks-are-encrypted",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"ebsBlockDevices": [{"encrypted": False}]})),
    ),
    Expect(
        "compute-disks-are-encrypted",
        "template",
        PASSES,
        append("blockDeviceMappings", {"deviceName": "/dev/xvdb", "noDevice": "true"}),
    ),
    Expect(
        "compute-disks-are-encrypted",
        "template",
        PASSES,
        append("blockDeviceMappings", {"deviceName": "x", "virtualName": "ephemeral0"}),
    ),
    Expect(
        "waste-disks-are-of-today",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"rootBlockDevice": {"volumeType": "gp2"}})),
    ),
    Expect(
        "waste-disks-are-of-today",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"ebsBlockDevices": [{"volumeType": "gp2"}]})),
    ),
    Expect(
        "credentials-none-in-plain-sight",
        "machine",
        FAILS,
        of("machine", added(ec2.INSTANCE.token, {"userDataBase64": "a2V5PUFLSUFBQUFBQUFBQUFBQUFBQUFB"})),
    ),
    Expect("credentials-none-in-plain-sight", "template", FAILS, set_("userData", "a2V5PUFLSUFBQUFB\nQUFBQUFBQUFBQUFB\n")),
    # User data that is no base64 is read as it stands, and bytes that are no text are no fault.
    Expect("credentials-none-in-plain-sight", "template", FAILS, set_("userData", "key=AKIAAAAAAAAAAAAAAAAA")),
    Expect("credentials-none-in-plain-sight", "template", PASSES, set_("userData", "gICA")),
    Expect("eks-endpoint-not-public", "cluster", FAILS, without("vpcConfig.endpointPublicAccess")),
    Expect("eks-secrets-encrypted", "cluster", FAILS, set_("encryptionConfig.provider", {})),
    Expect("eks-no-hidden-administrator", "cluster", FAILS, without("accessConfig.bootstrapClusterCreatorAdminPermissions")),
    Expect("eks-nodes-take-no-ssh", "gpu", PASSES, set_("remoteAccess", {"ec2SshKey": "me", "sourceSecurityGroupIds": ["sg-1"]})),
    Expect("eks-cluster-kept-in-production", "cluster", PASSES, *DEV, set_("deletionProtection", False)),
    Expect("eks-subnets-are-given", "gpu", FAILS, without("subnetIds")),
    Expect("eks-subnets-are-given", "cluster", FAILS, without("vpcConfig.subnetIds")),
    *(
        Expect(
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
            # Another rule reports the whole world.
            (PASSES, True, "0.0.0.0/0"),
            (PASSES, True, "10.0.0.1"),
        )
    ),
    Expect("eks-public-networks-are-small", "cluster", FAILS, set_("vpcConfig", {"publicAccessCidrs": ["0.0.0.0/1"]})),
)
NETWORK_EXPECTATIONS: Final = (
    Expect("network-no-data-port-to-the-world", "group", FAILS, set_("ingress", [{**_PORT, "ipv6CidrBlocks": ["::/0"]}])),
    Expect(
        "network-no-data-port-to-the-world",
        "efa-in",
        FAILS,
        set_("ipProtocol", "tcp"),
        set_("fromPort", 8888),
        set_("toPort", 8888),
        set_("cidrIpv6", "::/0"),
    ),
    Expect(
        "network-no-all-ports-to-the-world",
        "group",
        FAILS,
        set_("ingress", [{"protocol": "tcp", "fromPort": 1, "toPort": 65535, "cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    Expect(
        "network-no-all-ports-to-the-world",
        "group",
        PASSES,
        set_("ingress", [{"protocol": "tcp", "fromPort": 2, "toPort": 65535, "cidrBlocks": ["0.0.0.0/0"]}]),
    ),
    Expect("network-default-group-is-closed", "vpc-default-group", FAILS, set_("egress", [{"protocol": "-1"}])),
    Expect(
        "network-subnet-gives-no-public-address",
        "private-a",
        PASSES,
        set_("mapPublicIpOnLaunch", True),
        set_("tags.Tier", "public"),
    ),
    Expect(
        "network-flow-log-records-everything", "vpc-flow-log", PASSES, without("trafficType"), set_("transitGatewayId", "tgw-1")
    ),
    Expect(
        "network-flow-log-records-everything",
        "vpc-flow-log",
        PASSES,
        without("trafficType"),
        set_("transitGatewayAttachmentId", "a-1"),
    ),
    Expect(
        "network-private-route-avoids-the-internet",
        "private-route",
        FAILS,
        without("destinationCidrBlock"),
        set_("destinationIpv6CidrBlock", "::/0"),
        set_("gatewayId", "igw-1"),
    ),
    Expect(
        "network-private-route-avoids-the-internet",
        "private-route",
        PASSES,
        set_("destinationCidrBlock", "10.9.0.0/16"),
        set_("gatewayId", "igw-1"),
    ),
    Expect("network-private-route-avoids-the-internet", "private-route", PASSES, set_("gatewayId", "vgw-1")),
    Expect(
        "network-private-route-avoids-the-internet",
        "isolated",
        FAILS,
        of("isolated", added(ec2.ROUTE.token, {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})),
    ),
    Expect(
        "network-private-route-avoids-the-internet",
        "public",
        PASSES,
        of("public", added(ec2.ROUTE.token, {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})),
    ),
    Expect(
        "network-endpoint-answers-by-name",
        "vpc-logs",
        PASSES,
        set_("privateDnsEnabled", False),
        set_("serviceName", "com.amazonaws.us-east-1.s3"),
    ),
)
# Whether a resource is for production is in its Environment tag or, without one, in the stack's name.
PRODUCTION_EXPECTATIONS: Final = (
    *(
        Expect("dynamodb-table-kept-in-production", "table", says, set_("deletionProtectionEnabled", False), *tags, stack=stack)
        for says, stack, tags in (
            (FAILS, "org/slipway/prod", (without("tags.Environment"),)),
            (FAILS, "prod-eu", (without("tags.Environment"),)),
            (FAILS, "production", (without("tags.Environment"),)),
            (PASSES, "dev", (without("tags.Environment"),)),
            (PASSES, "prod", (set_("tags", {}), set_("tagsAll", {"Environment": "dev"}))),
            (FAILS, "dev", ()),
        )
    ),
    Expect("tags-required-tags-are-there", "vpc", PASSES, set_("tags", {}), set_("tagsAll", TAGS)),
    Expect(
        "network-subnet-gives-no-public-address",
        "private-a",
        PASSES,
        set_("mapPublicIpOnLaunch", True),
        set_("tags.Name", "public-a"),
    ),
    *(
        Expect(_OWN_KEY, "data", PASSES, of("data-encryption", set_("rules", _BY_S3)), set_(key, "access-logs"))
        for key in ("bucket", "bucketPrefix", "name", "namePrefix")
    ),
)
OTHER_EXPECTATIONS: Final = (
    Expect("logs-group-has-retention", "log-group", PASSES, without("retentionInDays"), set_("logGroupClass", "DELIVERY")),
    Expect("logs-group-has-retention", "log-group", PASSES, set_("retentionInDays", 1)),
    Expect("logs-group-has-retention", "log-group", FAILS, set_("retentionInDays", -1)),
    Expect("logs-alarm-decides-on-silence", "alarm", FAILS, set_("treatMissingData", "missing")),
    Expect("messaging-topic-is-encrypted", "topic", FAILS, set_("kmsMasterKeyId", "alias/aws/sns")),
    Expect(
        "messaging-queue-policy-names-actions",
        "queue-policy",
        FAILS,
        set_("policy", document(allow("*", "*", Principal={"AWS": ROLE_ARN}))),
    ),
    *(
        Expect("messaging-queue-has-a-dead-letter-queue", name, PASSES, of(name, added(sqs.QUEUE.token, props)))
        for name, props in (("jobs", {"redriveAllowPolicy": "{}"}), ("jobs-dead", {}), ("jobs-dlq", {}))
    ),
    Expect("budgets-budget-tells-somebody", "budget", PASSES, set_("notifications", [{"subscriberSnsTopicArns": ["arn"]}])),
    Expect(
        "budgets-budget-has-a-limit",
        "budget",
        PASSES,
        without("limitAmount"),
        set_("autoAdjustData", {"autoAdjustType": "FORECAST"}),
    ),
    Expect("budgets-budget-has-a-limit", "budget", PASSES, without("limitAmount"), set_("plannedLimits", [{"amount": "1"}])),
    Expect("budgets-budget-has-a-limit", "budget", PASSES, set_("limitAmount", "1")),
    Expect("budgets-budget-warns-early", "budget", FAILS, set_("notifications", [{"notificationType": "ACTUAL"}])),
    Expect(
        "codebuild-privileged-builds-say-why",
        "builds",
        PASSES,
        set_("environment.privilegedMode", False),
        without("tags.Privileged"),
    ),
    Expect("codebuild-builds-run-in-the-vpc", "builds", FAILS, without("vpcConfig.vpcId")),
    Expect("codebuild-builds-run-in-the-vpc", "builds", FAILS, without("vpcConfig.subnets")),
    Expect("registry-images-are-encrypted", "repository", PASSES, set_("encryptionConfigurations.0.encryptionType", "KMS_DSSE")),
    Expect("registry-repository-kept-in-production", "repository", PASSES, *DEV, set_("forceDelete", True)),
    Expect("secretsmanager-secret-is-encrypted", "secret", FAILS, set_("kmsKeyId", "alias/aws/secretsmanager")),
    Expect("secretsmanager-secret-can-be-restored", "secret", PASSES, set_("recoveryWindowInDays", 7)),
    Expect("secretsmanager-secret-can-be-restored", "secret", FAILS, set_("recoveryWindowInDays", 6)),
    Expect("tags-tags-are-taken-by-aws", "vpc", PASSES, set_("tags.Note", "y" * 256)),
    Expect("tags-tags-are-taken-by-aws", "pod", PASSES, set_("tags", {"aws:x": "y"})),
    Expect("tags-tags-are-taken-by-aws", "vpc", FAILS, set_("tags.AWS:owner", "y")),
)
PLATFORM_EXPECTATIONS: Final = (
    *S3_EXPECTATIONS,
    *KMS_EXPECTATIONS,
    *MACHINE_EXPECTATIONS,
    *NETWORK_EXPECTATIONS,
    *OTHER_EXPECTATIONS,
    *PRODUCTION_EXPECTATIONS,
)
