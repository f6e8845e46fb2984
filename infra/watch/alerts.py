"""Where alarms, budgets and anomaly monitors publish: an encrypted topic, its readers, and a queue for what was not delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.iam import Scope
from infra.base.naming import Naming
from infra.watch.rights import topic_policy, undelivered_policy

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html: 14 days, the longest there is.
UNDELIVERED_SECONDS: Final = 14 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """`key_arn` encrypts the topic and the queue. `emails` get every alert, each address after confirming once."""

    naming: Naming
    scope: Scope
    emails: tuple[str, ...]
    key_arn: pulumi.Input[str]


class Alerts(Component[AlertsArgs], token="slipway:cost:Alerts"):
    """The topic that alarms, budgets and anomaly monitors publish to."""

    topic_arn: pulumi.Output[str]
    undelivered_queue_name: pulumi.Output[str]

    def declare(self, args: AlertsArgs) -> None:
        topic_name, queue_name = args.naming.name("alerts"), args.naming.name("alerts-dead-letter")
        queue = aws.sqs.Queue(
            queue_name,
            name=queue_name,
            kms_master_key_id=args.key_arn,
            message_retention_seconds=UNDELIVERED_SECONDS,
            policy=json.dumps(undelivered_policy(args.scope)),
            tags=args.naming.tags(queue_name),
            opts=self.child(),
        )
        topic = aws.sns.Topic(
            topic_name,
            name=topic_name,
            kms_master_key_id=args.key_arn,
            policy=json.dumps(topic_policy(args.scope)),
            tags=args.naming.tags(topic_name),
            opts=self.child(),
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
