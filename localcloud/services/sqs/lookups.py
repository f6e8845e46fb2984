"""The look-ups of SQS queues, by name."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup


def _queue(c: Context) -> dict[str, Any]:
    client = c.client()
    url = client.get_queue_url(QueueName=c.props["name"])["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return {"url": url, "arn": attributes["QueueArn"], "tags": client.list_queue_tags(QueueUrl=url).get("Tags", {})}


QUEUE = Lookup(
    function=functions.SQS_QUEUE,
    service="sqs",
    ask=_queue,
    id="{data.url}",
    none="reading SQS Queue ({name}) URL: couldn't find resource",
    missing=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
)

QUEUES = Lookup(
    function=functions.SQS_QUEUES,
    service="sqs",
    ask=Call(op="list_queues", take=("queueNamePrefix",)),
    id="{region}",
    outputs={"queueUrls": lambda c: c.data.get("QueueUrls") or []},
)

LOOKUPS = (QUEUE, QUEUES)
