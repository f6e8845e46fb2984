"""The report of a change: it shows what a reviewer must see, and no text of a document breaks out of its markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.report.change import Change
from tools.report.change_page import page
from tools.report.change_reader import read
from tools.report.markdown import COMMENT_LIMIT, comment, marker

ODD = (
    "a|b",
    "`c`",
    "<script>alert(1)</script>",
    "</td></tr></table>",
    "--><!--",
    "@everyone #1",
    "[x](https://e.example)",
    "**b**",
    "line\nbreak",
    "| --- |",
    "&amp;",
    "$x$",
    "</details>",
    "\x00\ud7ff",
    "</script><svg onload=x>",
    '" onmouseover="x',
    "~~~",
    "![i](u)",
)


def urn(kind: str, name: str, component: str = "slipway:data:Lake") -> str:
    return f"urn:pulumi:prod::slipway::{component}${kind}::{name}"


def entry(kind: str, name: str, op: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(kind, name), "type": kind, "name": name, "op": op, "custom": True, **more}


def document(**more: Any) -> dict[str, Any]:
    """A change with one of each operation, a bill and a verdict."""
    return {
        "stack": "prod",
        "seconds": 4.2,
        "changes": {"create": 1, "update": 1, "replace": 1, "delete": 1, "same": 200},
        "resources": [
            entry("aws:ec2/vpc:Vpc", "net", "create"),
            entry("aws:iam/role:Role", "role", "update", properties=[{"path": "tags.Owner", "old": "us", "new": "them"}]),
            entry("aws:ec2/subnet:Subnet", "sub", "replace", because=["cidrBlock"]),
            entry("aws:s3/bucket:Bucket", "raw", "delete"),
            {
                "urn": "urn:pulumi:prod::slipway::slipway:data:Lake::lake",
                "type": "slipway:data:Lake",
                "name": "lake",
                "op": "update",
            },
        ],
        "policy": {
            "rules": 131,
            "evaluated": 204,
            "violations": [
                {"rule": "soft", "level": "advisory", "urn": urn("aws:iam/role:Role", "role"), "message": "no boundary; set one"},
                {
                    "rule": "soft",
                    "level": "advisory",
                    "urn": urn("aws:iam/role:Role", "other"),
                    "message": "no boundary; set one",
                },
                {"rule": "hard", "level": "mandatory", "urn": urn("aws:s3/bucket:Bucket", "raw"), "message": "public; close it"},
            ],
            "unknown": [{"rule": "later", "urn": urn("aws:s3/bucket:Bucket", "raw"), "property": "kmsKeyId"}],
        },
        "cost": {
            "monthly_usd": 120.5,
            "before_usd": 20.0,
            "ceiling_usd": 100,
            "min_usd": 90.0,
            "max_usd": 500.0,
            "lines": [
                {
                    "urn": urn("aws:ec2/vpc:Vpc", f"line-{number}"),
                    "type": "aws:ec2/vpc:Vpc",
                    "monthly_usd": number,
                    "basis": "h at $1",
                }
                for number in range(12)
            ],
            "unpriced": [{"urn": urn("aws:x:Y", "odd"), "type": "aws:x:Y", "reason": "no price row"}],
            "hints": [
                {"urn": urn("aws:ec2/vpc:Vpc", "line-3"), "saves_usd": 1.5, "message": "smaller does"},
                {"urn": urn("aws:ec2/vpc:Vpc", "line-9"), "saves_usd": 7.25, "message": "off at night"},
            ],
        },
        **more,
    }


def both(plan: dict[str, Any], preflight: Any = None) -> list[str]:
    change = read(plan, preflight)
    return [comment(change), page(change)]


def test_comment_and_page_show_what_a_reviewer_must_know() -> None:
    asked = {"ok": False, "rows": [{"kind": "quota", "code": "L-1216C47A", "need": 48, "have": 0, "message": "ask for more"}]}
    for text in both(document(), asked):
        for word in (
            "120.50",
            "+100.50",
            "100.00",
            "90.00",
            "500.00",
            "its objects",
            "cidrBlock",
            "tags.Owner",
            "them",
            "hard",
            "public; close it",
            "later",
            "kmsKeyId",
            "no price row",
            "L-1216C47A",
            "off at night",
            "What would cost less: 8.75 a month",
            "line-11",
            "line-2",
        ):
            assert word in text, word
        assert "line-1<" not in text, "the ten largest, no more"
        assert text.index("its objects") < text.index("cidrBlock") < text.index("tags.Owner"), "what loses data comes first"
        assert text.index("public; close it") < text.index("no boundary"), "mandatory before advisory"
        assert text.count("no boundary") == 1, "said once for both roles"
        assert text.index("off at night") < text.index("smaller does"), "what saves most comes first"


def test_the_head_names_what_would_stop_up_or_says_that_nothing_would() -> None:
    assert read(document(), {"ok": False, "rows": []}).blocks == (
        "1 mandatory policy violation",
        "over the cost ceiling",
        "the account lacks quota or capacity",
    )
    clean = document(policy={"rules": 1, "evaluated": 1}, cost={"monthly_usd": 1.0, "ceiling_usd": None})
    assert all("Nothing is in the way" in text for text in both(clean))


def test_components_are_not_counted_as_changes() -> None:
    assert [one.name for one in read(document()).of("update")] == ["role"]


def test_short_and_unknown_rows_of_the_preflight_are_listed_and_the_others_folded() -> None:
    def row(state: str, code: str) -> dict[str, Any]:
        return {"kind": "quota", "code": code, "state": state, "need": 8, "have": 5, "message": f"about {code}"}

    rows = [row("short", "L-1"), row("unknown", "L-2"), row("ok", "L-3")]
    text, html = both(document(), {"ok": False, "rows": rows})
    assert "#### Preflight: ⛔ the account lacks something, 1 could not be told" in text
    listed, folded = text.split("#### Preflight")[1].split("<details><summary>1 asked and fine</summary>")
    assert "| ⛔ | quota | L-1 | 8 | 5 | about L-1 |" in listed
    assert "| ⚠️ | quota | L-2 | 8 | 5 | about L-2 |" in listed
    assert "| ✅ | quota | L-3 |" in folded
    assert "⚠️ quota L-2" in html
    fine = comment(read(document(), {"ok": True, "rows": rows[1:]}))
    assert "#### Preflight: the account has what it takes, 1 could not be told" in fine


def test_resources_that_change_alike_share_a_row_of_the_comment_and_not_of_the_page() -> None:
    owner = [{"path": "tags.Owner", "old": "us", "new": "them"}]
    plan = document(resources=[entry("aws:iam/role:Role", f"role-{number}", "update", properties=owner) for number in range(40)])
    markdown, html = both(plan)
    assert markdown.count("tags.Owner") == 1
    assert "and 28 more" in markdown
    assert "Role ×40" in markdown
    assert html.count("tags.Owner") == 40


def test_a_failed_preview_is_reported_with_its_causes() -> None:
    failed: dict[str, Any] = {
        "stack": "prod",
        "changes": {},
        "resources": [],
        "policy": None,
        "cost": None,
        "error": {"code": 1, "faults": [{"urn": urn("aws:ec2/vpc:Vpc", "net"), "message": "no such zone"}]},
    }
    refused = {"stack": "prod", "error": {"code": 2, "lines": ["Pulumi.prod.yaml: bad"]}}
    assert all("net: no such zone" in text and "the preview failed" in text for text in both(failed))
    assert all("Pulumi.prod.yaml: bad" in text for text in both(refused))


def test_the_comment_begins_with_the_marker_by_which_it_is_found() -> None:
    assert comment(read(document())).startswith("<!-- slipway:prod -->\n")
    assert marker("a-->b\n") == "<!-- slipway:a---b- -->"


@pytest.mark.parametrize("op", ["create", "update", "replace", "delete"])
def test_a_comment_on_any_number_of_changes_fits_githubs_limit_and_counts_what_it_leaves_out(op: str) -> None:
    differing = [[{"path": f"tags.{number}"}] for number in range(700)]
    many = [
        entry("aws:s3/bucket:Bucket", f"bucket-{number}-{'|' * 200}", op, properties=properties)
        for number, properties in enumerate(differing)
    ]
    text = comment(read(document(resources=many)))
    assert len(text.encode()) < COMMENT_LIMIT
    assert "700" in text
    assert re.search(r"… and \d+ more", text)
    assert page(read(document(resources=many))).count("bucket-") == 700, "the page has them all"


def test_values_that_look_secret_are_never_shown() -> None:
    secret = "hunter2-hunter2"
    plan = document(
        resources=[
            entry(
                "aws:rds/cluster:Cluster",
                "db",
                "update",
                properties=[{"path": "masterPassword", "old": secret, "new": "x"}, {"path": 'tags["api_key"]', "new": secret}],
            ),
            entry(
                "aws:ssm/parameter:Parameter",
                "p",
                "update",
                properties=[{"path": "value", "old": f"postgres://user:{secret}@host", "new": "[secret]"}],
            ),
        ]
    )
    for text in both(plan):
        assert secret not in text
        assert "masterPassword" in text, "the name of the property is shown"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([], "no preview"),
        ({"stack": 3}, "no preview"),
        ({"stack": "a", "resources": {}}, "`resources`: expected a list"),
        ({"stack": "a", "resources": ["x"]}, "`resources`: expected a list of objects"),
        ({"stack": "a", "cost": [1]}, "`cost`: expected an object"),
        ({"stack": "a", "preflight": {"rows": 1}}, "the preflight is none"),
    ],
)
def test_a_document_of_another_form_is_refused_with_its_fault(wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(wrong)


words = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.builds("".join, st.lists(st.sampled_from(ODD), max_size=3)))
figures = st.one_of(st.floats(), st.integers(-(10**20), 10**20), st.none(), st.booleans(), words)


def objects(most: int = 3, *, figures_of: str = "", words_of: str = "") -> st.SearchStrategy[list[dict[str, Any]]]:
    """A list of objects with any figures and words under these keys."""
    keys = dict.fromkeys(figures_of.split(), figures) | dict.fromkeys(words_of.split(), words)
    return st.lists(st.fixed_dictionaries({}, optional=keys), max_size=most)


resources = st.fixed_dictionaries(
    {"op": st.sampled_from(["create", "update", "replace", "delete", "same", "read"])},
    optional={
        "urn": words,
        "type": words,
        "name": words,
        "custom": st.booleans(),
        "because": st.lists(words, max_size=3),
        "properties": objects(words_of="path", figures_of="old new"),
    },
)
policies = {
    "rules": figures,
    "violations": objects(words_of="rule level urn message"),
    "unknown": objects(words_of="rule urn property"),
}
costs = {
    **dict.fromkeys(("monthly_usd", "before_usd", "ceiling_usd", "min_usd", "max_usd"), figures),
    "region": words,
    "lines": objects(words_of="name type basis", figures_of="monthly_usd"),
    "hints": objects(words_of="urn message", figures_of="saves_usd"),
    "unpriced": objects(words_of="name reason"),
}
documents = st.fixed_dictionaries(
    {"stack": words},
    optional={
        "seconds": figures,
        "changes": st.dictionaries(st.sampled_from(["create", "same"]), figures),
        "resources": st.lists(resources, max_size=5),
        "policy": st.fixed_dictionaries({}, optional=policies),
        "cost": st.fixed_dictionaries({}, optional=costs),
        "preflight": st.fixed_dictionaries(
            {"ok": st.booleans(), "rows": objects(2, words_of="kind code message state", figures_of="need have")}
        ),
        "error": st.fixed_dictionaries({}, optional={"lines": st.lists(words, max_size=2)}),
    },
)
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# All HTML that the comment's own code writes.
OURS = re.compile(r"</?(?:code|details|summary|sub)>|\A<!-- slipway:[\w.-]* -->")


@many
@given(documents, words)
def test_no_text_breaks_out_of_the_comment(plan: dict[str, Any], note: str) -> None:
    text = comment(read(plan), note=note)
    assert len(text.encode()) < COMMENT_LIMIT
    assert "<" not in OURS.sub("", text)
    assert not re.search(r"@(?!&#8203;)", text), "nobody is called"
    table = 0
    for line in text.splitlines():
        assert not re.match(r" {0,3}(```|~~~)", line)
        bars = line.count("|") if line.startswith("|") else 0
        assert "|" not in line or bars, "a pipe outside of a table's frame"
        assert not (table and bars) or bars == table, "every row has its head's columns"
        table = bars
    assert text.count("<details>") == text.count("</details>")


TAGS = frozenset(
    # The tags that the page's own code writes; any other tag would come from the text of a document.
    re.findall(
        r"\w+",
        "html head meta title style body main h1 h2 p ul li section table thead tbody tr th td div span b br code details "
        "summary label input script svg text rect",
    )
)


class Tags(HTMLParser):
    """The tags and attributes that a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def tags_of(change: Change, note: str = "") -> Tags:
    found = Tags()
    found.feed(page(change, note=note))
    return found


@many
@given(documents, words)
def test_no_text_breaks_out_of_the_page(plan: dict[str, Any], note: str) -> None:
    found = tags_of(read(plan), note)
    assert found.tags <= TAGS
    assert not {name for name in found.attributes if name.startswith("on") or name in ("src", "href", "style")}


def test_the_page_fetches_nothing_and_allows_its_one_script_by_hash() -> None:
    import base64
    import hashlib

    text = page(read(document()), picture="<svg></svg>")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text
    assert "http" not in text.replace("http-equiv", "")
