"""The daemon's own calls as the tools make them: with the token, in JSON, answered in the forms of `calls.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
from werkzeug.test import Client

from catalog.types import s3
from localcloud import calls
from localcloud.cloud import Cloud
from localcloud.control import PREFIX, TOKEN_HEADER, Control

TOKEN = "the-token"
URN = f"urn:pulumi:local::slipway::{s3.BUCKET.token}::raw"


class Daemon:
    """What the calls do to the process that serves them."""

    def __init__(self, cloud: Cloud) -> None:
        self.did: list[str] = []
        self.control = Control(
            cloud=cloud,
            token=TOKEN,
            endpoint="http://127.0.0.1:1",
            port_was_taken=4747,
            on_stop=lambda: self.did.append("stopped"),
            on_reset=lambda: self.did.append("announced"),
        )

    def ask(self, verb: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
        answer = Client(self.control).post(f"{PREFIX}{verb}", json=body or {}, headers={TOKEN_HEADER: token})
        return answer.status_code, answer.json


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    cloud = Cloud(tmp_path_factory.mktemp("home"), "http://127.0.0.1:1")
    cloud.reset()
    yield Daemon(cloud)
    cloud.stop()


def test_nobody_without_the_token_is_answered(daemon: Daemon) -> None:
    status, answer = daemon.ask("stop", token="guessed")
    assert status == 403
    assert TOKEN_HEADER in answer["error"]
    assert daemon.did == []


def test_a_call_that_is_not_there_names_those_that_are(daemon: Daemon) -> None:
    status, answer = daemon.ask("explode")
    assert status == 404
    assert "'explode'" in answer["error"]
    assert "orphans" in answer["error"]


def test_a_call_that_fails_says_what_failed(daemon: Daemon) -> None:
    status, answer = daemon.ask("orphans", {})
    assert (status, answer["error"]) == (500, "KeyError: 'stack'")


def test_the_status_has_every_key_that_is_promised(daemon: Daemon) -> None:
    _, answer = daemon.ask("status")
    assert answer.keys() == get_type_hints(calls.Status).keys()
    assert answer["providers"] == {"aws": answer["provider_port"]}
    assert answer["port_was_taken"] == 4747


def test_a_run_that_leaves_something_says_why_it_could_not_be_removed(daemon: Daemon) -> None:
    cloud = daemon.control.cloud
    identifier, outputs = cloud.engine.create(s3.BUCKET.token, {"bucket": "left-behind"})
    cloud.engine.clients("s3", "us-east-1").put_object(Bucket=identifier, Key="k", Body=b"x")
    cloud.ledger.keep(URN, s3.BUCKET.token, identifier, outputs)
    _, begun = daemon.ask("begin", {"stack": "local", "known": [{"urn": "urn:pulumi:local::slipway::a:b:C::lost", "id": "1"}]})
    assert begun["missing"] == ["urn:pulumi:local::slipway::a:b:C::lost"]
    _, ended = daemon.ask("end", {"run": begun["run"], "ok": True, "known": []})
    assert ended["swept"] == []
    assert [(item["urn"], item["id"]) for item in ended["left"]] == [(URN, identifier)]
    assert ended["left"][0]["reason"].startswith("BucketNotEmpty")


def test_freed_resources_come_with_what_the_state_must_say_of_them(daemon: Daemon) -> None:
    _, answer = daemon.ask("free", {"stack": "local"})
    assert answer["freed"] == [{"urn": URN, "id": "left-behind", "set": {"forceDestroy": True}}]
    assert daemon.control.cloud.ledger.of_stack("local")[0].outputs["forceDestroy"] is True


def test_a_reset_is_told_to_whoever_reads_the_epoch(daemon: Daemon) -> None:
    before = daemon.control.cloud.epoch
    _, answer = daemon.ask("reset")
    assert answer["epoch"] != before
    assert daemon.ask("orphans", {"stack": "local"})[1] == {"orphans": []}
    assert daemon.ask("stop")[1] == {"stopping": True}
    assert daemon.did == ["announced", "stopped"]
