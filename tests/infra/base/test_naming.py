from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.tags import REQUIRED_TAGS, DataClass
from infra.base.naming import Naming
from infra.stack_names import derived_names

NAMING = Naming(project="slipway", environment="dev", owner="ml-platform", cost_center="research")


def test_every_name_starts_with_project_and_environment() -> None:
    assert NAMING.prefix == NAMING.name() == "slipway-dev"
    assert NAMING.name("vpc") == "slipway-dev-vpc"
    assert NAMING.bucket("raw", "123456789012", "us-east-1") == "slipway-dev-raw-123456789012-us-east-1"


def test_tags_are_the_required_ones_and_what_is_asked_for() -> None:
    assert set(NAMING.tags()) == set(REQUIRED_TAGS)
    tags = NAMING.tags("slipway-dev-raw", data_class=DataClass.CONFIDENTIAL, Tier="public")
    assert tags["Name"] == "slipway-dev-raw"
    assert tags["DataClass"] == "confidential"
    assert tags["Tier"] == "public"
    assert tags["ManagedBy"] == "pulumi"


def test_naming_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        NAMING.owner = "somebody"  # type: ignore[misc]


# 30 examples: a name is cut or it is not, and ends in a hyphen or does not.
@settings(max_examples=30)
@given(part=st.text("a-", min_size=1, max_size=80), limit=st.integers(20, 64))
def test_a_short_name_fits_and_is_a_name(part: str, limit: int) -> None:
    short = NAMING.short(part, limit=limit)
    assert len(short) <= limit
    assert short == NAMING.short(part, limit=limit)


def test_two_long_names_that_begin_alike_stay_two() -> None:
    left, right = (NAMING.short("x" * 80 + end, limit=63) for end in "ab")
    assert left != right


def test_every_limit_has_its_source_above_it() -> None:
    from pathlib import Path

    import infra.base.naming

    lines = Path(infra.base.naming.__file__).read_text(encoding="utf-8").splitlines()
    unsourced = []
    for number, line in enumerate(lines):
        if re.match(r"[A-Z0-9_]+_LIMIT: Final", line):
            above = number - 1
            while re.match(r"[A-Z0-9_]+_LIMIT: Final", lines[above]):
                above -= 1
            if not lines[above].startswith("# https://"):
                unsourced.append(line)
    assert not unsourced


def test_the_tightest_names_come_first() -> None:
    kinds = [what for what, _, _ in derived_names(NAMING, "123456789012", "us-east-1")]
    assert kinds[0] == "S3 bucket"
