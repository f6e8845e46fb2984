"""The price table: every row is whole, stand-ins are named, and what is not known is never 0."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest

from tools.cost import refresh
from tools.cost.prices import SOURCES, NoPrice, quote, regions, table

WANTED_REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1")


def test_every_row_has_a_price_above_zero_a_date_a_known_source_and_basis() -> None:
    faults = []
    for row in table().values():
        if not row.usd > 0:
            faults.append(f"{row}: price")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.as_of) or not date(2020, 1, 1) < date.fromisoformat(row.as_of):
            faults.append(f"{row}: date")
        if row.source not in SOURCES or row.basis not in ("listed", "derived", "hint") or not row.unit:
            faults.append(f"{row}: source, basis or unit")
    assert not faults
    assert len(table()) > 900


def test_every_source_is_used_by_a_row() -> None:
    # Until the table is renewed for the first time, nothing is from there.
    assert {row.source for row in table().values()} | {refresh.SOURCE} == set(SOURCES)


@pytest.mark.parametrize("region", WANTED_REGIONS)
def test_an_instance_can_be_priced_in_every_region_we_offer(region: str) -> None:
    assert region in regions()
    assert quote("ec2", "m5.large", region).usd >= quote("ec2", "m5.large", "us-east-1").usd


def test_a_region_of_its_own_row_needs_no_stand_in() -> None:
    assert quote("ec2", "g5.xlarge", "eu-central-1").stand_in == ""


def test_a_missing_sagemaker_region_is_scaled_by_the_ec2_ratio_of_the_same_type_and_says_so() -> None:
    ratio = quote("ec2", "g5.xlarge", "eu-west-1").usd / quote("ec2", "g5.xlarge", "us-east-1").usd
    found = quote("sagemaker", "ml.g5.xlarge", "eu-west-1")
    assert found.usd == pytest.approx(quote("sagemaker", "ml.g5.xlarge", "us-east-1").usd * ratio)
    assert "ratio of g5.xlarge" in found.stand_in


def test_a_type_without_regional_relatives_is_scaled_by_its_kind_not_by_accelerators() -> None:
    found = quote("ec2", "t3.medium", "eu-central-1")
    # t3a is the t type with a Frankfurt row: 0.0864 / 0.0752.
    assert found.usd == pytest.approx(0.0416 * 0.0864 / 0.0752, rel=0.01)
    assert "t types" in found.stand_in


def test_another_dimension_takes_the_home_price_and_says_so() -> None:
    assert quote("kms", "key", "eu-central-1").stand_in == "us-east-1 price, no eu-central-1 row"


@pytest.mark.parametrize(
    ("service", "dimension", "region", "reason"),
    [
        ("ec2", "p9.huge", "us-east-1", "p9.huge"),
        ("sagemaker", "ml.p5en.48xlarge", "us-east-1", "ml.p5en.48xlarge"),
        ("ec2", "m5.large", "mars-north-1", "mars-north-1"),
        ("ec2-spot", "p5.48xlarge", "eu-west-1", "no spot price"),
        ("nothing", "at-all", "us-east-1", "no price row"),
    ],
)
def test_what_is_not_known_is_refused_with_the_reason(service: str, dimension: str, region: str, reason: str) -> None:
    with pytest.raises(NoPrice, match=reason):
        quote(service, dimension, region)


def test_the_table_is_read_fast_enough_for_every_preview() -> None:
    table.cache_clear()
    started = time.process_time()
    table()
    assert time.process_time() - started < 0.5  # 5 ms when measured; this only catches a change of kind
