"""Working hours: the crons of the schedules, the request that resizes a pool, the role that may do it, and the priced hours."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.types import iam, scheduler
from infra.base.iam import Scope
from infra.base.section import SettingsError
from infra.money.decide import crons, resize
from infra.money.rights import resize_document, resize_trust
from infra.money.settings import DAYS, WorkingHours
from infra.stack import roles
from infra.stack_file import parse
from tests.infra.recorded_components import recorded_cluster
from tests.support.iam_documents import objections
from tests.support.stacks import config_of, recorded_stack
from tests.support.values import read

SCOPE = Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev")
_CRON = re.compile(r"cron\((\d+) (\d+) \? \* ([A-Z,*-]+) \*\)")


def minutes_of_week(cron: str) -> set[int]:
    """The minutes since Monday at which a cron of EventBridge Scheduler fires, read without the code that wrote the cron."""
    found = _CRON.fullmatch(cron)
    assert found, cron
    names = [name.upper() for name in DAYS]
    days: set[int] = set(range(7)) if found[3] == "*" else set()
    for part in found[3].split(",") if found[3] != "*" else ():
        first, _, last = part.partition("-")
        days |= set(range(names.index(first), names.index(last or first) + 1))
    return {day * 1440 + int(found[2]) * 60 + int(found[1]) for day in days}


WEEK = 7 * 1440
# pydantic builds a section's schema when the first one is made: here, and not within the first example's deadline.
WEEKDAYS = WorkingHours(timezone="UTC")


def minutes_with_nodes(fills: set[int], empties: set[int]) -> int:
    """How many minutes of a week a pool has nodes: those of the second week, which goes on from what the first left."""
    filled_at, minutes = None, 0
    for moment in sorted(week * WEEK + minute for week in (0, 1) for minute in fills | empties):
        if moment % WEEK in empties:
            minutes += max(0, moment - max(filled_at, WEEK)) if filled_at is not None else 0
            filled_at = None
        elif filled_at is None:
            filled_at = moment
    assert filled_at is None, "the last day's end empties the pool"
    return minutes


# 40 examples reach every shape of a list of days; the times are a subtraction.
@settings(max_examples=40)
@given(
    minutes=st.tuples(st.integers(0, 1438), st.integers(1, 1439)).filter(lambda pair: pair[0] < pair[1]),
    days=st.sets(st.sampled_from(DAYS), min_size=1),
)
def test_a_week_of_the_crons_has_as_many_hours_as_are_priced(minutes: tuple[int, int], days: set[str]) -> None:
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)
    hours = WorkingHours(start=start, end=end, days=",".join(day for day in DAYS if day in days), timezone=WEEKDAYS.timezone)
    fills, empties = map(minutes_of_week, crons(hours))
    assert minutes_with_nodes(fills, empties) / 60 == pytest.approx(hours.hours_a_week)


@pytest.mark.parametrize(("days", "hours_a_week"), [("mon-fri", 50), ("sat,sun", 20), ("mon", 10), ("mon-sun", 70)])
def test_days_and_ranges_of_days_have_the_hours_that_they_name(days: str, hours_a_week: int) -> None:
    hours = WorkingHours(start="08:00", end="18:00", days=days, timezone="UTC")
    fills, empties = map(minutes_of_week, crons(hours))
    assert minutes_with_nodes(fills, empties) == hours_a_week * 60
    assert hours.hours_a_week == hours_a_week


def test_the_request_is_of_the_sdk_and_touches_the_number_of_nodes_alone() -> None:
    assert resize("c", "g", 2) == {"ClusterName": "c", "NodegroupName": "g", "ScalingConfig": {"DesiredSize": 2}}


def test_the_role_resizes_these_groups_of_our_cluster_and_only_our_schedules_take_it() -> None:
    (statement,) = resize_document(SCOPE, ["slipway-dev-gpu-"])["Statement"]
    assert statement["Action"] == ["eks:UpdateNodegroupConfig"]
    assert statement["Resource"] == ["arn:aws:eks:us-east-1:123456789012:nodegroup/slipway-dev/slipway-dev-gpu-*/*"]
    (trust,) = resize_trust(SCOPE)["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert objections(resize_document(SCOPE, ["slipway-dev-gpu-"]), kind="identity") == []
    assert objections(resize_trust(SCOPE), kind="trust") == []


def config_with(pools: list[dict[str, Any]], hours: dict[str, Any]) -> dict[str, Any]:
    """Dev's stack file with these pools and hours."""
    config = config_of("dev")
    config["slipway:cluster"] = {"gpuPools": pools}
    config["slipway:cost"]["workingHours"] = hours
    return config


