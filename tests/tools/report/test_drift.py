"""The issue about drift: it names the resource, the property, the old and the new value, and shows no secret."""

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


def issue_text(*drift: dict[str, Any], **more: Any) -> str:
    return issue(read(look(*drift, **more)), note="run 7")


def test_a_change_from_outside_is_listed_by_property_with_its_old_and_new_value() -> None:
    text = issue_text(
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
    text = issue_text(*(entry("aws:ec2/subnet:Subnet", f"net-{number}", ("tags.Owner", "us", "them")) for number in range(9)))
    assert text.count("tags.Owner") == 1
    assert "<code>net-5</code> and 3 more" in text


def test_no_secret_is_shown() -> None:
    text = issue_text(
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


def test_no_drift_and_a_failed_comparison_read_differently() -> None:
    assert "Drift in <code>prod</code>: none" in issue_text()
    failed = issue_text(error={"code": 1, "faults": [{"urn": "", "message": "no credentials"}]})
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
def test_a_document_that_is_no_comparison_is_refused(document: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(document)


def test_an_issue_about_any_number_of_resources_fits_githubs_limit() -> None:
    text = issue_text(
        *(entry("aws:iam/role:Role", f"role-{number}", ("policy", "x" * 900, str(number))) for number in range(900))
    )
    assert len(text.encode()) <= COMMENT_LIMIT
    assert re.search(r"… and \d+ more: `./slipway refresh --preview-only` shows all", text)
    assert "900 resources differ" in text


WORDS = st.sampled_from(ODD) | st.text(max_size=20)


@given(name=WORDS, path=WORDS, was=WORDS, now=WORDS, kind=WORDS)
def test_no_text_breaks_out_of_the_table(name: str, path: str, was: str, now: str, kind: str) -> None:
    rows = [line for line in issue_text(entry(f"aws:x/{kind}", name, (path, was, now))).splitlines() if line.startswith("| ")]
    heads, _, *body = rows
    assert len(body) == 1
    for row in (heads, *body):
        assert row.count("|") == 6
        assert not re.search(r"<(?!/?code>)|@(?!&#8203;)|`", row)
