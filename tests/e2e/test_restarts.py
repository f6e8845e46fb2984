"""The cloud goes and comes back under a stack: no verb says that something is there when it isn't."""

from __future__ import annotations

import socket

import pytest

from localcloud import client
from tests.e2e import inventory
from tests.e2e.slipway import Slipway


@pytest.fixture(scope="module")
def up(here: Slipway) -> int:
    """How many resources the stack has; it is up on a cloud whose preferred port was taken."""
    here.be_small()
    here.run("local", "stop")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = here.run("up", "--json", env={"SLIPWAY_PORT": str(port)})
        assert f"port {port} is taken" in answer.err
        assert here.cloud().endpoint != f"http://127.0.0.1:{port}"
        assert here.ask("local", "status")["port_was_taken"] == port
    return int(answer.json["changes"]["create"])


def test_a_cloud_on_another_port_is_found_by_every_verb(here: Slipway, up: int) -> None:
    assert here.ask("preview")["changes"]["same"] == up
    inventory.same(here, "local")


def test_after_a_stop_preview_says_so_and_plans_to_build_it_all_again(here: Slipway, up: int) -> None:
    assert here.ask("local", "stop") == {"stopped": True}
    assert client.find(here.home) is None
    assert here.processes() == {}
    assert here.ask("local", "status", code=1) == {"running": False}
    assert here.ask("local", "stop") == {"stopped": False}
    answer = here.run("preview", "--json")
    assert "the local cloud was restarted and is empty" in answer.err
    assert answer.json["changes"]["create"] == up
    assert answer.json["cost"]["before_usd"] == 0


def test_the_next_up_builds_it_again(here: Slipway, up: int) -> None:
    assert here.ask("up")["changes"]["create"] == up
    inventory.same(here, "local")


def test_what_was_deleted_behind_our_back_is_made_again(here: Slipway, up: int) -> None:
    queues = here.boto("sqs").list_queues()["QueueUrls"]
    here.boto("sqs").delete_queue(QueueUrl=queues[0])
    assert {"aws:sqs/queue:Queue"} <= {item["type"] for item in here.ask("refresh")["resources"] if item["op"] == "delete"}
    document = here.ask("up")
    assert {"aws:sqs/queue:Queue"} <= {item["type"] for item in document["resources"] if item["op"] == "create"}
    inventory.same(here, "local")


def test_reset_empties_the_cloud_and_destroy_then_finds_nothing(here: Slipway, up: int) -> None:
    assert here.ask("local", "reset") == {"reset": True}
    answer = here.run("destroy", "--json")
    assert "the local cloud was restarted and is empty" in answer.err
    assert (answer.json["deleted"], answer.json["orphans"]) == (0, [])
    assert here.made("local") == 0
