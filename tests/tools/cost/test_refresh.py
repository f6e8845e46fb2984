"""Renewing the price table from files in the form of the AWS Price List: new, unchanged, missing and doubtful prices."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tools.cli.app import app
from tools.cost import refresh as refreshing
from tools.cost.offers import CODES, OFFERS, PriceList, read
from tools.cost.prices import table
from tools.cost.refresh import TABLE, Refresh, refresh, write
from tools.flows import price_lists

FILES = Path(__file__).parent / "price_list"
LISTS = [read(path.read_text(encoding="utf-8"), path.name) for path in sorted(FILES.glob("*.json"))]


def renewed(*keys: tuple[str, str, str]) -> Refresh:
    """A table of these rows, renewed from the files."""
    return refresh([table()[key] for key in keys], LISTS)


def test_only_shared_linux_on_demand_instances_are_read_and_no_commitment() -> None:
    (ec2,) = [one for one in LISTS if one.code == "AmazonEC2" and "us-east-1" in one.regions]
    assert {dimension: usd for (service, dimension, _), usd in ec2.usd.items() if service == "ec2"} == {
        "m5.large": 0.1,
        "g5.xlarge": 1.006,
        "g4dn.xlarge": 5.26,
    }


def test_a_changed_price_shows_old_and_new_with_their_dates() -> None:
    done = renewed(("ec2", "m5.large", "us-east-1"))
    ((old, new),) = done.changed
    assert (old.usd, old.as_of, new.usd, new.as_of, new.source) == (0.096, "2026-07-20", 0.1, "2026-11-20", "price-list")
    assert new in done.rows
    assert done.to_json()["changed"][0]["old_usd"] == 0.096


def test_the_same_price_has_a_later_date() -> None:
    done = renewed(("ec2", "g5.xlarge", "us-east-1"), ("ebs", "gp3", "us-east-1"), ("nat-gateway", "gateway", "eu-west-1"))
    assert (done.renewed, done.changed, done.kept) == (3, (), ())
    assert {row.as_of for row in done.rows if row.dimension == "g5.xlarge"} == {"2026-11-20"}


def test_a_row_that_is_not_found_any_more_is_kept_with_its_date_and_named() -> None:
    key = ("ec2", "c5.large", "us-east-1")
    done = renewed(key)
    assert done.kept == (table()[key],)
    assert table()[key] in done.rows


def test_a_price_that_moves_too_far_is_named_and_not_taken() -> None:
    key = ("ec2", "g4dn.xlarge", "us-east-1")
    done = renewed(key)
    assert done.doubtful == ((table()[key], 5.26),)
    assert table()[key] in done.rows


@pytest.mark.parametrize(
    "key",
    [
        ("kms", "key", "us-east-1"),
        ("ec2", "m5.large", "ap-northeast-1"),
        ("ec2-spot", "m5.large", "us-east-1"),
        ("wafv2", "acl", "us-east-1"),
    ],
    ids=["an older list", "a region without a list", "spot", "no offer of ours"],
)
def test_a_row_that_no_newer_list_covers_stays_as_it_is(key: tuple[str, str, str]) -> None:
    done = renewed(key)
    assert done.not_asked == 1
    assert table()[key] in done.rows


def test_a_known_type_in_a_region_without_it_is_added_and_an_unknown_one_is_not() -> None:
    done = renewed(("ec2", "t3.medium", "us-east-1"))
    assert [(row.dimension, row.region, row.usd) for row in done.added] == [("t3.medium", "eu-west-1", 0.0456)]


def test_of_hosting_and_training_the_dearer_is_taken_and_notebooks_do_not_count() -> None:
    ((_, new),) = renewed(("sagemaker", "ml.m5.large", "us-east-1")).changed
    assert new.usd == 0.12


def test_a_free_tier_is_no_price_and_requests_are_counted_in_our_unit() -> None:
    done = renewed(("lambda", "requests", "us-east-1"), ("lambda", "gb-second", "us-east-1"))
    assert (done.renewed, done.changed) == (2, ())


def test_a_derived_row_becomes_a_published_one() -> None:
    derived = next(row for row in table().values() if row.basis == "derived")
    found = PriceList(
        code="AmazonEC2",
        published="2026-12-01",
        regions=frozenset({derived.region}),
        usd={("ec2", derived.dimension, derived.region): derived.usd},
    )
    assert [row.basis for row in refresh([derived], [found]).rows] == ["listed"]


def test_every_offer_is_of_a_dimension_that_the_table_has() -> None:
    rows = {(row.service, row.dimension) for row in table().values()}
    assert [offer for offer in OFFERS if not any(offer.holds(*row) for row in rows)] == []


def test_writing_an_unchanged_table_gives_the_same_bytes(tmp_path: Path) -> None:
    write(refresh(table().values(), []).rows, tmp_path / "prices.csv")
    assert (tmp_path / "prices.csv").read_bytes() == TABLE.read_bytes()


@pytest.mark.parametrize(("text", "said"), [("[", "not JSON"), ("[]", "no price list"), ('{"offerCode": "x"}', "no price list")])
def test_a_file_that_is_no_price_list_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"index.json: {said}"):
        read(text, "index.json")


@pytest.fixture
def own_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "prices.csv"
    path.write_bytes(TABLE.read_bytes())
    monkeypatch.setattr(refreshing, "TABLE", path)
    return path


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["cost", *arguments])
    return done.exit_code, done.stdout


def test_a_dry_run_says_what_would_change_and_writes_nothing(own_table: Path) -> None:
    before = own_table.read_bytes()
    code, out = call("refresh", str(FILES), "--dry-run")
    assert code == 0
    assert "ec2 m5.large us-east-1: 0.096 (2026-07-20) -> 0.1 (2026-11-20)" in out
    assert "ec2 c5.large us-east-1: not found, 0.085 of 2026-07-20 is kept" in out
    assert "nothing written" in out
    assert own_table.read_bytes() == before


def test_a_refresh_writes_the_table_and_a_second_one_changes_nothing(own_table: Path) -> None:
    code, out = call("refresh", str(FILES), "--json")
    assert code == 0
    assert json.loads(out)["written"] == str(own_table)
    text = own_table.read_text(encoding="utf-8")
    assert "ec2,m5.large,us-east-1,hour,0.1,2026-11-20,listed,price-list\n" in text
    assert len(text.splitlines()) == len(table()) + 1 + len(json.loads(out)["added"])


def test_a_source_without_price_lists_and_a_region_without_a_regions_name_are_wrong_use(tmp_path: Path) -> None:
    assert call("refresh", str(tmp_path))[0] == 2
    assert call("refresh", "ftp://example.com")[0] == 2
    assert call("refresh", str(FILES), "--region", "Frankfurt")[0] == 2


def test_cost_does_not_take_refresh_for_the_name_of_a_stack() -> None:
    done = CliRunner().invoke(app, ["cost", "--json", "refresh"])
    assert done.exit_code == 2
    assert "slipway cost refresh [SOURCE]" in done.stderr


def test_only_a_refresh_takes_dry_run() -> None:
    assert call("local", "--dry-run")[0] == 2


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The files at an address, laid out as AWS does."""
    for path in FILES.glob("*.json"):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        region = next(iter(document["products"].values()))["attributes"]["regionCode"]
        at = tmp_path / "offers" / "v1.0" / "aws" / document["offerCode"] / "current" / region / "index.json"
        at.parent.mkdir(parents=True)
        at.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_price_lists_are_fetched_by_service_and_region_and_those_not_there_are_passed_over(served: str) -> None:
    found = list(price_lists.lists(served, ["us-east-1", "eu-west-1"], say=print))
    assert sorted(one.code for one in found) == ["AWSLambda", "AmazonEC2", "AmazonEC2", "AmazonSageMaker", "awskms"]
    assert {one.code for one in found} < set(CODES)


def test_the_address_of_the_price_lists_is_that_of_the_pricing_api() -> None:
    assert price_lists._address() == "https://pricing.us-east-1.amazonaws.com"
