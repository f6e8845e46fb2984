"""The SDK's own analyzer, called as the engine calls it, answers the same when it decodes each resource once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pulumi_policy.policy as sdk
import pytest
from google.protobuf import json_format
from pulumi.runtime import proto

from policies.adapter import policies
from policies.once import OF_MESSAGES, PLAIN, once, read_once
from policies.overrides import Overrides
from policies.rules import all_rules
from tests.policies.plans import WORLD, plan_of
from tools.plan.view import UNKNOWN, Secret

UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def sent(value: Any) -> Any:
    """A property as the engine sends it."""
    if isinstance(value, Secret):
        return sent(value.value)
    if isinstance(value, dict):
        return {key: sent(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [sent(item) for item in value]
    return UNKNOWN_TEXT if value is UNKNOWN else value


def answers() -> list[Any]:
    """The pack's answers on every fourth resource of the valid stack, asked about one by one and then as a stack."""
    servicer = object.__new__(sdk._PolicyAnalyzerServicer)  # its constructor would start a server
    attributes = {
        "policy_pack_name": "slipway",
        "policy_pack_version": "0",
        "policies": policies(list(all_rules()), Overrides.read({}), date(2026, 11, 26)),
        "policy_pack_enforcement_level": sdk.EnforcementLevel.ADVISORY,
        "initial_config": None,
        "policy_pack_config": {},
        "policy_pack_config_enforcement_level": {},
        "stack_tags": {},
    }
    for name, value in attributes.items():
        setattr(servicer, f"_PolicyAnalyzerServicer__{name}", value)
    resources = [
        {"type": view.type, "urn": view.urn, "name": view.name, "properties": sent(dict(view.props))}
        for view in list(plan_of(WORLD, stack="dev"))[::4]
    ]
    requests = [json_format.ParseDict(one, proto.AnalyzeRequest()) for one in resources]
    whole = json_format.ParseDict({"resources": resources}, proto.AnalyzeStackRequest())
    return [*(servicer.Analyze(one, None) for one in requests), servicer.AnalyzeStack(whole, None)]


@pytest.fixture
def restored_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PLAIN, "json_format"):
        monkeypatch.setattr(sdk, name, getattr(sdk, name))


def test_a_resource_decoded_once_is_judged_as_one_decoded_for_every_rule(restored_sdk: None) -> None:
    before = answers()
    assert read_once(), "the SDK has other names now: see policies/once.py"
    after = answers()
    assert sum(len(one.diagnostics) for one in after) > 0
    assert after == before


def test_an_sdk_that_has_other_names_is_left_as_it_is(restored_sdk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sdk, PLAIN[0])
    whole = getattr(sdk, "json_format")  # noqa: B009 the SDK does not export it
    assert not read_once()
    assert getattr(sdk, "json_format") is whole  # noqa: B009
    assert hasattr(whole, OF_MESSAGES)


def test_an_answer_is_repeated_for_the_same_object_only() -> None:
    copied_values: list[Any] = []

    def copy(value: list[str]) -> list[str]:
        copied_values.append(value)
        return list(value)

    copied = once(copy)
    one, two = ["a"], ["a"]
    assert copied(one) is copied(one)
    assert copied(two) is not copied(one)
    assert len(copied_values) == 2