def test_pools_that_may_be_empty_are_emptied_and_those_with_nodes_at_the_start_filled() -> None:
    pools: list[dict[str, Any]] = [
        {"name": "some", "instanceType": "g6.xlarge", "desired": 2, "max": 3},
        {"name": "none", "instanceType": "g6.xlarge"},
        {"name": "kept", "instanceType": "g6.xlarge", "min": 1, "desired": 1},
        {"name": "ours", "instanceType": "p5.48xlarge", "zones": ["us-east-1a"], "reservationId": "cr-0123456789abcdef0"},
    ]
    hours = {"timezone": "Europe/Berlin", "start": "06:30", "days": "mon-thu"}
    recording = recorded_cluster(gpuPools=pools, hours=WorkingHours.model_validate(hours))
    found = {view.name.removeprefix("slipway-dev-"): view for view in recording.of(scheduler.SCHEDULE)}
    assert {name: read(view, "scheduleExpression") for name, view in found.items()} == {
        "some-morning": "cron(30 6 ? * MON-THU *)",
        "some-evening": "cron(0 20 ? * * *)",
        "none-evening": "cron(0 20 ? * * *)",
    }
    asked = json.loads(found["some-morning"].props["target"]["input"])
    assert (asked["ClusterName"], asked["ScalingConfig"]) == ("slipway-dev", {"DesiredSize": 2})
    assert {read(view, "scheduleExpressionTimezone") for view in found.values()} == {"Europe/Berlin"}
    (role,) = [role for role in roles(parse(config_with(pools, hours), stack="dev", source="test")) if role.key == "resize"]
    assert role.document is not None
    assert [arn.split("/")[2] for arn in role.document["Statement"][0]["Resource"]] == [
        "slipway-dev-some-*",
        "slipway-dev-none-*",
    ]


def test_a_stack_hands_its_working_hours_to_its_cluster_and_its_role_to_the_schedules() -> None:
    dev = recorded_stack("dev")
    (schedule,) = dev.of(scheduler.SCHEDULE)
    assert read(schedule, "scheduleExpressionTimezone") == "Europe/Berlin"
    (role,) = [view for view in dev.of(iam.ROLE) if view.name == "slipway-dev-working-hours"]
    assert read(schedule, "target.roleArn") == f"arn:aws:iam::123456789012:role/{role.name}"


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"start": "7:00"}, 'write one in quotes, as "07:00"'),
        ({"start": 420}, 'write one in quotes, as "07:00"'),
        ({"end": "24:00"}, "is no time of day"),
        ({"start": "20:00", "end": "07:00"}, "is not after start 20:00"),
        ({"days": "fri-mon"}, "are no days of the week"),
        ({"days": "mon,mon-fri"}, "names a day twice"),
        ({"timezone": "Europe/Berln"}, "did you mean Europe/Berlin"),
        ({"timezone": "/etc/passwd"}, "is no time zone"),
    ],
    ids=str,
)
def test_wrong_working_hours_are_refused_with_the_way_out(hours: dict[str, Any], words: str) -> None:
    config = config_of("dev")
    config["slipway:cost"]["workingHours"] = {"timezone": "UTC", **hours}
    with pytest.raises(SettingsError) as refused:
        parse(config, stack="dev", source="test")
    assert words in str(refused.value)


def test_hours_that_would_empty_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="empties no pool"):
        parse(
            config_with([{"name": "kept", "instanceType": "g6.xlarge", "min": 1, "desired": 1}], {"timezone": "UTC"}),
            stack="dev",
            source="test",
        )
