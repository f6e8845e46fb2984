"""No type is written out but on its card: catalog/types/<service>.py."""

from __future__ import annotations

import pytest

from tests.tree.code import ROOMS, ROOT
from tests.tree.tokens import literals, outside_the_cards


def test_no_type_is_written_out_but_on_its_card() -> None:
    assert outside_the_cards(ROOT, (*ROOMS, "benchmarks")) == [], "name the card: catalog/types/<service>.py"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('x = "aws:s3/bucket:Bucket"', ["aws:s3/bucket:Bucket"]),
        ('x = f"urn::aws:s3/bucket:Bucket::{name}"', ["aws:s3/bucket:Bucket"]),
        ('x = f"urn {name} aws:s3/bucket:Bucket::x"', ["aws:s3/bucket:Bucket"]),
        ('x = f"aws:vpc/securityGroup{way}Rule:{name}"', ["aws:vpc/securityGroup"]),
        ('x = f"aws:{service}"', []),
        ('x = {"kubernetes:core/v1:Pod": 1, "pulumi:providers:aws": 2}', ["kubernetes:core/v1:Pod", "pulumi:providers:aws"]),
        ('def f():\n    """An aws:s3/bucket:Bucket."""\n    # aws:s3/bucket:Bucket', []),
        ('x = "Its type, as `aws:s3/bucket:Bucket`."', []),
        ('x = "aws:kms:dsse", "aws:index/getRegion:getRegion", "aws:SourceAccount"', ["aws:index/getRegion:getRegion"]),
    ],
)
def test_a_token_is_found_wherever_code_writes_it(source: str, found: list[str]) -> None:
    assert [token for _, token in literals(source)] == found
