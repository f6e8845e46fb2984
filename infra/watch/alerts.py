"""Where alarms, budgets and anomalies are told: an encrypted topic, its readers, and a queue for what could not be delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from infra.base.iam import Document, Scope, Statement, document
from infra.base.naming import Naming

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html: 14 days, the longest there is.
UNDELIVERED_SECONDS: Final = 14 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """`key_arn` encrypts the topic and the queue; `emails` are told, each after confirming once."""

    naming: Naming
    scope: Scope
    emails: tuple[str, ...]
    key_arn: pulumi.Input[str]


class Alerts(pulumi.ComponentResource):
    """The topic that alarms, budgets and anomaly monitors publish to."""

    topic_arn: pulumi.Output[str]
    undelivered_queue_name: pulumi.Output[str]

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cost:Alerts", name, None, opts)
        topic_name, queue_name = args.naming.name("alerts"), args.naming.name("alerts-dead-letter")
        queue = aws.sqs.Queue(
            queue_name,
            name=queue_name,
            kms_master_key_id=args.key_arn,
            message_retention_seconds=UNDELIVERED_SECONDS,
            policy=json.dumps(undelivered_policy(args.scope)),
            tags=args.naming.tags(queue_name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        topic = aws.sns.Topic(
            topic_name,
            name=topic_name,
            kms_master_key_id=args.key_arn,
            policy=json.dumps(topic_policy(args.scope)),
            tags=args.naming.tags(topic_name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for number, email in enumerate(args.emails, start=1):
            aws.sns.TopicSubscription(
                args.naming.name("alerts", str(number)),
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": queue.arn}),
                opts=pulumi.ResourceOptions(parent=topic),
            )
        self.topic_arn = topic.arn
        self.undelivered_queue_name = queue.name
        self.register_outputs({"topicArn": self.topic_arn, "undeliveredQueueName": self.undelivered_queue_name})


def topic_policy(scope: Scope) -> Document:
    """Our alarms, budgets and anomaly monitors may publish; nobody else, and nothing without TLS."""
    arn = scope.arn("sns", f"{scope.prefix}-alerts")
    return document(
        _allow(
            "Publish",
            ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"],
            "sns:Publish",
            arn,
            {"aws:SourceAccount": scope.account_id},
        ),
        _only_tls("sns:Publish", arn),
    )


def undelivered_policy(scope: Scope) -> Document:
    """Our topic may leave messages; nothing without TLS."""
    arn = scope.arn("sqs", f"{scope.prefix}-alerts-dead-letter")
    topic = scope.arn("sns", f"{scope.prefix}-alerts")
    return document(
        _allow("Leave", ["sns.amazonaws.com"], "sqs:SendMessage", arn, {"aws:SourceArn": topic}), _only_tls("sqs:*", arn)
    )


def _allow(sid: str, services: list[str], action: str, arn: str, equals: dict[str, str]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": [action],
        "Resource": arn,
        "Condition": {"StringEquals": equals},
    }


def _only_tls(action: str, arn: str) -> Statement:
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
