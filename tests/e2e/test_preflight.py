"""The preflight with the genuine engine: what a new account lacks for dev, granted, and what a running stack adds."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.e2e import shapes
from tests.e2e.slipway import Slipway

SHAPE: Final = {"ok": bool, "rows": [{"kind": str, "code": str, "state": str, "message": str, "way_out": [str]}]}
TRUST: Final = json.dumps({"Version": "2012-10-17", "Statement": []})


def asked(here: Slipway, *arguments: str, code: int) -> dict[str, Any]:
    document: dict[str, Any] = here.ask("preflight", *arguments, code=code)
    shapes.check(document, SHAPE)
    assert document["ok"] == (code == 0)
    return document


def short(document: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Code -> (needed, there) of what is short."""
    return {row["code"]: (row["need"], row["have"]) for row in document["rows"] if row["state"] == "short"}


def grant(here: Slipway, document: dict[str, Any]) -> None:
    """Asks for what is short as the way out says."""
    for row in document["rows"]:
        if row["state"] == "short" and row["kind"] == "quota":
            words = row["way_out"][0].split()
            options = dict(zip(words[3::2], words[4::2], strict=True))
            here.boto("service-quotas").request_service_quota_increase(
                ServiceCode=options["--service-code"],
                QuotaCode=options["--quota-code"],
                DesiredValue=float(options["--desired-value"]),
            )


def test_a_new_account_lacks_what_dev_takes_until_it_is_granted_and_its_names_are_free(empty: Slipway) -> None:
    first = asked(empty, "dev", "--local", code=5)
    # Four m6i.large, and two of g5.xlarge or g6.xlarge on spot.
    assert short(first) == {"L-1216C47A": (8, 5), "L-3819A6DF": (8, 0)}
    assert {row["kind"] for row in first["rows"]} == {"account", "quota", "offering", "addresses", "name", "permission"}
    assert [row["kind"] for row in first["rows"] if row["state"] == "unknown"] == ["permission"]
    told = empty.run("preflight", "dev", "--local", code=5)
    assert "--service-code ec2 --quota-code L-3819A6DF --desired-value 8" in told.out
    assert "does not fit: 2 short, 1 unknown" in told.out

    grant(empty, first)
    assert short(asked(empty, "dev", "--local", code=0)) == {}

    empty.boto("iam").create_role(RoleName="slipway-dev-node", AssumeRolePolicyDocument=TRUST)
    assert short(asked(empty, "dev", "--local", code=5)) == {"slipway-dev-node": ("free", "taken")}


def test_up_asks_the_account_first_when_told_to_and_makes_nothing_where_it_says_no(empty: Slipway) -> None:
    refused = empty.run("up", "--preflight", "--json", code=5)
    assert set(short(refused.json["preflight"])) == {"L-1216C47A", "L-DB2E81BA"}
    assert "nothing was touched" in refused.err
    assert empty.made("local") == 0


def test_a_stack_that_is_up_adds_nothing_and_what_is_added_to_it_is_told(looked_at: Slipway) -> None:
    assert short(asked(looked_at, code=0)) == {}

    def more(config: dict[str, Any]) -> None:
        config["slipway:cluster"] = {"gpuPools": [{"name": "gpu", "instanceType": "g6.xlarge", "max": 3}]}

    with looked_at.edited("local", more):
        assert short(asked(looked_at, code=5)) == {"L-DB2E81BA": (12, 0)}
        report = looked_at.run("report", "--ask-account", "--format", "markdown").out
    assert "the account lacks quota or capacity" in report
    assert "⛔ | quota | L-DB2E81BA | 12 | 0 |" in report


def test_a_file_of_resources_is_asked_for_without_a_preview(empty: Slipway) -> None:
    resources = empty.root / "resources.json"
    props = {"instanceType": "g6.xlarge", "subnetId": "subnet-1"}
    resources.write_text(json.dumps([{"type": "aws:ec2/instance:Instance", "name": "box", "props": props}]))
    assert short(asked(empty, "--resources", str(resources), code=5)) == {"L-DB2E81BA": (4, 0)}
    assert "write arn:aws:iam" in empty.run("preflight", "--principal", "me", code=2).err


def test_without_credentials_it_says_what_to_do(empty: Slipway) -> None:
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    answer = empty.run("preflight", "dev", "--json", code=1, env=nowhere)
    (line,) = answer.json["error"]["lines"]
    assert "no account can be asked" in line
    assert "--local" in line
