"""The alarms of a stack and its dashboard."""

from __future__ import annotations

import pytest

from catalog.types import cloudwatch
from infra.watch.decide import dashboard_body
from tests.support.stacks import STACKS, recorded_stack


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_has_an_action(stack: str) -> None:
    recording = recorded_stack(stack)
    silent = [view.name for view in recording.of(cloudwatch.METRIC_ALARM) if not view.props.get("alarmActions")]
    assert not silent


@pytest.mark.parametrize("stack", STACKS)
def test_alarm_names_are_unique(stack: str) -> None:
    names = [view.props["name"] for view in recorded_stack(stack).of(cloudwatch.METRIC_ALARM)]
    assert len(names) == len(set(names)), "AWS takes the second for the first and changes it"


def test_the_dashboard_shows_every_endpoint_and_its_widgets_do_not_overlap() -> None:
    widgets = dashboard_body("us-east-1", ("one", "two"), "slipway-dev")["widgets"]
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(places) == len(set(places))
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets), "a dashboard is 24 wide"
    titles = " ".join(widget["properties"]["title"] for widget in widgets)
    assert "one: invocations" in titles
    assert "two: errors" in titles
