"""The form of the files: their length, and constants that are written once. Part of `./slipway lint`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import pytest

from tests.tree.code import BESIDE, ROOMS, Constant, constants_of, sources

LINES_LIMIT: Final = 400
# A name that every file of its kind has, and what it stands for there.
CONVENTIONS: Final[Mapping[str, str]] = {
    "CARDS": "the cards of a service's types (catalog)",
    "ROWS": "the rows of a service's types (local cloud, cost)",
    "EXTRAS": "what a service of the local cloud does that moto does not",
    "RECORDED": "the kinds that a service of the local cloud records",
}
# In these folders a constant is read with its module's name: `s3.BUCKET` is the card of a bucket, `jobs.METRICS` a limit.
QUALIFIED: Final = ("catalog/", "localcloud/services/")
# What stands on both sides of a container's wall, because workloads import nothing of ours; written twice, and equal.
BOTH_SIDES: Final = frozenset(
    {
        "CONTRACT_ROOT",
        "CONTENT_TYPE",
        "MODEL_CHANNEL",
        "OWN_PATHS",
        "PROGRAM",
        "PYTHON_VARIABLE",
        "REPORT",
        "SDK_PREFIX",
        "SPLITS",
        "SUBMIT_DIRECTORY",
    }
)


@pytest.mark.parametrize("folder", [*ROOMS, *BESIDE])
def test_no_file_is_longer_than_the_ceiling(folder: str) -> None:
    long = [f"{source.place}: {source.lines} lines" for source in sources(folder) if source.lines > LINES_LIMIT]
    assert not long, f"over {LINES_LIMIT}; which decision in it wants a file of its own?\n" + "\n".join(long)


def test_a_constant_has_one_meaning_in_the_whole_tree() -> None:
    """A public name is one room's. Another room imports it, takes another name, or keeps its own behind an underscore."""
    wrong = [
        f"{name}: {', '.join(sorted({constant.place for constant in found}))}"
        for name, found in sorted(by_name(every_constant()).items())
        if not name.startswith("_")
        and name not in (*CONVENTIONS, *BOTH_SIDES)
        and len({room_of(constant) for constant in found if not constant.place.startswith(QUALIFIED)}) > 1
    ]
    assert not wrong, "\n".join(wrong)


def test_a_fact_is_written_once() -> None:
    """The same value under the same name, public or not, in two rooms is one fact that two places decide."""
    wrong = []
    for name, found in sorted(by_name(every_constant(), bare=True).items()):
        values = defaultdict(set)
        for constant in found:
            if constant.literal and not trivial(constant.value):
                values[constant.value].add(constant)
        wrong += [
            f"{name} = {value[:60]}: {', '.join(sorted(constant.place for constant in same))}"
            for value, same in values.items()
            if len({room_of(constant) for constant in same}) > 1 and name not in BOTH_SIDES
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(BOTH_SIDES))
def test_what_stands_on_both_sides_of_a_containers_wall_is_the_same(name: str) -> None:
    found = [constant for constant in every_constant() if constant.name == name]
    inside = {constant.value for constant in found if constant.place.startswith("workloads/")}
    assert inside
    assert {constant.value for constant in found} <= inside


def every_constant() -> list[Constant]:
    return [constant for room in ROOMS for source in sources(room) for constant in constants_of(source)]


def by_name(constants: Iterable[Constant], *, bare: bool = False) -> Mapping[str, list[Constant]]:
    found: dict[str, list[Constant]] = defaultdict(list)
    for constant in constants:
        found[constant.name.lstrip("_") if bare else constant.name].append(constant)
    return found


def room_of(constant: Constant) -> str:
    """The room of a constant: a top folder, and in `tools` the folder below it."""
    parts = constant.place.split("/")
    return "/".join(parts[:2]) if parts[0] == "tools" else parts[0]


def trivial(value: str) -> bool:
    """Whether a value says too little to be one fact: a small number, an empty collection, a flag."""
    return value in {"True", "False", "None", "''", "()", "{}", "[]"} or value.replace(".", "").replace("-", "").isdigit()
