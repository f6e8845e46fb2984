"""SNS: topics and subscriptions. Facts of behaviour: tests/golden/sns.*.json."""

from __future__ import annotations

import json
from typing import Any

from catalog.types import sns
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, between, json_document, one_of, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update
from localcloud.services.string_attributes import as_text, attributes_of, fifo_name, fifo_suffix, only_fifo

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
            TopicArn=c.id, AttributeName=_TOPIC[prop], AttributeValue="" if value is None else as_text(value)
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


TOPIC = Resource(
    type=sns.TOPIC.token,
    service="sns",
    create=Call(op="create_topic", take=(), params={"Name": "{name}", "Attributes": lambda c: attributes_of(c.props, _TOPIC)}),
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
    json=frozenset({"deliveryPolicy", "archivePolicy"}),
    policies=frozenset({"policy"}),
    autoname=Autoname(limit=256, suffix=fifo_suffix("fifoTopic")),
    checks=(
        fifo_name("fifoTopic", "topic"),
        one_of("tracingConfig", "Active", "PassThrough"),
        only_fifo("topics"),
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
        text = "" if value is None else as_text(value)
        if prop == "rawMessageDelivery":
            text = as_text(bool(value))
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
    type=sns.TOPIC_SUBSCRIPTION.token,
    service="sns",
    create=Call(
        op="subscribe",
        take=("protocol", "endpoint"),
        params={
            "TopicArn": "{topic}",
            "ReturnSubscriptionArn": True,
            "Attributes": lambda c: attributes_of(c.props, _SUBSCRIPTION) or None,
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


def _put_policy(c: Context) -> None:
    c.client().set_topic_attributes(TopicArn=c.get("arn"), AttributeName="Policy", AttributeValue=c.props["policy"])


def _read_topic_policy(c: Context) -> dict[str, Any]:
    found = c.client().get_topic_attributes(TopicArn=c.id)["Attributes"]
    return {"arn": c.id, "owner": found.get("Owner") or c.account, "policy": found["Policy"]}


def _forget_policy(c: Context) -> None:
    """A topic is never without a policy: the one of its making, by which its owner may do everything, comes back."""
    own = c.client().get_topic_attributes(TopicArn=c.id)["Attributes"]["Owner"]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _OWNERS],
        "Resource": c.id,
        "Condition": {"StringEquals": {"AWS:SourceOwner": own}},
    }
    document = json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
    c.client().set_topic_attributes(TopicArn=c.id, AttributeName="Policy", AttributeValue=document)


# What a new topic lets its owner do; source: terraform-provider-aws, internal/service/sns/topic_policy.go.
_OWNERS = (
    *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe"),
    *("ListSubscriptionsByTopic", "Publish"),
)

TOPIC_POLICY = Resource(
    type=sns.TOPIC_POLICY.token,
    service="sns",
    create=_put_policy,
    id="{arn}",
    read=_read_topic_policy,
    missing=("NotFound", "NotFoundException"),
    updates=(Update(on=("policy",), do=_put_policy, after_create=False),),
    delete=_forget_policy,
    replace=frozenset({"arn"}),
    policies=frozenset({"policy"}),
    checks=(arn("arn"), json_document("policy")),
    singleton=True,
)

ROWS = (TOPIC, TOPIC_SUBSCRIPTION, TOPIC_POLICY)
