"""The base of components registers every output that a class annotates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pytest

from infra.base.component import Component, output_names
from tests.support.recorder import record


@dataclass(frozen=True, kw_only=True)
class Args:
    """Whether the component sets all of its outputs."""

    complete: bool = True


class Thing(Component[Args], token="slipway:test:Thing"):
    """A component with an output of each kind, and two attributes that are no outputs."""

    plain_arn: pulumi.Output[str]
    by_name: dict[str, pulumi.Output[str]]
    in_order: list[pulumi.Output[str]]
    perhaps: pulumi.Output[str] | None
    zones: tuple[str, ...]

    def declare(self, args: Args) -> None:
        value = pulumi.Output.from_input("x")
        self.by_name, self.in_order, self.perhaps, self.zones = {"a": value}, [value], None, ("a",)
        self.handed_on = value
        if args.complete:
            self.plain_arn = value

    def named_outputs(self) -> Mapping[str, str]:
        return {"digitsDigest": "0"}


def test_the_outputs_of_a_class_are_what_it_annotates_with_output() -> None:
    assert output_names(Thing) == ["plain_arn", "by_name", "in_order", "perhaps"]


def test_annotated_outputs_are_registered_in_camel_case_without_those_that_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registered: list[Mapping[str, object]] = []
    monkeypatch.setattr(Thing, "register_outputs", lambda self, outputs: registered.append(outputs))
    record(lambda: Thing("thing", Args()) and None)
    assert [set(outputs) for outputs in registered] == [{"plainArn", "byName", "inOrder", "digitsDigest"}]


def test_an_output_that_is_not_set_on_every_path_fails_an_assertion_that_names_it() -> None:
    with pytest.raises(AssertionError, match="Thing annotates plain_arn and does not set it"):
        record(lambda: Thing("thing", Args(complete=False)) and None)


def test_a_component_is_registered_under_the_token_of_its_class() -> None:
    (view,) = record(lambda: Thing("thing", Args()) and None).resources
    assert view.type == "slipway:test:Thing"
