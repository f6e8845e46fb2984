"""SQS: queues. Facts of behaviour: tests/golden/sqs.*.json."""

from __future__ import annotations

from typing import Any

from catalog.types import sqs
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import between, conflicts, json_document
from localcloud.kernel.spec import Autoname, Resource, Tags, Update
from localcloud.services.string_attributes import as_text, attributes_of, fifo_name, fifo_suffix, only_fifo

_QUEUE = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _change_queue(c: Context) -> None:
    changed = {prop: c.props.get(prop) for prop in c.changed & set(_QUEUE) - {"fifoQueue"}}
    values = {_QUEUE[prop]: "" if value is None else as_text(value) for prop, value in changed.items()}
    c.client().set_queue_attributes(QueueUrl=c.id, Attributes=values)


def _read_queue(c: Context) -> dict[str, Any]:
    found = c.client().get_queue_attributes(QueueUrl=c.id, AttributeNames=["All"])["Attributes"]
    return {
        **{prop: found.get(member) for prop, member in _QUEUE.items()},
        "arn": found["QueueArn"],
        "name": found["QueueArn"].rpartition(":")[2],
        "url": c.id,
    }


QUEUE = Resource(
    type=sqs.QUEUE.token,
    service="sqs",
    create=Call(
        op="create_queue", take=(), params={"QueueName": "{name}", "Attributes": lambda c: attributes_of(c.props, _QUEUE)}
    ),
    id="{data.QueueUrl}",
    read=_read_queue,
    missing=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    updates=(Update(on=tuple(prop for prop in _QUEUE if prop != "fifoQueue"), do=_change_queue, after_create=False),),
    delete=Call(op="delete_queue", params={"QueueUrl": "{id}"}),
    replace=frozenset({"name", "namePrefix", "fifoQueue"}),
    computed=frozenset(
        {
            *("name", "namePrefix", "deduplicationScope", "fifoThroughputLimit", "kmsDataKeyReusePeriodSeconds", "policy"),
            *("redriveAllowPolicy", "redrivePolicy", "sqsManagedSseEnabled"),
        }
    ),
    defaults={
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "fifoQueue": False,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    },
    empty={
        **dict.fromkeys(
            (
                "deduplicationScope",
                "fifoThroughputLimit",
                "kmsMasterKeyId",
                "namePrefix",
                "policy",
                "redriveAllowPolicy",
                "redrivePolicy",
            ),
            "",
        ),
        "contentBasedDeduplication": False,
        "fifoQueue": False,
        "kmsDataKeyReusePeriodSeconds": 300,
    },
    json=frozenset({"redrivePolicy", "redriveAllowPolicy"}),
    policies=frozenset({"policy"}),
    autoname=Autoname(limit=80, suffix=fifo_suffix("fifoQueue")),
    checks=(
        between("visibilityTimeoutSeconds", 0, 43200),
        fifo_name("fifoQueue", "queue"),
        only_fifo("queue"),
        conflicts("kmsMasterKeyId", "sqsManagedSseEnabled"),
        json_document("policy"),
    ),
    tags=Tags(
        create="tags",
        form="map",
        target=("QueueUrl", "{id}"),
        add="tag_queue",
        remove="untag_queue",
        list_op="list_queue_tags",
    ),
)


def _put_policy(c: Context) -> None:
    c.client().set_queue_attributes(QueueUrl=c.get("queueUrl"), Attributes={"Policy": c.props["policy"]})


def _read_queue_policy(c: Context) -> dict[str, Any] | None:
    found = c.client().get_queue_attributes(QueueUrl=c.id, AttributeNames=["Policy"]).get("Attributes", {})
    return {"queueUrl": c.id, "policy": found["Policy"]} if found.get("Policy") else None


QUEUE_POLICY = Resource(
    type=sqs.QUEUE_POLICY.token,
    service="sqs",
    create=_put_policy,
    id="{queueUrl}",
    read=_read_queue_policy,
    missing=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    updates=(Update(on=("policy",), do=_put_policy, after_create=False),),
    delete=lambda c: c.client().set_queue_attributes(QueueUrl=c.id, Attributes={"Policy": ""}),
    replace=frozenset({"queueUrl"}),
    policies=frozenset({"policy"}),
    checks=(json_document("policy"),),
    singleton=True,
)

ROWS = (QUEUE, QUEUE_POLICY)
