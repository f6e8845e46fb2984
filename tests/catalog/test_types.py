"""The cards: one for each resource type, complete, and true to the provider."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import catalog.types
from catalog.types.card import Card
from catalog.types.every import CARDS, STORES
from localcloud.services.gathered import all_rows
from tests.support.aws_sdk import inputs_of
from tests.support.stacks import STACKS, recorded_stack
from tools.cost.rows import ROWS

OF_AWS = [card for token, card in CARDS.items() if token.startswith("aws:")]


def test_every_type_has_one_card_and_each_file_lists_all_of_its_own() -> None:
    files = sorted(path.stem for path in Path(catalog.types.__path__[0]).glob("*.py"))
    services = [importlib.import_module(f"catalog.types.{name}") for name in files if name not in ("__init__", "card", "every")]
    wrong = [
        f"{service.__name__}: {sorted(name for name, value in vars(service).items() if isinstance(value, Card))}"
        for service in services
        if [value for value in vars(service).values() if isinstance(value, Card)] != list(service.CARDS)
    ]
    assert wrong == [], "CARDS of a file has every card of it, in the file's order"
    listed = [card.token for service in services for card in service.CARDS]
    assert sorted(listed) == sorted(CARDS), "catalog/types/every.py gathers every file, and no token has two cards"


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_that_a_stack_declares_has_a_card(stack: str) -> None:
    ours = {view.type for view in recorded_stack(stack) if not view.type.startswith("slipway:")}
    assert sorted(ours - set(CARDS)) == []


def test_every_type_of_the_aws_provider_is_one_of_its_sdk() -> None:
    assert [card.token for card in OF_AWS if not inputs_of(card.token)] == []


def test_the_properties_that_a_card_names_are_those_of_the_sdk() -> None:
    wrong = []
    for card in OF_AWS:
        named = {card.name, card.rights.name if card.rights else "", *(points.path.partition(".")[0] for points in card.points)}
        wrong += [f"{card.token}.{name}" for name in sorted(named - {""}) if name not in inputs_of(card.token)]
        wrong += [f"{card.token} takes no tags"] if card.taggable and "tags" not in inputs_of(card.token) else []
    assert wrong == []


def test_what_a_card_points_to_has_a_card() -> None:
    assert [points.to for card in CARDS.values() for points in card.points if points.to not in CARDS] == []


def test_a_quota_names_properties_of_its_type_and_counts_within_a_resource_that_the_card_points_to() -> None:
    wrong = []
    for card in OF_AWS:
        for quota in card.quotas:
            wrong += [card.token] if quota.within and quota.within not in [points.path for points in card.points] else []
            read = {quota.size.partition(".")[0], quota.only[0] if quota.only else ""} - {""}
            wrong += [f"{card.token}.{name}" for name in sorted(read - inputs_of(card.token))]
    assert wrong == []


def test_no_type_is_both_free_and_priced_and_every_unit_has_a_price() -> None:
    assert [card.token for card in CARDS.values() if card.free and card.unit] == []
    assert sorted(card.token for card in CARDS.values() if card.unit) == sorted(ROWS)


def test_a_store_loses_data_when_it_is_deleted_and_takes_tags() -> None:
    assert [card.token for card in STORES if not (card.holds and card.taggable)] == []


def test_a_type_whose_name_may_be_taken_has_a_name_property() -> None:
    assert [card.token for card in CARDS.values() if card.unique and not card.name] == []


def test_the_local_cloud_makes_up_the_name_that_the_card_names() -> None:
    made_up = {token: row.autoname.prop for token, row in all_rows().items() if row.autoname}
    assert {token: CARDS[token].name for token in made_up} == made_up
