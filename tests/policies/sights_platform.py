"""Buckets, keys, machines and networks, seen from every side; the form is that of `sight.py`."""

from __future__ import annotations

from typing import Any, Final

from catalog.types import ec2, s3, sqs
from tests.policies.parts import DENY_HTTP, KEY_ARN, ROLE_ARN, TAGS, allow, document
from tests.policies.sight import FAILS, OPEN, PASSES, Sight
from tools.plan.view import UNKNOWN

DEV: Final[dict[str, Any]] = {"tags.Environment": "dev"}
_OWN_KEY: Final = "s3-bucket-encrypted-with-customer-key"
_NO_HTTP: Final = "s3-bucket-denies-plain-http"
_LOGS: Final[dict[str, Any]] = {"-data-logging": ...}
_BY_S3: Final = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
_BY_US: Final = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}}
_PORT: Final = {"protocol": "tcp", "fromPort": 8888, "toPort": 8888}


def _denying(**changes: Any) -> dict[str, Any]:
    return {"data-policy::policy": document({**DENY_HTTP, **changes})}


S3_SIGHTS: Final = (
    # A bucket of logs, by its name or by its class, is encrypted by S3 and does not log itself.
    Sight(_OWN_KEY, "data", PASSES, {"data-encryption::rules": _BY_S3, "bucket": "audit-2026"}),
    Sight(_OWN_KEY, "data", PASSES, {"data-encryption::rules": _BY_S3, "tags.DataClass": "Logs"}),
    Sight(_OWN_KEY, "data", PASSES, {"data-encryption::rules": _BY_S3, "tags.DataClass": "log"}),
    Sight(_OWN_KEY, "data", PASSES, {"data-encryption::rules": _BY_S3, "tags.DataClass": "audit"}),
    Sight(_OWN_KEY, "data", FAILS, {"data-encryption::rules": [{}], "tags.DataClass": "logs"}),
    Sight(_OWN_KEY, "data", PASSES, {"-data-encryption": ..., "serverSideEncryptionConfiguration": {"rule": _BY_US}}),
    Sight(
        _OWN_KEY,
        "data",
        PASSES,
        {
            "data-encryption::rules.0": _BY_US,
            "+stray": (s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, {"bucket": UNKNOWN}),
            "+other": (s3.BUCKET.token, {}),
        },
    ),
    Sight("s3-bucket-logs-access", "data", PASSES, {**_LOGS, "bucket": "access-logs"}),
    Sight("s3-bucket-logs-access", "data", PASSES, {**_LOGS, "logging": {"targetBucket": "logs"}}),
    Sight("s3-bucket-logs-access", "data", FAILS, {**_LOGS, "bucket": "catalogue"}),
    # --- what denies plain HTTP
    Sight(_NO_HTTP, "data", FAILS, _denying(Condition={"StringEquals": {"aws:SecureTransport": "false"}})),
    Sight(_NO_HTTP, "data", FAILS, _denying(Condition={"Bool": {"aws:SecureTransport": "true"}})),
    Sight(_NO_HTTP, "data", FAILS, _denying(Condition={"Bool": {"aws:ViaAWSService": "false"}})),
    Sight(_NO_HTTP, "data", FAILS, _denying(Principal={"AWS": ROLE_ARN})),
    Sight(_NO_HTTP, "data", FAILS, _denying(Effect="Allow")),
    Sight(_NO_HTTP, "data", PASSES, _denying(Action=["s3:PutObject", "s3:GetObject"])),
    Sight(
        _NO_HTTP,
        "data",
        PASSES,
        _denying(Condition={"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalAccount": "1"}}),
    ),
    Sight(_NO_HTTP, "data", PASSES, {"-data-policy": ..., "policy": document(DENY_HTTP)}),
    Sight(_NO_HTTP, "data", FAILS, {"data-policy::policy": "{"}),
    Sight(
        _NO_HTTP,
        "data",
        OPEN,
        {
            "data-policy::bucket": UNKNOWN,
            "+other": (s3.BUCKET.token, {}),
            "+stray": (s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": document(DENY_HTTP)}),
            "-data-policy": ...,
        },
    ),
    Sight(
        _NO_HTTP,
        "data",
        FAILS,
        {
            "+other": (s3.BUCKET.token, {}),
            "+stray": (s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": "{}"}),
            "-data-policy": ...,
        },
    ),
    Sight(
        _NO_HTTP,
        "data",
        PASSES,
        {"+other": (s3.BUCKET.token, {}), "+stray": (s3.BUCKET_POLICY.token, {"bucket": UNKNOWN, "policy": "{}"})},
    ),
    # --- versions, age, life
    Sight("s3-bucket-versioned", "data", PASSES, {"-data-versioning": ..., "versioning": {"enabled": True}}),
    Sight(
        "s3-bucket-versioned",
        "data",
        FAILS,
        {
            "data-versioning::versioningConfiguration": ...,
            "+other": (s3.BUCKET.token, {}),
            "+stray": (s3.BUCKET_VERSIONING.token, {"bucket": UNKNOWN}),
        },
    ),
    Sight(
        "s3-bucket-versioned",
        "data",
        OPEN,
        {"-data-versioning": ..., "+other": (s3.BUCKET.token, {}), "+stray": (s3.BUCKET_VERSIONING.token, {"bucket": UNKNOWN})},
    ),
    Sight(
        _OWN_KEY,
        "data",
        OPEN,
        {
            "-data-encryption": ...,
            "+other": (s3.BUCKET.token, {}),
            "+stray": (s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, {"bucket": UNKNOWN}),
        },
    ),
    Sight("s3-bucket-ages", "data", PASSES, {"-data-lifecycle": ..., "lifecycleRules": [{"enabled": True}]}),
    Sight("s3-bucket-kept-in-production", "data", PASSES, {**DEV, "forceDestroy": True}),
)
KMS_SIGHTS: Final = (
    Sight("kms-key-rotates", "key", PASSES, {"enableKeyRotation": False, "customerMasterKeySpec": "RSA_2048"}),
    Sight("kms-key-rotates", "key", FAILS, {"enableKeyRotation": False, "customerMasterKeySpec": "SYMMETRIC_DEFAULT"}),
    Sight("kms-key-rotates", "key", PASSES, {"enableKeyRotation": False, "keyUsage": "GENERATE_VERIFY_MAC"}),
    Sight("kms-key-rotates", "key", FAILS, {"enableKeyRotation": False, "keyUsage": "ENCRYPT_DECRYPT"}),
    Sight("kms-key-rotates", "key", PASSES, {"enableKeyRotation": False, "customKeyStoreId": "cks-1"}),
    Sight("kms-key-deletion-window", "key", PASSES, {"deletionWindowInDays": 14}),
    Sight("kms-key-deletion-window", "key", FAILS, {"deletionWindowInDays": 13}),
    Sight("kms-key-deletion-window", "key", PASSES, {**DEV, "deletionWindowInDays": 7}),
    Sight("kms-key-is-enabled", "key", PASSES, {"isEnabled": ...}),
)
MACHINE_SIGHTS: Final = (
    Sight("compute-imds-needs-a-token", "template", PASSES, {"metadataOptions": {"httpEndpoint": "disabled"}}),
    Sight("compute-imds-needs-a-token", "machine", FAILS, {"+machine": (ec2.INSTANCE.token, {"tags": TAGS})}),
    Sight(
        "compute-disks-are-encrypted",
        "machine",
        PASSES,
        {"+machine": (ec2.INSTANCE.token, {"rootBlockDevice": {"encrypted": True}})},
    ),
    Sight(
        "compute-disks-are-encrypted",
        "machine",
        PASSES,
        {"+machine": (ec2.INSTANCE.token, {"ebsBlockDevices": [{"encrypted": True}]})},
    ),
    Sight(
        "compute-disks-are-encrypted",
        "machine",
        FAILS,
        {"+machine": (ec2.INSTANCE.token, {"ebsBlockDevices": [{"encrypted": False}]})},
    ),
    Sight(
        "compute-disks-are-encrypted",
        "template",
        PASSES,
        {"blockDeviceMappings.+": {"deviceName": "/dev/xvdb", "noDevice": "true"}},
    ),
    Sight(
        "compute-disks-are-encrypted",
        "template",
        PASSES,
        {"blockDeviceMappings.+": {"deviceName": "x", "virtualName": "ephemeral0"}},
    ),
    Sight(
        "waste-disks-are-of-today",
        "machine",
        FAILS,
        {"+machine": (ec2.INSTANCE.token, {"rootBlockDevice": {"volumeType": "gp2"}})},
    ),
    Sight(
        "waste-disks-are-of-today",
        "machine",
        FAILS,
        {"+machine": (ec2.INSTANCE.token, {"ebsBlockDevices": [{"volumeType": "gp2"}]})},
    ),
    Sight(
        "credentials-none-in-plain-sight",
        "machine",
        FAILS,
        {"+machine": (ec2.INSTANCE.token, {"userDataBase64": "a2V5PUFLSUFBQUFBQUFBQUFBQUFBQUFB"})},
    ),
    Sight("credentials-none-in-plain-sight", "template", FAILS, {"userData": "a2V5PUFLSUFBQUFB\nQUFBQUFBQUFBQUFB\n"}),
    # What is no base64 is read as it is, and what decodes to no text is no fault.
    Sight("credentials-none-in-plain-sight", "template", FAILS, {"userData": "key=AKIAAAAAAAAAAAAAAAAA"}),
    Sight("credentials-none-in-plain-sight", "template", PASSES, {"userData": "gICA"}),
    Sight("eks-endpoint-not-public", "cluster", FAILS, {"vpcConfig.endpointPublicAccess": ...}),
    Sight("eks-secrets-encrypted", "cluster", FAILS, {"encryptionConfig.provider": {}}),
    Sight("eks-no-hidden-administrator", "cluster", FAILS, {"accessConfig.bootstrapClusterCreatorAdminPermissions": ...}),
    Sight("eks-nodes-take-no-ssh", "gpu", PASSES, {"remoteAccess": {"ec2SshKey": "me", "sourceSecurityGroupIds": ["sg-1"]}}),
    Sight("eks-cluster-kept-in-production", "cluster", PASSES, {**DEV, "deletionProtection": False}),
    Sight("eks-subnets-are-given", "gpu", FAILS, {"subnetIds": ...}),
    Sight("eks-subnets-are-given", "cluster", FAILS, {"vpcConfig.subnetIds": ...}),
    *(
        Sight(
            "eks-public-networks-are-small",
            "cluster",
            says,
            {"vpcConfig.endpointPublicAccess": on, "vpcConfig.publicAccessCidrs": [network]},
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
    Sight("eks-public-networks-are-small", "cluster", FAILS, {"vpcConfig": {"publicAccessCidrs": ["0.0.0.0/1"]}}),
)
NETWORK_SIGHTS: Final = (
    Sight("network-no-data-port-to-the-world", "group", FAILS, {"ingress": [{**_PORT, "ipv6CidrBlocks": ["::/0"]}]}),
    Sight(
        "network-no-data-port-to-the-world",
        "efa-in",
        FAILS,
        {"ipProtocol": "tcp", "fromPort": 8888, "toPort": 8888, "cidrIpv6": "::/0"},
    ),
    Sight(
        "network-no-all-ports-to-the-world",
        "group",
        FAILS,
        {"ingress": [{"protocol": "tcp", "fromPort": 1, "toPort": 65535, "cidrBlocks": ["0.0.0.0/0"]}]},
    ),
    Sight(
        "network-no-all-ports-to-the-world",
        "group",
        PASSES,
        {"ingress": [{"protocol": "tcp", "fromPort": 2, "toPort": 65535, "cidrBlocks": ["0.0.0.0/0"]}]},
    ),
    Sight("network-default-group-is-closed", "vpc-default-group", FAILS, {"egress": [{"protocol": "-1"}]}),
    Sight("network-subnet-gives-no-public-address", "private-a", PASSES, {"mapPublicIpOnLaunch": True, "tags.Tier": "public"}),
    Sight("network-flow-log-records-everything", "vpc-flow-log", PASSES, {"trafficType": ..., "transitGatewayId": "tgw-1"}),
    Sight(
        "network-flow-log-records-everything", "vpc-flow-log", PASSES, {"trafficType": ..., "transitGatewayAttachmentId": "a-1"}
    ),
    Sight(
        "network-private-route-avoids-the-internet",
        "private-route",
        FAILS,
        {"destinationCidrBlock": ..., "destinationIpv6CidrBlock": "::/0", "gatewayId": "igw-1"},
    ),
    Sight(
        "network-private-route-avoids-the-internet",
        "private-route",
        PASSES,
        {"destinationCidrBlock": "10.9.0.0/16", "gatewayId": "igw-1"},
    ),
    Sight("network-private-route-avoids-the-internet", "private-route", PASSES, {"gatewayId": "vgw-1"}),
    Sight(
        "network-private-route-avoids-the-internet",
        "isolated",
        FAILS,
        {"+isolated": (ec2.ROUTE.token, {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})},
    ),
    Sight(
        "network-private-route-avoids-the-internet",
        "public",
        PASSES,
        {"+public": (ec2.ROUTE.token, {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})},
    ),
    Sight(
        "network-endpoint-answers-by-name",
        "vpc-logs",
        PASSES,
        {"privateDnsEnabled": False, "serviceName": "com.amazonaws.us-east-1.s3"},
    ),
)
# Production is what the tag says or, where there is none, the stack's name.
PRODUCTION_SIGHTS: Final = (
    *(
        Sight("dynamodb-table-kept-in-production", "table", says, {"deletionProtectionEnabled": False, **tags}, stack=stack)
        for says, stack, tags in (
            (FAILS, "org/slipway/prod", {"tags.Environment": ...}),
            (FAILS, "prod-eu", {"tags.Environment": ...}),
            (FAILS, "production", {"tags.Environment": ...}),
            (PASSES, "dev", {"tags.Environment": ...}),
            (PASSES, "prod", {"tags": {}, "tagsAll": {"Environment": "dev"}}),
            (FAILS, "dev", {}),
        )
    ),
    Sight("tags-required-tags-are-there", "vpc", PASSES, {"tags": {}, "tagsAll": TAGS}),
    Sight("network-subnet-gives-no-public-address", "private-a", PASSES, {"mapPublicIpOnLaunch": True, "tags.Name": "public-a"}),
    *(
        Sight(_OWN_KEY, "data", PASSES, {"data-encryption::rules": _BY_S3, key: "access-logs"})
        for key in ("bucket", "bucketPrefix", "name", "namePrefix")
    ),
)
OTHER_SIGHTS: Final = (
    Sight("logs-group-has-retention", "log-group", PASSES, {"retentionInDays": ..., "logGroupClass": "DELIVERY"}),
    Sight("logs-group-has-retention", "log-group", PASSES, {"retentionInDays": 1}),
    Sight("logs-group-has-retention", "log-group", FAILS, {"retentionInDays": -1}),
    Sight("logs-alarm-decides-on-silence", "alarm", FAILS, {"treatMissingData": "missing"}),
    Sight("messaging-topic-is-encrypted", "topic", FAILS, {"kmsMasterKeyId": "alias/aws/sns"}),
    Sight(
        "messaging-queue-policy-names-actions",
        "queue-policy",
        FAILS,
        {"policy": document(allow("*", "*", Principal={"AWS": ROLE_ARN}))},
    ),
    *(
        Sight("messaging-queue-has-a-dead-letter-queue", name, PASSES, {f"+{name}": (sqs.QUEUE.token, props)})
        for name, props in (("jobs", {"redriveAllowPolicy": "{}"}), ("jobs-dead", {}), ("jobs-dlq", {}))
    ),
    Sight("budgets-budget-tells-somebody", "budget", PASSES, {"notifications": [{"subscriberSnsTopicArns": ["arn"]}]}),
    Sight("budgets-budget-has-a-limit", "budget", PASSES, {"limitAmount": ..., "autoAdjustData": {"autoAdjustType": "FORECAST"}}),
    Sight("budgets-budget-has-a-limit", "budget", PASSES, {"limitAmount": ..., "plannedLimits": [{"amount": "1"}]}),
    Sight("budgets-budget-has-a-limit", "budget", PASSES, {"limitAmount": "1"}),
    Sight("budgets-budget-warns-early", "budget", FAILS, {"notifications": [{"notificationType": "ACTUAL"}]}),
    Sight("codebuild-privileged-builds-say-why", "builds", PASSES, {"environment.privilegedMode": False, "tags.Privileged": ...}),
    Sight("codebuild-builds-run-in-the-vpc", "builds", FAILS, {"vpcConfig.vpcId": ...}),
    Sight("codebuild-builds-run-in-the-vpc", "builds", FAILS, {"vpcConfig.subnets": ...}),
    Sight("registry-images-are-encrypted", "repository", PASSES, {"encryptionConfigurations.0.encryptionType": "KMS_DSSE"}),
    Sight("registry-repository-kept-in-production", "repository", PASSES, {**DEV, "forceDelete": True}),
    Sight("secretsmanager-secret-is-encrypted", "secret", FAILS, {"kmsKeyId": "alias/aws/secretsmanager"}),
    Sight("secretsmanager-secret-can-be-restored", "secret", PASSES, {"recoveryWindowInDays": 7}),
    Sight("secretsmanager-secret-can-be-restored", "secret", FAILS, {"recoveryWindowInDays": 6}),
    Sight("tags-tags-are-taken-by-aws", "vpc", PASSES, {"tags.Note": "y" * 256}),
    Sight("tags-tags-are-taken-by-aws", "pod", PASSES, {"tags": {"aws:x": "y"}}),
    Sight("tags-tags-are-taken-by-aws", "vpc", FAILS, {"tags.AWS:owner": "y"}),
)
PLATFORM_SIGHTS: Final = (
    *S3_SIGHTS,
    *KMS_SIGHTS,
    *MACHINE_SIGHTS,
    *NETWORK_SIGHTS,
    *OTHER_SIGHTS,
    *PRODUCTION_SIGHTS,
)
