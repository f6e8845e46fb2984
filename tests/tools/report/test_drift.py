"""The issue about drift: who mends it finds the resource, the property, the old and the new value, and no secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.report.test_change import ODD
from tools.report.drift import issue, marker, read
from tools.report.markdown import COMMENT_LIMIT

KEY_ID = "AKIA" + "A" * 16


def entry(kind: str, name: str, *properties: tuple[str, Any, Any], op: str = "update") -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:prod::slipway::{kind}::{name}",
        "type": kind,
        "name": name,
        "op": op,
        "properties": [{"path": path, "was": was, "now": now} for path, was, now in properties],
    }


def look(*drift: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"stack": "prod", "seconds": 12.3, "drift": list(drift), **more}


def told(*drift: dict[str, Any], **more: Any) -> str:
    return issue(read(look(*drift, **more)), note="run 7")


def test_a_change_outside_is_told_by_property_with_what_was_and_what_is() -> None:
    text = told(
        entry("aws:s3/bucket:Bucket", "raw", ("tags.Owner", "us", "them"), ("versioning", None, {"on": True})),
        entry("aws:eks/nodeGroup:NodeGroup", "gpu", op="delete"),
    )
    assert text.startswith(marker("prod") + "\n")
    assert "Drift in <code>prod</code>: 2 resources differ from the state" in text
    assert "| <code>raw</code> | Bucket | <code>tags.Owner</code> | us | them |" in text
    assert '| <code>raw</code> | Bucket | <code>versioning</code> | unset | &#123;"on": true&#125; |' in text
    assert "| <code>gpu</code> | NodeGroup | the pods and local disks of its nodes |" in text
    assert text.index("Gone from the cloud") < text.index("Changed outside"), "what is lost comes first"
    assert "`./slipway refresh prod`, then `./slipway up prod`" in text
    assert "looked for 12.3 s · run 7" in text


def test_resources_that_changed_alike_are_one_row() -> None:
    text = told(*(entry("aws:ec2/subnet:Subnet", f"net-{number}", ("tags.Owner", "us", "them")) for number in range(9)))
    assert text.count("tags.Owner") == 1
    assert "<code>net-5</code> and 3 more" in text


def test_no_secret_is_told() -> None:
    text = told(
        entry("aws:rds/instance:Instance", "db", ("password", "hunter2", "hunter3"), ("url", "https://me:pw@x.example", "b")),
        entry(
            "aws:lambda/function:Function",
            "f",
            ('environment.variables["API_KEY"]', "one1", "two2"),
            ("x", "AKIA" + "A" * 16, ""),
        ),
    )
    for secret in ("hunter2", "hunter3", "me:pw", "one1", "two2", "AKIA"):
        assert secret not in text, secret
    assert text.count("hidden") >= 4


def test_nothing_found_and_a_look_that_failed_are_not_the_same() -> None:
    assert "Drift in <code>prod</code>: none" in told()
    failed = told(error={"code": 1, "faults": [{"urn": "", "message": "no credentials"}]})
    assert "the look failed" in failed
    assert "no credentials" in failed


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "this is no look at drift"),
        ({"drift": []}, "this is no look at drift"),
        (look(drift={"a": 1}), "`drift`: expected a list"),
        (look({"name": "raw"}), "`drift`: expected a list"),
        (look({**entry("a:b:C", "raw"), "properties": [1]}), "`drift`: expected a list"),
        ({"stack": "prod"}, "`drift`: expected a list"),
    ],
)
def test_what_is_no_look_is_refused(document: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(document)


def test_however_much_drifted_it_is_no_longer_than_github_takes() -> None:
    text = told(*(entry("aws:iam/role:Role", f"role-{number}", ("policy", "x" * 900, str(number))) for number in range(900)))
    assert len(text.encode()) <= COMMENT_LIMIT
    assert re.search(r"… and \d+ more: `./slipway refresh --preview-only` shows all", text)
    assert "900 resources differ" in text


WORDS = st.sampled_from(ODD) | st.text(max_size=20)


@given(name=WORDS, path=WORDS, was=WORDS, now=WORDS, kind=WORDS)
def test_no_word_breaks_out_of_the_table(name: str, path: str, was: str, now: str, kind: str) -> None:
    rows = [line for line in told(entry(f"aws:x/{kind}", name, (path, was, now))).splitlines() if line.startswith("| ")]
    heads, _, *told_rows = rows
    assert len(told_rows) == 1
    for row in (heads, *told_rows):
        assert row.count("|") == 6
        assert not re.search(r"<(?!/?code>)|@(?!&#8203;)|`", row)
