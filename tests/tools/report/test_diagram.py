"""The picture: a valid document that shows all that is declared, without overlaps, and the same for the same plan."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from itertools import combinations
from typing import get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.types.card import Room
from catalog.types.every import CARDS
from tests.tools.report.make import made, plan, platform
from tools.plan.view import Plan, ResourceView, from_json
from tools.report.contents import CONTENTS
from tools.report.diagram import LOOKS, draw
from tools.report.rooms import picture
from tools.report.svg import ACCENTS, ICONS, fit, width

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """Everything a reader can see or hover, element by element."""
    return ["".join(item.itertext()) for item in ElementTree.fromstring(svg).iter() if item.tag in (f"{SVG}text", f"{SVG}title")]


def boxes(svg: str, style: str) -> list[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of every rectangle of exactly these classes."""
    found = []
    for item in ElementTree.fromstring(svg).iter(f"{SVG}rect"):
        if item.get("class") == style:
            x, y, w, h = (float(item.get(name, "0")) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + w, y + h))
    return found


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] - 0.01 and other[0] < one[2] - 0.01 and one[1] < other[3] - 0.01 and other[1] < one[3] - 0.01


def test_the_picture_is_one_self_contained_svg() -> None:
    svg = draw(plan())
    assert ElementTree.fromstring(svg).tag == f"{SVG}svg"
    assert not re.findall(r"href|url\(|<script|<image|@import|@font-face", svg)
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme:dark" in svg


def test_every_component_is_on_the_picture_by_its_full_name() -> None:
    shown = "\n".join(texts(draw(plan())))
    missing = [view.name for view in platform() if not view.custom and view.name not in shown]
    assert missing == []


@pytest.mark.parametrize(
    "seen",
    [
        "acme-test",
        "VPC 10.0.0.0/16",
        "us-east-1a",
        "10.0.11.0/24",
        "NAT",
        "Internet gateway",
        "s3",
        "g5.xlarge · 1 of 0 to 4",
        "EKS 1.35",
        "curated",
        "versioned",
        "data-key",
        "serving-image",
        "tags never move",
        "2 × ml.m5.large",
        "1 to 3 × ml.g5.xlarge",
        "2,000 USD a month",
        "node-role",
        "latency",
        "Namespace",
    ],
)
def test_the_picture_shows_what_a_reader_looks_for(seen: str) -> None:
    assert any(seen in text for text in texts(draw(plan())))


def test_every_resource_is_counted_in_exactly_one_room() -> None:
    shown = picture(plan())
    assert sum(room.count for room in shown.rooms.values()) == sum(view.custom for view in platform())


def test_the_order_of_registrations_does_not_change_the_picture() -> None:
    views = platform()
    random.Random(7).shuffle(views)
    assert draw(plan(views)) == draw(plan())


def test_a_deleted_resource_is_not_drawn() -> None:
    gone = replace(made("aws:s3/bucket:Bucket", "acme-test-forgotten", "acme-test-lake"), op="delete")
    assert draw(plan([*platform(), gone])) == draw(plan())


def test_an_empty_plan_says_so() -> None:
    assert "Nothing is declared." in texts(draw(Plan([])))


def test_a_plan_without_a_network_still_shows_its_rooms() -> None:
    views = [view for view in platform() if "aws:ec2/" not in view.type]
    shown = texts(draw(plan(views)))
    assert {"Cluster", "Data lake", "Serving", "Money"} <= set(shown)


def test_a_resource_file_without_urns_and_parents_is_drawn() -> None:
    svg = draw(from_json([{"type": "aws:s3/bucket:Bucket", "name": "alone", "props": {}}]))
    assert "alone" in texts(svg)


def test_a_long_list_is_cut_and_says_how_much_is_left() -> None:
    views = [made("aws:iam/role:Role", f"reader-of-department-{number:03}", "x") for number in range(200)]
    # Without the buckets, the picture would leave out the prefix that all names share.
    svg = draw(plan([*views, *(made("aws:s3/bucket:Bucket", f"bucket{number}", "x") for number in range(200))]))
    names = ["".join(item.itertext()) for item in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    seen = sum(name.startswith("reader-of-department-") for name in names)
    assert 4 < seen < 40
    assert f"+ {200 - seen} more" in names
    assert any("reader-of-department-199" in text for text in texts(svg)), "what is cut is in the tooltip"


def test_a_name_is_text_and_never_markup() -> None:
    evil = '<script>alert("&")</script>'
    svg = draw(plan([made("aws:s3/bucket:Bucket", evil, "x")]))
    assert "<script" not in svg
    assert evil in "".join(texts(svg))


def test_every_room_has_a_look_and_its_content() -> None:
    assert set(CONTENTS) == set(LOOKS) == set(get_args(Room)) == {card.room for card in CARDS.values()}
    assert {look.icon for look in LOOKS.values()} <= set(ICONS)
    assert {look.accent for look in LOOKS.values()} <= set(ACCENTS)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(platform()), names), max_size=40), st.integers(1, 6))
def test_nothing_overlaps_or_leaves_the_paper_whatever_the_names(picks: list[tuple[ResourceView, str]], zones: int) -> None:
    views = [replace(view, name=name, urn=f"urn:{number}") for number, (view, name) in enumerate(picks)]
    views += [
        made("aws:ec2/subnet:Subnet", f"s{zone}", "x", availabilityZone=f"eu-west-1{'abcdef'[zone]}", cidrBlock="10.0.0.0/24")
        for zone in range(zones)
    ]
    svg = draw(plan(views))
    paper = boxes(svg, "paper")[0]
    cards, chips = boxes(svg, "card edge"), boxes(svg, "chip")
    large = [box for box in cards if box[3] - box[1] > 30]
    small = chips + [box for box in cards if box[3] - box[1] <= 30]
    assert not [pair for pair in combinations(large, 2) if overlap(*pair)], "cards overlap"
    assert not [pair for pair in combinations(small, 2) if overlap(*pair)], "chips overlap"
    for box in small:
        assert any(card[0] <= box[0] and box[2] <= card[2] and card[1] <= box[1] and box[3] <= card[3] for card in large), box
    for box in large:
        assert paper[0] <= box[0] <= box[2] <= paper[2]
        assert paper[1] <= box[1] <= box[3] <= paper[3]


@settings(max_examples=100, deadline=None)
@given(names, st.floats(20, 300), st.booleans())
def test_text_is_cut_to_its_room(text: str, room: float, bold: bool) -> None:
    shown = fit(text, 12, room, bold=bold)
    assert width(shown, 12, bold=bold) <= room
    assert shown == text or shown.endswith("…")
