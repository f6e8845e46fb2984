from __future__ import annotations

from pathlib import Path

import pytest

from tests.upgrades.changelog import Replaced, failure_message, releases, replaced, surprises, version_of
from tests.upgrades.recorded import recorded
from tools.report.change import Changed

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = """\
# Changelog

## [Unreleased]

### Replaces

- `aws:s3/bucket:Bucket` `slipway-*-raw`: its name has the region now;
  copy its objects before `up`.
- `aws:eks/nodeGroup:NodeGroup` `slipway-prod-gpu`: another launch template.

### Changed

- `aws:kms/key:Key` `slipway-*`: not an entry, since it stands under another heading.

## 0.2.0 - 2027-01-31

### Replaces

- `aws:ecr/repository:Repository` `slipway-*-training`: encrypted under another key.

## 0.1.0 - unreleased
"""


def changed(type_: str, name: str, op: str = "replace", because: tuple[str, ...] = ()) -> Changed:
    return Changed(name=name, type=type_, kind=type_.rpartition(":")[2], component="Stack", op=op, custom=True, because=because)


RAW = changed("aws:s3/bucket:Bucket", "slipway-prod-raw", because=("bucket",))
IMAGES = changed("aws:ecr/repository:Repository", "slipway-prod-training", "delete")


def test_entries_are_read_with_their_release_and_their_further_lines() -> None:
    first, second, third = replaced(CHANGELOG)
    assert first == Replaced(
        release="Unreleased",
        type="aws:s3/bucket:Bucket",
        pattern="slipway-*-raw",
        why="its name has the region now; copy its objects before `up`.",
    )
    assert (second.release, second.pattern) == ("Unreleased", "slipway-prod-gpu")
    assert (third.release, third.type) == ("0.2.0", "aws:ecr/repository:Repository")
    assert releases(CHANGELOG) == {"Unreleased": "", "0.2.0": "2027-01-31", "0.1.0": "unreleased"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("- the raw bucket: it is new", "write - `TYPE` `NAME PATTERN`: why"),
        ("- `aws:s3/bucket:Bucket` `slipway-*-raw`", "write - `TYPE` `NAME PATTERN`: why"),
        ("- `aws:s3/bucket:Bucket`: why", "write - `TYPE` `NAME PATTERN`: why"),
        ("The raw bucket is new.", "write - `TYPE` `NAME PATTERN`: why"),
        ("- `aws:iam/role:Role` `slipway-*`: why", "holds no data"),
    ],
)
def test_the_error_for_an_invalid_entry_shows_its_line(line: str, words: str) -> None:
    with pytest.raises(ValueError, match="Replaces of Unreleased") as caught:
        replaced(f"## [Unreleased]\n\n### Replaces\n\n{line}\n")
    assert words in str(caught.value)


def test_a_loss_of_data_is_a_surprise_until_a_newer_release_names_it() -> None:
    entries = replaced(CHANGELOG)
    assert surprises([RAW, IMAGES], (), "0.1.0") == (RAW, IMAGES)
    assert surprises([RAW, IMAGES], entries, "0.1.0") == ()
    # A stack at 0.2.0 has been through that release's replacements, so another one of the same resource is a surprise.
    assert surprises([RAW, IMAGES], entries, "0.2.0") == (IMAGES,)


def test_an_entry_covers_its_own_type_and_names_only() -> None:
    others = [
        changed("aws:s3/bucket:Bucket", "slipway-prod-models"),
        changed("aws:kms/key:Key", "slipway-prod-raw"),
        changed("aws:eks/nodeGroup:NodeGroup", "slipway-dev-gpu"),
    ]
    assert surprises(others, replaced(CHANGELOG), "0.1.0") == tuple(others)


def test_resources_without_data_and_updates_are_no_surprise() -> None:
    fine = [changed("aws:iam/role:Role", "slipway-prod-node", "delete"), changed("aws:s3/bucket:Bucket", "raw", "update")]
    assert surprises(fine, (), "0.1.0") == ()


def test_the_message_about_a_surprise_names_what_forces_it_and_the_ways_out() -> None:
    text = failure_message([RAW, IMAGES], "0.1.0")
    assert "replace aws:s3/bucket:Bucket slipway-prod-raw, because of bucket: loses its objects" in text
    assert "delete aws:ecr/repository:Repository slipway-prod-training: loses its images" in text
    assert "aliases=" in text
    # The line to paste is one that the changelog takes.
    pasted = [line.strip() for line in text.splitlines() if line.startswith("  - `")]
    assert surprises([RAW, IMAGES], replaced("\n".join(["## [Unreleased]", "### Replaces", *pasted])), "0.1.0") == ()


def test_versions_are_ordered_with_what_comes_before_and_what_is_not_out_yet() -> None:
    ordered = ["0.1.0-preview1", "0.1.0", "0.1.1", "0.2.0", "0.10.0", "1.0.0", "Unreleased"]
    assert sorted(sorted(ordered), key=version_of) == ordered
    with pytest.raises(ValueError, match=r"'0\.1' is no version"):
        version_of("0.1")


def test_our_own_changelog_is_in_form_and_every_release_with_a_day_is_recorded() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    replaced(text)
    there = {one.release for one in recorded()}
    assert there
    out = {release for release, date in releases(text).items() if date[:1].isdigit()}
    assert out <= there, f"record {sorted(out - there)}: python -m tests.upgrades.record RELEASE"
    for release in [*releases(text), *there]:
        version_of(release)
