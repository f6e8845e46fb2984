"""Topics, subscriptions, queues: services whose settings are a map of string attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.kernel.context import Context
from localcloud.kernel.rules import arn, between, conflicts, json_document, one_of, when
from localcloud.kernel.spec import Autoname, Call, Resource, Tags, Update


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _attributes(props: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """The properties as AWS's attributes; what is not given is left out."""
    return {member: _text(props[prop]) for prop, member in names.items() if props.get(prop) not in (None, "", False, 0)}


def _named(fifo: str, kind: str) -> Any:
    def says(props: Mapping[str, Any]) -> str | None:
        name = props.get("name")
        if name is None:
            return None
        ending = ".fifo" if props.get(fifo) else ""
        stem = str(name).removesuffix(ending)
        good = str(name).endswith(ending) and re.fullmatch(r"[0-9A-Za-z_-]+", stem) and len(str(name)) <= 256
        return None if good else f"invalid {kind} name: {name}" + (" (a FIFO one ends in .fifo)" if ending else "")

    return when("name", says, fifo)


# Property -> attribute; source: SNS API reference, SetTopicAttributes.
_FEEDBACK = {
    f"{kind}{result}Feedback{what}": f"{kind[0].upper()}{kind[1:]}{result}Feedback{what}".replace("Sqs", "SQS").replace(
        "Http", "HTTP"
    )
    for kind in ("application", "firehose", "http", "lambda", "sqs")
    for result, what in (("Success", "RoleArn"), ("Success", "SampleRate"), ("Failure", "RoleArn"))
}
_TOPIC = {
    "displayName": "DisplayName",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "fifoTopic": "FifoTopic",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "fifoThroughputScope": "FifoThroughputScope",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
    "archivePolicy": "ArchivePolicy",
    **_FEEDBACK,
}
_TOPIC_FIXED = {"fifoTopic"}


def _change_topic(c: Context) -> None:
    for prop in sorted(c.changed & set(_TOPIC) - _TOPIC_FIXED):
        value = c.props.get(prop)
        c.client().set_topic_attributes(
            TopicArn=c.id, AttributeName=_TOPIC[prop], AttributeValue="" if value is None else _text(value)
        )


def _read_topic(c: Context) -> dict[str, Any]:
    found = c.client().get_topic_attributes(TopicArn=c.id)["Attributes"]
    return {
        **{prop: found.get(member) for prop, member in _TOPIC.items()},
        "arn": found["TopicArn"],
        "name": found["TopicArn"].rpartition(":")[2],
        "owner": found.get("Owner"),
        "beginningArchiveTime": found.get("BeginningArchiveTime"),
    }


def _only_fifo(what: str) -> Any:
    def says(props: Mapping[str, Any]) -> str | None:
        fifo = props.get("fifoTopic") or props.get("fifoQueue")
        return (
            f"content-based deduplication can only be set for FIFO {what}"
            if props.get("contentBasedDeduplication") and not fifo
            else None
        )

    return when("contentBasedDeduplication", says)


def _fifo_suffix(prop: str) -> Any:
    return lambda props: ".fifo" if props.get(prop) else ""


TOPIC = Resource(
    type="aws:sns/topic:Topic",
    service="sns",
    create=Call(op="create_topic", take=(), params={"Name": "{name}", "Attributes": lambda c: _attributes(c.props, _TOPIC)}),
    id="{data.TopicArn}",
    read=_read_topic,
    missing=("NotFound", "NotFoundException"),
    updates=(Update(on=tuple(sorted(set(_TOPIC) - _TOPIC_FIXED)), do=_change_topic, after_create=False),),
    delete=Call(op="delete_topic", params={"TopicArn": "{id}"}),
    replace=frozenset({"name", "namePrefix", "fifoTopic"}),
    computed=frozenset({"name", "namePrefix", "policy", "signatureVersion", "tracingConfig", "fifoThroughputScope"}),
    defaults={"contentBasedDeduplication": False, "fifoTopic": False},
    empty={
        **{prop: 0 if prop.endswith("SampleRate") else "" for prop in _FEEDBACK},
        **dict.fromkeys(
            (
                "archivePolicy",
                "beginningArchiveTime",
                "deliveryPolicy",
                "displayName",
                "fifoThroughputScope",
                "kmsMasterKeyId",
                "namePrefix",
                "tracingConfig",
            ),
            "",
        ),
        "signatureVersion": 0,
    },
    json=frozenset({"policy", "deliveryPolicy", "archivePolicy"}),
    autoname=Autoname(limit=256, suffix=_fifo_suffix("fifoTopic")),
    checks=(
        _named("fifoTopic", "topic"),
        conflicts("name", "namePrefix"),
        one_of("tracingConfig", "Active", "PassThrough"),
        _only_fifo("topics"),
        between("signatureVersion", 1, 2),
        json_document("policy"),
        json_document("deliveryPolicy"),
    ),
    tags=Tags(list_op="list_tags_for_resource"),
)

