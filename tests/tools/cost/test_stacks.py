"""The plan of every stack file is priced whole, with the same price whether ids are known (a state) or not (a first preview)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.recorder import Recording
from tests.support.stacks import STACKS, config_of, recorded_stack
from tools.cost import estimate
from tools.plan.view import UNKNOWN, Plan


def recorded(stack: str) -> tuple[Recording, dict[str, Any]]:
    return recorded_stack(stack), config_of(stack)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_a_stack_declares_is_unpriced(stack: str) -> None:
    plan, config = recorded(stack)
    report = estimate(plan, region=config["aws:region"])
    assert [item.to_json() for item in report.unpriced] == []
    assert {item.urn for item in report.lines} == {
        view.urn for view in plan if view.custom and not view.type.startswith("pulumi:")
    }


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_costs_the_same_before_and_after_its_ids_are_known(stack: str) -> None:
    plan, config = recorded(stack)
    ids = {view.id for view in plan if view.id}

    def hidden(value: Any) -> Any:
        if isinstance(value, str):
            return UNKNOWN if value in ids else value
        if isinstance(value, dict):
            return {key: hidden(item) for key, item in value.items()}
        return [hidden(item) for item in value] if isinstance(value, list) else value

    first = Plan([replace(view, id="", props=hidden(view.props)) for view in plan])
    known, unknown = (estimate(views, region=config["aws:region"]) for views in (plan, first))
    assert (unknown.monthly_usd, unknown.max_usd) == (known.monthly_usd, known.max_usd)


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_stays_under_its_own_ceiling(stack: str) -> None:
    plan, config = recorded(stack)
    assert not estimate(plan, region=config["aws:region"], ceiling_usd=config["slipway:cost"]["ceilingMonthlyUsd"]).over_ceiling
