"""Today's program declares every resource with data in a recorded state, unless CHANGELOG.md names its loss. No engine runs."""

from __future__ import annotations

from functools import cache
from typing import Any

import pulumi
import pytest

from catalog.types import cloudwatch, ecr, eks, kms, s3, sagemaker, secretsmanager
from catalog.types.every import CARDS
from infra.program import program
from tests.support.recorder import record
from tests.support.stacks import ROOT, STACKS, recorded_stack
from tests.upgrades.changelog import failure_message, replaced, surprises
from tests.upgrades.identity import gone, identity
from tests.upgrades.recorded import Recorded, recorded
from tools.plan.loaders import from_state
from tools.plan.view import Plan
from tools.report.change import Changed

each_state = pytest.mark.parametrize("state", recorded(), ids=str)


@cache
def plan_of(state: Recorded) -> Plan:
    return from_state(state.document(), state.stack)


def gone_in_an_upgrade(state: Recorded) -> tuple[Changed, ...]:
    """The resources of a state that today's program no longer declares with the recorded stack file.

    Today's stack file of that name is tried first, because its stack is recorded already: where it declares every resource, the
    recorded stack file need not be recorded.
    """
    if state.stack in STACKS and not gone(plan_of(state), recorded_stack(state.stack)):
        return ()
    return gone(plan_of(state), record(program, stack=state.stack, config=state.config()))


@each_state
def test_todays_program_declares_all_that_a_release_made_and_that_holds_data(state: Recorded) -> None:
    entries = replaced((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    found = surprises(gone_in_an_upgrade(state), entries, state.release)
    assert not found, failure_message(found, str(state))


@each_state
def test_a_recorded_state_holds_what_a_platform_holds(state: Recorded) -> None:
    there = {CARDS[view.type] for view in plan_of(state) if view.custom}
    wanted = {
        s3.BUCKET,
        kms.KEY,
        eks.CLUSTER,
        eks.NODE_GROUP,
        sagemaker.ENDPOINT,
        secretsmanager.SECRET,
        ecr.REPOSITORY,
        cloudwatch.LOG_GROUP,
    }
    assert wanted <= {card for card in there if card.holds}


def test_identity_is_the_engines_own() -> None:
    state = recorded()[0]
    for view in plan_of(state):
        assert view.urn == f"urn:pulumi:{state.stack}::slipway::{identity(view, plan_of(state))}"


class Lake(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:data:Lake", name, {}, opts)


def bucket(name: str, **options: Any) -> None:
    pulumi.CustomResource("aws:s3/bucket:Bucket", name, {}, pulumi.ResourceOptions(**options))


def names_gone(before: Any, after: Any) -> list[str]:
    return [one.name for one in gone(record(before), record(after))]


def test_a_renamed_a_moved_and_a_dropped_resource_are_gone() -> None:
    assert names_gone(lambda: bucket("raw"), lambda: bucket("raw-data")) == ["raw"]
    assert names_gone(lambda: bucket("raw"), lambda: bucket("raw", parent=Lake("lake"))) == ["raw"]
    assert names_gone(lambda: bucket("raw"), lambda: None) == ["raw"]
    assert names_gone(lambda: bucket("raw"), lambda: bucket("raw")) == []


def test_resources_with_aliases_are_left_to_the_engine() -> None:
    assert names_gone(lambda: bucket("raw"), lambda: bucket("new", aliases=[pulumi.Alias(name="raw")])) == []
    moved = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])
    assert names_gone(lambda: bucket("raw", parent=Lake("old")), lambda: bucket("raw", parent=Lake("new", moved))) == []
