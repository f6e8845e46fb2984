"""The changes from outside that the steps of a refresh show."""

from __future__ import annotations

from typing import Any

import pytest

from tools.engine.drift import Property, drift
from tools.engine.events import Step
from tools.flows.documents.run import drift_document
from tools.plan.view import SECRET_SIGNATURE, SPECIAL_KEY

URN = "urn:pulumi:prod::slipway::aws:s3/bucket:Bucket::raw"


def step(op: str = "update", **more: Any) -> Step:
    return Step(urn=URN, type="aws:s3/bucket:Bucket", op=op, **more)


@pytest.mark.parametrize(
    ("path", "old", "new", "was", "now"),
    [
        ("tags.Owner", {"tags": {"Owner": "a"}}, {"tags": {"Owner": "b"}}, "a", "b"),
        ('tags["team.name"]', {"tags": {"team.name": "a"}}, {"tags": {"team.name": "b"}}, "a", "b"),
        ("tags.team.name", {"tags": {"team.name": "a"}}, {"tags": {"team.name": "b"}}, "a", "b"),
        ("ingress[1].fromPort", {"ingress": [{}, {"fromPort": 1}]}, {"ingress": [{}, {"fromPort": 2}]}, 1, 2),
        ("tags.New", {"tags": {}}, {"tags": {"New": "x"}}, None, "x"),
        ("ingress[1]", {"ingress": [1, 2]}, {"ingress": [1]}, 2, None),
        ("tags", {}, {"tags": {"New": "x"}}, None, {"New": "x"}),
    ],
)
def test_a_change_has_the_value_of_the_state_and_that_of_the_cloud(path: str, old: Any, new: Any, was: Any, now: Any) -> None:
    (found,) = drift([step(diffs=(path,), before=old, inputs=new)])
    assert found.properties == (Property(path=path, was=was, now=now),)


def test_a_change_of_a_computed_property_is_found_in_the_outputs() -> None:
    (found,) = drift([step(before_outputs={"version": "1", "arn": "a"}, outputs={"version": "2", "arn": "a"})])
    assert found.properties == (Property(path="version", was="1", now="2"),)


def test_a_resource_that_is_gone_is_listed_as_deleted_and_an_unchanged_one_is_not_listed() -> None:
    (found,) = drift([step("same"), step("delete", before={"bucket": "b"}), step("delete", custom=False)])
    assert (found.urn, found.op, found.properties) == (URN, "delete", ())


def test_a_secret_that_changed_is_named_and_not_shown() -> None:
    old, new = ({SPECIAL_KEY: SECRET_SIGNATURE, "value": value} for value in ("hunter2", "hunter3"))
    document = drift_document(drift([step(diffs=("password",), before={"password": old}, inputs={"password": new})]))
    assert document[0]["properties"] == [{"path": "password", "was": "[secret]", "now": "[secret]"}]
    assert "hunter" not in str(document)
