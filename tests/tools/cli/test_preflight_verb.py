"""When `up`, `preflight` and `report` ask the account, and their exit codes."""

import json

from tests.tools.cli.fake import World, call
from tools.preflight import Preflight, Row, State

SHORT = Row(
    kind="quota", code="L-1", need=8.0, have=5.0, says="nodes: 8 vCPU", state=State.SHORT, way_out=("aws quotas L-1", "https://q")
)


def test_up_asks_the_account_before_anything_is_touched(world: World) -> None:
    world.mode, world.preflight = "aws", Preflight.of([SHORT])
    done = call("up", "dev", "--yes", "--json")
    assert done.exit_code == 5
    assert "--skip-preflight" in done.stderr
    assert json.loads(done.stdout)["preflight"]["rows"][0]["code"] == "L-1"
    assert world.runner.called == ["preview"]
    shown = call("up", "dev", "--yes").stdout
    assert "aws quotas L-1" in shown
    assert "does not fit: 1 short" in shown


def test_up_goes_on_when_the_account_fits_or_is_not_asked(world: World) -> None:
    world.mode = "aws"
    document = json.loads(call("up", "dev", "--yes", "--json").stdout)
    assert document["preflight"] == {"ok": True, "rows": []}
    world.preflight = Preflight.of([SHORT])
    skipped = call("up", "dev", "--yes", "--skip-preflight", "--json")
    assert (skipped.exit_code, "preflight" in json.loads(skipped.stdout)) == (0, False)
    assert world.asked == [False]


def test_the_local_cloud_is_asked_only_when_wanted(world: World) -> None:
    world.preflight = Preflight.of([SHORT])
    assert call("up").exit_code == 0
    assert call("up", "prod", "--local").exit_code == 0
    assert world.asked == []
    assert call("up", "--preflight").exit_code == 5
    assert world.asked == [True]


def test_a_policy_and_the_ceiling_come_before_the_account(world: World) -> None:
    world.mode, world.preflight, world.over = "aws", Preflight.of([SHORT]), True
    assert call("up", "dev", "--yes").exit_code == 4


def test_preflight_exits_with_5_when_something_is_short_and_not_for_unknown_rows(world: World) -> None:
    lost = Row(kind="permission", code="iam", need=3.0, have="?", says="not told", state=State.UNKNOWN)
    world.preflight = Preflight.of([lost, SHORT])
    done = call("preflight", "dev", "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["ok"], world.asked) == (5, False, [False])
    assert document["rows"][0] == {
        "kind": "quota",
        "code": "L-1",
        "state": "short",
        "need": 8,
        "have": 5,
        "message": "nodes: 8 vCPU; aws quotas L-1",
        "way_out": ["aws quotas L-1", "https://q"],
    }
    world.preflight = Preflight.of([lost])
    done = call("preflight")
    assert done.exit_code == 0
    assert "unknown" in done.stdout
    assert "fits, 1 unknown, 0 asked and fine" in done.stdout


def test_report_asks_the_account_when_told_to(world: World) -> None:
    world.preflight = Preflight.of([SHORT])
    done = call("report", "--stack", "dev", "--ask-account", "--json")
    assert "the account lacks quota or capacity" in json.loads(done.stdout)["blocks"]
    assert call("report", "--from", "plan.json", "--ask-account").exit_code == 2