_SUBSCRIPTION = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "replayPolicy": "ReplayPolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


def _change_subscription(c: Context) -> None:
    for prop in sorted(c.changed & set(_SUBSCRIPTION)):
        value = c.props.get(prop)
        text = "" if value is None else _text(value)
        if prop == "rawMessageDelivery":
            text = _text(bool(value))
        c.client().set_subscription_attributes(SubscriptionArn=c.id, AttributeName=_SUBSCRIPTION[prop], AttributeValue=text)


def _read_subscription(c: Context) -> dict[str, Any]:
    found = c.client().get_subscription_attributes(SubscriptionArn=c.id)["Attributes"]
    return {
        **{prop: found.get(member) for prop, member in _SUBSCRIPTION.items()},
        "arn": found["SubscriptionArn"],
        "topic": found["TopicArn"],
        "endpoint": found["Endpoint"],
        "protocol": found["Protocol"],
        "ownerId": found.get("Owner") or c.account,
        "pendingConfirmation": found.get("PendingConfirmation", "false"),
        "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated", "true"),
    }


_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")

TOPIC_SUBSCRIPTION = Resource(
    type="aws:sns/topicSubscription:TopicSubscription",
    service="sns",
    create=Call(
        op="subscribe",
        take=("protocol", "endpoint"),
        params={
            "TopicArn": "{topic}",
            "ReturnSubscriptionArn": True,
            "Attributes": lambda c: _attributes(c.props, _SUBSCRIPTION) or None,
        },
    ),
    id="{data.SubscriptionArn}",
    read=_read_subscription,
    missing=("NotFound", "NotFoundException"),
    updates=(Update(on=tuple(_SUBSCRIPTION), do=_change_subscription, after_create=False),),
    delete=Call(op="unsubscribe", params={"SubscriptionArn": "{id}"}),
    replace=frozenset({"topic", "protocol", "endpoint"}),
    computed=frozenset({"filterPolicyScope"}),
    defaults={"confirmationTimeoutInMinutes": 1, "endpointAutoConfirms": False, "rawMessageDelivery": False},
    empty={
        **dict.fromkeys(
            ("deliveryPolicy", "filterPolicy", "filterPolicyScope", "redrivePolicy", "replayPolicy", "subscriptionRoleArn"), ""
        ),
        "rawMessageDelivery": False,
    },
    json=frozenset({"deliveryPolicy", "filterPolicy", "redrivePolicy", "replayPolicy"}),
    checks=(
        one_of("protocol", *_PROTOCOLS),
        arn("topic"),
        when(
            "filterPolicyScope",
            lambda p: (
                "filter_policy is required when filter_policy_scope is set"
                if p.get("filterPolicyScope") and not p.get("filterPolicy")
                else None
            ),
            "filterPolicy",
        ),
    ),
)

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
    values = {_QUEUE[prop]: "" if value is None else _text(value) for prop, value in changed.items()}
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
    type="aws:sqs/queue:Queue",
    service="sqs",
    create=Call(op="create_queue", take=(), params={"QueueName": "{name}", "Attributes": lambda c: _attributes(c.props, _QUEUE)}),
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
    json=frozenset({"policy", "redrivePolicy", "redriveAllowPolicy"}),
    autoname=Autoname(limit=80, suffix=_fifo_suffix("fifoQueue")),
    checks=(
        between("visibilityTimeoutSeconds", 0, 43200),
        _named("fifoQueue", "queue"),
        _only_fifo("queue"),
        conflicts("kmsMasterKeyId", "sqsManagedSseEnabled"),
        json_document("policy"),
        conflicts("name", "namePrefix"),
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

ROWS = (TOPIC, TOPIC_SUBSCRIPTION, QUEUE)
