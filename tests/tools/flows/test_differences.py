"""The differences of an updated resource: values by the engine's paths, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.engine.events import Step
from tools.flows.documents.differences import LONGEST, properties
from tools.flows.documents.run import resource_entry
from tools.plan.view import ENGINE_UNKNOWN, SECRET_SIGNATURE, SPECIAL_KEY

SECRET = {SPECIAL_KEY: SECRET_SIGNATURE, "value": "hunter2"}


@pytest.mark.parametrize(
    ("path", "before", "after", "told"),
    [
        ("tags.Owner", {"tags": {"Owner": "a"}}, {"tags": {"Owner": "b"}}, {"old": "a", "new": "b"}),
        ('tags["a.b"]', {"tags": {"a.b": 1}}, {"tags": {"a.b": True}}, {"old": "1", "new": "true"}),
        ("rules[1].on", {"rules": [{}, {"on": [1]}]}, {"rules": [{}]}, {"old": "[1]"}),
        ("vpcId", {"vpcId": "vpc-1"}, {"vpcId": ENGINE_UNKNOWN}, {"old": "vpc-1", "new": "[unknown]"}),
        ("ids", {"ids": []}, {"ids": [ENGINE_UNKNOWN]}, {"old": "[]", "new": '["[unknown]"]'}),
        ("password", {"password": SECRET}, {"password": "seen"}, {}),
        ("env.a", {"env": SECRET}, {"env": {"a": "seen"}}, {}),
        ("env", {"env": {"a": "seen"}}, {"env": {"a": [SECRET]}}, {}),
        ("value", {"value": "seen"}, {"value": "[secret]"}, {}),
        ("doc", {"doc": '{"a": "[secret]", "b": "seen"}'}, {}, {}),
    ],
)
def test_old_and_new_values_are_shown_where_nothing_is_secret(path: str, before: Any, after: Any, told: dict[str, str]) -> None:
    assert properties([path], before, after) == [{"path": path, **told}]


def test_a_long_value_is_cut() -> None:
    (entry,) = properties(["a"], {"a": "x" * 5000}, {"a": "y"})
    assert len(entry["old"]) == LONGEST


def test_a_replaced_resource_names_the_property_that_forces_it_and_an_unchanged_one_none() -> None:
    step = Step(
        urn="u::n", type="t", op="replace", inputs={"a": 2, "s": SECRET}, before={"a": 1}, diffs=("a", "s"), replaces=("a",)
    )
    entry = resource_entry(step)
    assert (entry["properties"], entry["because"]) == ([{"path": "a", "old": "1", "new": "2"}, {"path": "s"}], ["a"])
    assert "hunter2" not in json.dumps(entry)
    assert set(resource_entry(Step(urn="u::n", type="t", op="same"))) == {"urn", "type", "name", "op", "custom"}
