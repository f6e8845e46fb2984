"""Where alarms publish: who may publish, and what becomes of an alert that cannot be delivered."""

from __future__ import annotations

import json

import pytest

from catalog.types import sns, sqs
from infra.base.iam import Scope
from infra.keys.rights import KEYS
from infra.watch.rights import topic_policy, undelivered_policy
from tests.support.iam_documents import objections
from tests.support.stacks import recorded_stack

SCOPE = Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev")


def test_every_service_that_may_publish_may_use_the_key_of_the_topic() -> None:
    (ring,) = [item for item in topic_policy(SCOPE)["Statement"] if item["Sid"] == "Publish"]
    (domain,) = [domain for domain in KEYS if domain.name == "logs"]
    assert set(ring["Principal"]["Service"]) <= set(domain.services), "the topic is encrypted: publishing takes its key"


@pytest.mark.parametrize("policy", [topic_policy(SCOPE), undelivered_policy(SCOPE)], ids=["topic", "queue"])
def test_only_our_own_alarms_budgets_and_monitors_may_publish(policy: dict[str, object]) -> None:
    assert objections(policy, kind="resource") == []


def test_an_alert_that_cannot_be_delivered_goes_to_a_queue() -> None:
    stack = recorded_stack("dev")
    (subscription,) = stack.of(sns.TOPIC_SUBSCRIPTION)
    (queue,) = stack.of(sqs.QUEUE)
    assert json.loads(subscription.props["redrivePolicy"])["deadLetterTargetArn"].endswith(queue.name)
