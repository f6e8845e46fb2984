"""Working hours: from two times and some days to crons, calls, a role that may do nothing else, and hours that are paid."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.types import iam, scheduler
from infra.base.iam import Scope
from infra.base.section import SettingsError
from infra.money.decide import crons, resize
from infra.money.rights import resize_document, resize_trust
from infra.money.settings import DAYS, WorkingHours
from infra.program import program
from infra.stack_file import parse
from tests.support.iam_documents import objections
from tests.support.recorder import Recording, record
from tests.support.stacks import config_of
from tests.support.values import read

SCOPE = Scope(account_id="123456789012", region="us-east-1", prefix="slipway-dev", environment="dev")
_CRON = re.compile(r"cron\((\d+) (\d+) \? \* ([A-Z,*-]+) \*\)")


def minutes_of_week(cron: str) -> set[int]:
    """When a cron of EventBridge Scheduler goes off, in minutes since Monday: read on its own, not by what wrote it."""
    found = _CRON.fullmatch(cron)
    assert found, cron
    names = [name.upper() for name in DAYS]
    days: set[int] = set(range(7)) if found[3] == "*" else set()
    for part in found[3].split(",") if found[3] != "*" else ():
        first, _, last = part.partition("-")
        days |= set(range(names.index(first), names.index(last or first) + 1))
    return {day * 1440 + int(found[2]) * 60 + int(found[1]) for day in days}


@given(
    minutes=st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda pair: pair[0] < pair[1]),
    days=st.sets(st.sampled_from(DAYS), min_size=1),
)
def test_a_week_of_the_crons_has_as_many_hours_as_are_priced(minutes: tuple[int, int], days: set[str]) -> None:
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)
    hours = WorkingHours(start=start, end=end, days=",".join(day for day in DAYS if day in days), timezone="UTC")
    fills, empties = map(minutes_of_week, crons(hours))
    on, running = 0, False
    for minute in range(2 * 10080):  # the second week goes on from what the first left
        running = (running or minute % 10080 in fills) and minute % 10080 not in empties
        on += running and minute >= 10080
    assert on / 60 == pytest.approx(hours.hours_a_week)


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


def declared(pools: list[dict[str, Any]], **hours: Any) -> Recording:
    config = config_of("dev")
    config["slipway:cluster"] = {"gpuPools": pools}
    config["slipway:cost"]["workingHours"] = {"timezone": "Europe/Berlin", **hours}
    return record(program, stack="dev", config=config)


def test_pools_that_may_be_empty_are_emptied_and_those_with_nodes_at_the_start_filled() -> None:
    pools: list[dict[str, Any]] = [
        {"name": "some", "instanceType": "g6.xlarge", "desired": 2, "max": 3},
        {"name": "none", "instanceType": "g6.xlarge"},
        {"name": "kept", "instanceType": "g6.xlarge", "min": 1, "desired": 1},
        {"name": "ours", "instanceType": "p5.48xlarge", "zones": ["us-east-1a"], "reservationId": "cr-0123456789abcdef0"},
    ]
    recording = declared(pools, start="06:30", days="mon-thu")
    found = {view.name.removeprefix("slipway-dev-"): view for view in recording.of(scheduler.SCHEDULE)}
    assert {name: read(view, "scheduleExpression") for name, view in found.items()} == {
        "some-morning": "cron(30 6 ? * MON-THU *)",
        "some-evening": "cron(0 20 ? * * *)",
        "none-evening": "cron(0 20 ? * * *)",
    }
    asked = json.loads(found["some-morning"].props["target"]["input"])
    assert (asked["ClusterName"], asked["ScalingConfig"]) == ("slipway-dev", {"DesiredSize": 2})
    assert {read(view, "scheduleExpressionTimezone") for view in found.values()} == {"Europe/Berlin"}
    (policy,) = [view for view in recording.of(iam.ROLE_POLICY) if view.name == "slipway-dev-working-hours"]
    assert [arn.split("/")[2] for arn in json.loads(policy.props["policy"])["Statement"][0]["Resource"]] == [
        "slipway-dev-some-*",
        "slipway-dev-none-*",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
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
def test_hours_that_cannot_be_meant_are_refused_with_the_way_out(given: dict[str, Any], said: str) -> None:
    config = config_of("dev")
    config["slipway:cost"]["workingHours"] = {"timezone": "UTC", **given}
    with pytest.raises(SettingsError) as refused:
        parse(config, stack="dev", source="test")
    assert said in str(refused.value)


def test_hours_that_would_empty_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="empties no pool"):
        declared([{"name": "kept", "instanceType": "g6.xlarge", "min": 1, "desired": 1}])
