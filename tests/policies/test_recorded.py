"""The pack over the stacks we ship: they break no mandatory rule, and without a companion resource they break its rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import pytest

from catalog.types import appautoscaling, ec2, ecr, eks, s3, vpc
from policies.evaluate import Report, evaluate
from policies.rules import all_rules
from tests.support.stacks import STACKS, recorded_stack
from tools.plan.view import UNKNOWN, Plan, ResourceView

# Types of companions, the property by which each belongs to its owner, and the rule that breaks without it.
COMPANIONS: Final = (
    (s3.BUCKET_PUBLIC_ACCESS_BLOCK.token, "bucket", "s3-bucket-public-access-blocked"),
    (s3.BUCKET_POLICY.token, "bucket", "s3-bucket-denies-plain-http"),
    (s3.BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION.token, "bucket", "s3-bucket-encrypted-with-customer-key"),
    (s3.BUCKET_VERSIONING.token, "bucket", "s3-bucket-versioned"),
    (s3.BUCKET_LIFECYCLE_CONFIGURATION.token, "bucket", "s3-bucket-ages"),
    (s3.BUCKET_LOGGING.token, "bucket", "s3-bucket-logs-access"),
    (ec2.FLOW_LOG.token, "vpcId", "network-vpc-has-flow-log"),
    (ecr.LIFECYCLE_POLICY.token, "repository", "registry-old-images-expire"),
    (appautoscaling.TARGET.token, "resourceId", "sagemaker-endpoint-autoscales"),
    (appautoscaling.POLICY.token, "resourceId", "sagemaker-target-has-a-policy"),
)
RULES: Final = {rule.id: rule for rule in all_rules()}
# The types that the stacks declare and no rule has as its own, and why.
WITHOUT_A_RULE: Final = {
    s3.BUCKET_LOGGING.token: "judged with its bucket: s3-bucket-logs-access",
    s3.BUCKET_VERSIONING.token: "judged with its bucket: s3-bucket-versioned",
    ecr.LIFECYCLE_POLICY.token: "judged with its repository: registry-old-images-expire",
    appautoscaling.POLICY.token: "judged with its target: sagemaker-target-has-a-policy",
    "aws:cloudwatch/dashboard:Dashboard": "a page of graphs: it holds no data and grants nothing",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "says which table a subnet has; the table's routes are judged",
    "aws:kms/alias:Alias": "a name; its key is judged",
}
LINKS: Final = {type_: key for type_, key, _ in COMPANIONS} | {
    vpc.SECURITY_GROUP_INGRESS_RULE.token: "securityGroupId",
    vpc.SECURITY_GROUP_EGRESS_RULE.token: "securityGroupId",
}


def lines(report: Report) -> list[str]:
    """The violations as lines, for the message of a failed assertion."""
    return [f"{found.urn.rsplit('::', 1)[-1]}: {found.rule}: {found.message}" for found in report.violations]


def first_preview(views: Iterable[ResourceView]) -> Plan:
    """The same stack before its first `up`: no resource has an id, and properties that hold another one's id are unknown."""
    return Plan(replace(view, id="", props={**view.props, **_unlinked(view)}) for view in views)


def _unlinked(view: ResourceView) -> dict[str, Any]:
    """The properties by which a resource belongs to another one, as a first preview has them."""
    if view.type == eks.NODE_GROUP.token:
        return {"launchTemplate": {**view.props["launchTemplate"], "id": UNKNOWN}}
    return {LINKS[view.type]: UNKNOWN} if view.type in LINKS else {}


@pytest.mark.parametrize("stack", STACKS)
def test_no_shipped_stack_breaks_a_mandatory_rule(stack: str) -> None:
    report = evaluate(recorded_stack(stack))
    assert [found.message for found in report.mandatory] == []
    assert report.unknown == ()


@pytest.mark.parametrize("stack", STACKS)
def test_a_first_preview_of_a_shipped_stack_breaks_no_rule_that_the_finished_stack_keeps(stack: str) -> None:
    plan = recorded_stack(stack)
    report = evaluate(first_preview(plan))
    known = {found.urn + found.rule for found in evaluate(plan).violations}
    assert {found.urn + found.rule for found in report.violations} <= known, lines(report)
    assert {found.rule for found in report.unknown} <= {"gpu-efa-group-talks-to-itself"}


@pytest.mark.parametrize(("type_", "key", "rule"), COMPANIONS, ids=[rule for _, _, rule in COMPANIONS])
@pytest.mark.parametrize("preview", [False, True], ids=["known", "preview"])
def test_a_shipped_stack_without_one_companion_breaks_its_rule(type_: str, key: str, rule: str, preview: bool) -> None:
    views = list(recorded_stack("prod"))
    gone = next(view for view in views if view.type == type_)
    rest = [view for view in views if view is not gone]
    report = evaluate(first_preview(rest) if preview else Plan(rest, stack="prod"), [RULES[rule]])
    found_by = {found.rule for found in report.violations} | {found.rule for found in report.unknown}
    if type_ == s3.BUCKET_LIFECYCLE_CONFIGURATION.token or not preview:
        assert rule in {found.rule for found in report.violations}, lines(report)
    assert rule in found_by, "the loss went unseen"


def test_every_type_that_a_stack_declares_has_a_rule_or_a_reason_for_none() -> None:
    judged = {type_ for rule in all_rules() for type_ in rule.types}
    declared = {view.type for stack in STACKS for view in recorded_stack(stack) if view.custom}
    assert declared - judged == WITHOUT_A_RULE.keys()
