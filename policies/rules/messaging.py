"""Topics and queues: encrypted, closed to strangers, nothing lost without a trace."""

from __future__ import annotations

from catalog.types import sns, sqs
from policies.documents import closed_to_everybody, judge_statements
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    sns.TOPIC,
    severity="mandatory",
    frameworks=("FSBP SNS.1", "GDPR 32"),
    anchors=("CKV_AWS_26",),
    why="Alerts name hosts, people and data sets.",
    fix="set kmsMasterKeyId to a key of ours (alias/aws/sns cannot be used by CloudWatch or Budgets)",
)
def topic_is_encrypted(resource: ResourceView) -> Verdict:
    key = Block.of(resource).text("kmsMasterKeyId")
    if not key:
        return Fail("the topic is not encrypted")
    return Fail("the topic is under AWS's own key") if key.endswith("alias/aws/sns") else PASS


@rule(
    sns.TOPIC_POLICY,
    sns.TOPIC,
    severity="mandatory",
    frameworks=("FSBP SNS.4", "CIS 2.21"),
    anchors=("CKV_AWS_169", "CKV_AWS_385"),
    why="A topic open to everybody can be read by anybody and fed with false alarms.",
    fix='name the principals, or confine "*" with aws:SourceAccount or aws:SourceArn',
)
def topic_not_public(resource: ResourceView) -> Verdict:
    return closed_to_everybody(resource)


@rule(
    sqs.QUEUE,
    severity="mandatory",
    frameworks=("FSBP SQS.1", "GDPR 32"),
    anchors=("CKV_AWS_27", "CKV2_AWS_73"),
    why="Messages wait on disk for up to 14 days.",
    fix="set kmsMasterKeyId to a key of ours",
)
def queue_is_encrypted(resource: ResourceView) -> Verdict:
    key = Block.of(resource).text("kmsMasterKeyId")
    if not key:
        return Fail("the queue is under no key of ours")
    return Fail("the queue is under AWS's own key") if key.endswith("alias/aws/sqs") else PASS


@rule(
    sqs.QUEUE_POLICY,
    sqs.QUEUE,
    severity="mandatory",
    frameworks=("FSBP SQS.3", "CIS 2.21"),
    anchors=("CKV_AWS_168", "CKV_AWS_387"),
    why="A queue open to everybody runs whatever strangers put into it.",
    fix='name the principals, or confine "*" with aws:SourceAccount or aws:SourceArn',
)
def queue_not_public(resource: ResourceView) -> Verdict:
    return closed_to_everybody(resource)


@rule(
    sqs.QUEUE_POLICY,
    sqs.QUEUE,
    severity="advisory",
    anchors=("CKV_AWS_72",),
    why="sqs:* lets whoever may send also delete the queue.",
    fix="list the actions",
)
def queue_policy_names_actions(resource: ResourceView) -> Verdict:
    return judge_statements(
        resource,
        lambda one: (
            Fail(f"{one.sid or 'a statement'} allows sqs:*")
            if one.allows and {"*", "sqs:*"} & {action.lower() for action in one.actions}
            else PASS
        ),
    )


@rule(
    sqs.QUEUE,
    severity="advisory",
    why="A message that cannot be handled comes back until it expires, and then is gone without a trace.",
    fix="set redrivePolicy (a dead-letter queue says redriveAllowPolicy instead)",
)
def queue_has_a_dead_letter_queue(resource: ResourceView) -> Verdict:
    # The dead-letter queue's arn may be known at `up` only; that there is such a queue is decided before.
    if any(Block.of(resource).given(key) for key in ("redrivePolicy", "redriveAllowPolicy")):
        return PASS
    words = resource.name.lower()
    return PASS if any(word in words for word in ("dead", "dlq")) else Fail("failed messages go nowhere")


@rule(
    sns.TOPIC_SUBSCRIPTION,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="Over plain HTTP an alert, and the link that unsubscribes from it, can be read on the way.",
    fix="subscribe by https, sqs, lambda or email",
)
def subscription_is_encrypted_on_the_way(resource: ResourceView) -> Verdict:
    return Fail("messages go out over plain HTTP") if Block.of(resource).text("protocol") == "http" else PASS
