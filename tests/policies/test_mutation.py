"""The cases notice changed conditions: a fifteenth of the mutants here, all by `python -m tests.policies.mutation`."""

from __future__ import annotations

import ast

import pytest

from tests.policies.equivalents import EQUIVALENT
from tests.policies.mutants import Source
from tests.policies.mutation import targets

TARGETS = targets()
STEP = 15


def test_a_fifteenth_of_the_mutants_of_every_family_is_killed() -> None:
    survivors = [
        mutant.name
        for target in TARGETS
        for mutant in target.mutants[::STEP]
        if mutant.name not in EQUIVALENT and not target.kills(mutant)
    ]
    assert survivors == []


def test_no_assertion_fails_with_a_module_as_it_is() -> None:
    """This holds also after the module's mutants: a mutant that left something behind would kill all those after it."""
    assert [target.source.module for target in TARGETS if target.kills(None, step=STEP)] == []


def test_every_mutant_that_is_excused_exists() -> None:
    assert EQUIVALENT.keys() - {mutant.name for target in TARGETS for mutant in target.mutants} == set()


def test_every_mutant_has_a_name_of_its_own() -> None:
    names = [mutant.name for target in TARGETS for mutant in target.mutants]
    assert len(names) == len(set(names)) > 2000


def changes(text: str) -> set[str]:
    return {mutant.label for mutant in Source.of("m", text).mutants()}


@pytest.mark.parametrize(
    ("condition", "changed"),
    [
        ("x == 1", {"x == 1 -> x != 1", "1 -> 2"}),
        ("x < y", {"x < y -> x >= y", "x < y -> x <= y"}),
        ("x and y", {"x and y -> x or y"}),
        ("not x", {"not x -> x"}),
        ("any(x)", {"any(x) -> all(x)"}),
        ("a.flag('path')", {"'path' -> 'pathx'"}),
        (
            "0 < x < y",
            {
                "0 < x < y -> 0 >= x < y",
                "0 < x < y -> 0 <= x < y",
                "0 < x < y -> 0 < x >= y",
                "0 < x < y -> 0 < x <= y",
                "0 -> 1",
            },
        ),
    ],
)
def test_a_condition_is_changed_in_every_way(condition: str, changed: set[str]) -> None:
    assert changes(f"def f(x, y):\n    return {condition}\n") == changed


def test_messages_docstrings_and_annotations_have_no_mutants() -> None:
    assert changes(
        'def f(x: "A" = 1) -> "B":\n    """Says."""\n    return Fail(f"bad {x == 1}") if x else Unknown("path")\n'
    ) == {
        "Fail(f'bad {x == 1}') -> PASS",
        "x -> not x",
    }


def test_a_mutant_is_gone_when_its_block_is_left() -> None:
    source = Source.of("m", "def f(x):\n    return x == 1\n")
    before = ast.dump(source.tree)
    for mutant in source.mutants():
        with mutant.in_place():
            assert ast.dump(source.tree) != before
        assert ast.dump(source.tree) == before
