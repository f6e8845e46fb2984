"""What a run changes, as lines: one a resource where they are few, one a component where they are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tools.report.change import data_lost

if TYPE_CHECKING:
    from tools.engine.events import Step
    from tools.engine.runs import RunResult

MARKS: Final = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}
# More creates or deletes than this are told by component: a first `up` has hundreds.
LISTED: Final = 12
# Properties of an update, and kinds of a component, that fit a line.
_NAMED: Final = 6
# Past, for what is done; `to ...` for what is planned; and a refresh finds what others did.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "preview": {op: f"to {op}" for op in MARKS},
    "up": {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"},
    "refresh": {"create": "found", "update": "changed in the cloud", "replace": "replaced", "delete": "gone from the cloud"},
}


def lines(result: RunResult, *, verbose: bool = False) -> Iterator[tuple[str, str, str]]:
    """(operation, what, detail) of each line, replacements first. Components stand for no change of their own.

    What holds data is always told by name when it goes, and what goes with it.
    """
    steps = [step for step in result.steps if step.custom]
    parents = {step.urn: step for step in result.steps}
    for op in ("replace", "update", "delete", "create"):
        of_this_op = [step for step in steps if step.op == op]
        many = len(of_this_op) > LISTED and op in ("create", "delete") and not verbose
        named = [step for step in of_this_op if data_lost(step.type, op) or not many]
        named.sort(key=lambda step: not data_lost(step.type, op))
        yield from ((op, step.name, f"{step.type}{_why(step)}") for step in named)
        if many:
            rest = [step for step in of_this_op if not data_lost(step.type, op)]
            yield from ((op, component, detail) for component, detail in _by_component(rest, parents))


def summary(result: RunResult) -> str:
    """`3 created, 1 updated, 166 unchanged`, in the tense of the verb; resources only, as a cloud counts them."""
    counts = Counter(step.op for step in result.steps if step.custom)
    words = _WORDS.get(result.verb, _WORDS["preview"])
    parts = [f"{counts[op]} {words[op]}" for op in MARKS if counts[op]]
    return f"{', '.join(parts) or 'no changes'}, {counts['same']} unchanged"


def _by_component(steps: list[Step], parents: Mapping[str, Step]) -> Iterator[tuple[str, str]]:
    """Each component that stands directly under the stack, with how many of which kinds it has, in plan order."""
    kinds: dict[str, Counter[str]] = {}
    for step in steps:
        kinds.setdefault(_component(step, parents), Counter())[step.type.rpartition(":")[2]] += 1
    for component, counted in kinds.items():
        common = [f"{kind} x{count}" if count > 1 else kind for kind, count in counted.most_common(_NAMED)]
        rest = counted.total() - sum(count for _, count in counted.most_common(_NAMED))
        yield component, f"{counted.total():3d}  {', '.join(common)}{f', {rest} more' if rest else ''}"


def _component(step: Step, parents: Mapping[str, Step]) -> str:
    """The name of the outermost component around a resource, by its type: `Network` of `slipway:network:Network`."""
    found = ""
    above = parents.get(step.parent)
    while above is not None:
        found = found if above.custom else above.type.rpartition(":")[2]
        above = parents.get(above.parent)
    return found or "Stack"


def _why(step: Step) -> str:
    if step.op in ("replace", "delete"):
        because = f"because of {', '.join(step.replaces[:_NAMED])}" if step.op == "replace" and step.replaces else ""
        loses = f"loses {gone}" if (gone := data_lost(step.type, step.op)) else ""
        return f"  {'; '.join(filter(None, (because, loses)))}".rstrip()
    if step.op != "update" or not step.diffs:
        return ""
    more = len(step.diffs) - _NAMED
    return f"  {', '.join(step.diffs[:_NAMED])}{f' and {more} more' if more > 0 else ''}"
