"""docs/json.md describes the types, and the verbs print documents of these types."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.documents import check_answer, faults, verb_of
from tools.cli.app import VERBS, load
from tools.cli.json_docs import keys, page
from tools.engine.home import REPOSITORY
from tools.flows.documents.catalogue import PRINTED
from tools.flows.documents.policy import PolicyDocument
from tools.flows.documents.run import ResourceDocument

PAGE = page()


def test_the_page_is_written_from_the_types() -> None:
    written = (REPOSITORY / "docs" / "json.md").read_text(encoding="utf-8")
    assert written == PAGE, "write it anew: .venv/bin/python -m tools.cli.json_docs > docs/json.md"


def test_every_verb_and_every_command_of_a_group_is_described() -> None:
    commands = {
        f"{verb.name} {command}" if verb.group else verb.name
        for verb in VERBS
        for command in (load(verb).commands if verb.group else [""])
    }
    assert {row.verb for row in PRINTED} == commands


def test_every_key_has_a_description_and_every_link_a_heading() -> None:
    cells = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(cells) > 250
    assert not [cell[0] for cell in cells if not cell[-1].removesuffix(" |").strip()]
    headings = [line.lstrip("# ").replace("`", "").replace(" ", "-") for line in PAGE.splitlines() if line.startswith("#")]
    assert len(headings) == len(set(headings)), "two headings would have one address"
    assert set(re.findall(r"\(#([\w-]+)\)", PAGE)) <= {heading.lower() for heading in headings}


@pytest.mark.parametrize("name", ["exceptions", "off", "custom", "properties", "because", "drift", "preflight", "hints", "error"])
def test_a_key_that_was_undescribed_in_earlier_releases_is_on_the_page(name: str) -> None:
    assert f"| `{name}`" in PAGE


POLICY: dict[str, Any] = {"rules": 1, "evaluated": 1, "violations": [], "unknown": [], "exceptions": [], "off": ["a"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rules": "1"}, ".rules: '1' is no int"),
        ({"rules": True}, ".rules: True is no int"),
        ({"extra": 1}, ".extra: not described"),
        ({"off": [1]}, ".off[0]: 1 is no str"),
        ({"violations": [{"rule": "r", "level": "odd", "urn": "u", "message": "m"}]}, ".violations[0].level: 'odd' is none of"),
    ],
)
def test_a_document_that_differs_from_its_type_is_a_fault(change: dict[str, Any], said: str) -> None:
    assert list(faults(POLICY, PolicyDocument)) == []
    (fault,) = faults(POLICY | change, PolicyDocument)
    assert fault.startswith(said)
    with pytest.raises(AssertionError, match=r"docs/json\.md"):
        check_answer(["check", "--json"], str(POLICY | change).replace("'", '"').replace("True", "true"))


def test_a_missing_required_key_is_a_fault() -> None:
    assert list(faults({key: value for key, value in POLICY.items() if key != "off"}, PolicyDocument)) == [".off: not there"]
    assert {key.name for key in keys(ResourceDocument) if not key.always} == {"properties", "because"}


def test_a_verb_of_two_words_is_preferred_to_its_first_word() -> None:
    assert verb_of(["cost", "refresh", "--json"]) == "cost refresh"
    assert verb_of(["cost", "prod"]) == "cost"
    assert verb_of(["nonsense"]) == ""
