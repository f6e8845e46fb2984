"""What `check --json` prints, and `preview`, `up` under `policy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, cast

if TYPE_CHECKING:
    from policies.rule import Rule

Level = Literal["mandatory", "advisory"]


class ViolationDocument(TypedDict):
    """A rule that a resource breaks."""

    rule: Annotated[str, "The rule's id; `slipway check --list` has them all."]
    level: Annotated[Level, "`mandatory` blocks `up` (exit code 3), `advisory` does not."]
    urn: Annotated[str, "The resource; of an exception that is over or covers nothing, its place in the stack file."]
    message: Annotated[str, "What is wrong, the value, and the way out."]


class UndecidedDocument(TypedDict):
    """A rule that only `up` can decide on a resource."""

    rule: Annotated[str, "The rule's id."]
    urn: Annotated[str, "The resource."]
    property: Annotated[str, "The property whose value is not known before `up`."]


class ExceptedDocument(TypedDict):
    """A rule that a resource breaks and that an exception of the stack file covers."""

    rule: Annotated[str, "The rule's id."]
    level: Annotated[Level, "The rule's level; it does not block while the exception lasts."]
    urn: Annotated[str, "The resource."]
    message: Annotated[str, "What is wrong."]
    who: Annotated[str, "Who agreed to it, from the stack file."]
    why: Annotated[str, "Why, from the stack file."]
    until: Annotated[str, "The last day of the exception, as 2027-01-31."]


class PolicyDocument(TypedDict):
    """The policies' verdict over a plan."""

    rules: Annotated[int, "How many rules were evaluated."]
    evaluated: Annotated[int, "How many resources they looked at."]
    violations: Annotated[list[ViolationDocument], "The rules that are broken."]
    unknown: Annotated[list[UndecidedDocument], "The rules that wait for `up`."]
    exceptions: Annotated[list[ExceptedDocument], "What slipway:policies.exceptions of the stack file excuses."]
    off: Annotated[list[str], "The ids of the rules that slipway:policies.severity of the stack file switches off."]


class RuleDocument(TypedDict):
    """One rule of the pack."""

    id: Annotated[str, "The rule's id."]
    severity: Annotated[Level, "Its level where the stack file does not change it."]
    types: Annotated[list[str], "The resource types that it judges; `*` for every type."]
    why: Annotated[str, "What goes wrong without it."]
    fix: Annotated[str, "How to mend what it finds."]
    frameworks: Annotated[list[str], "The controls of published frameworks that ask for the same."]
    anchors: Annotated[list[str], "The same rule in other tools, by their ids."]


def rule_document(rule: Rule) -> RuleDocument:
    """The document of one rule."""
    return cast(RuleDocument, {key: getattr(rule, key) for key in RuleDocument.__annotations__})
