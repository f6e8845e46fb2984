"""Kafka, Kinesis and Firehose: closed to strangers, encrypted on the way and at rest."""

from __future__ import annotations

from catalog.types import kinesis, msk
from policies.checks import is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    msk.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP MSK.4",),
    anchors=("CKV_AWS_291",),
    why="A broker with a public address is tried by everybody within the hour.",
    fix="leave brokerNodeGroupInfo.connectivityInfo.publicAccess.type DISABLED",
)
def broker_not_public(resource: ResourceView) -> Verdict:
    value = Block.of(resource).text("brokerNodeGroupInfo.connectivityInfo.publicAccess.type")
    return PASS if value in ("", "DISABLED") else Fail(f"the brokers' public access is {value}")


@rule(
    msk.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP MSK.6",),
    anchors=("prowler kafka_cluster_unrestricted_access_disabled",),
    why="Without authentication whoever reaches the broker reads and writes every topic.",
    fix="set clientAuthentication.sasl.iam (or tls) and leave unauthenticated false",
)
def broker_asks_who(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.flag("clientAuthentication.unauthenticated"):
        return Fail("the brokers serve strangers")
    asked = block.flag("clientAuthentication.sasl.iam") or block.flag("clientAuthentication.sasl.scram")
    return PASS if asked or block.has("clientAuthentication.tls") else Fail("the brokers ask nobody who they are")


@rule(
    msk.CLUSTER,
    severity="mandatory",
    frameworks=("FSBP MSK.1", "GDPR 32"),
    anchors=("CKV_AWS_81",),
    why="Records cross zones between clients and brokers, and between brokers.",
    fix="leave encryptionInfo.encryptionInTransit at clientBroker TLS and inCluster true",
)
def broker_traffic_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    value = block.text("encryptionInfo.encryptionInTransit.clientBroker") or "TLS"
    if value != "TLS":
        return Fail(f"clients and brokers speak {value}")
    inside = block.flag("encryptionInfo.encryptionInTransit.inCluster", default=True)
    return PASS if inside else Fail("the brokers speak to each other in clear")


@rule(
    msk.CLUSTER,
    severity="mandatory",
    frameworks=("GDPR 32",),
    anchors=("prowler kafka_cluster_encryption_at_rest_uses_cmk",),
    why="Brokers keep records for days.",
    fix="set encryptionInfo.encryptionAtRestKmsKeyArn to a key of ours",
)
def broker_is_encrypted_with_our_key(resource: ResourceView) -> Verdict:
    return is_set(resource, "encryptionInfo.encryptionAtRestKmsKeyArn", "the brokers' disks are under no key of ours")


@rule(
    kinesis.STREAM,
    severity="mandatory",
    frameworks=("FSBP Kinesis.1", "GDPR 32"),
    anchors=("CKV_AWS_43", "CKV_AWS_185"),
    why="A stream keeps its records for a day to a year.",
    fix="set encryptionType to KMS and kmsKeyId to a key of ours",
)
def stream_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("encryptionType") != "KMS":
        return Fail("the stream is not encrypted")
    key = block.text("kmsKeyId")
    return PASS if key and not key.endswith("alias/aws/kinesis") else Fail("the stream is under AWS's own key")


@rule(
    kinesis.FIREHOSE_DELIVERY_STREAM,
    severity="mandatory",
    frameworks=("FSBP DataFirehose.1", "GDPR 32"),
    anchors=("CKV_AWS_240", "CKV_AWS_241"),
    why="A delivery stream holds what its destination refuses for up to a day.",
    fix="set serverSideEncryption with enabled true, keyType CUSTOMER_MANAGED_CMK and keyArn (one fed by Kinesis has its key)",
)
def delivery_is_encrypted(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.has("kinesisSourceConfiguration"):
        return PASS
    ours = block.flag("serverSideEncryption.enabled") and block.has("serverSideEncryption.keyArn")
    return PASS if ours else Fail("the delivery stream is under no key of ours")
