import json
import os
from pathlib import Path

import pytest

from localcloud import client
from localcloud.calls import PROTOCOL_VERSION
from localcloud.client import daemon_environment, preferred_port


def test_the_port_is_the_daemon_s_own_choice_unless_set() -> None:
    assert preferred_port({}) is None
    assert preferred_port({"SLIPWAY_PORT": ""}) is None
    assert preferred_port({"SLIPWAY_PORT": "0"}) == 0
    assert preferred_port({"SLIPWAY_PORT": "4848"}) == 4848


@pytest.mark.parametrize("text", ["abc", "-3", "99999", "80.5"])
def test_what_is_no_port_is_said_before_anything_starts(text: str) -> None:
    with pytest.raises(ValueError, match="SLIPWAY_PORT"):
        preferred_port({"SLIPWAY_PORT": text})


def test_neither_keys_nor_profile_of_a_real_account_reach_the_daemon_and_its_jobs() -> None:
    real = {"AWS_PROFILE": "prod", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SESSION_TOKEN": "t", "PATH": "/bin", "no_proxy": "corp"}
    given = daemon_environment(real)
    assert not {"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"} & set(given)
    assert given["AWS_SHARED_CREDENTIALS_FILE"] == given["AWS_CONFIG_FILE"] == "/dev/null"
    assert given["PATH"] == "/bin"
    assert given["NO_PROXY"] == given["no_proxy"] == "corp,127.0.0.1,localhost"


def test_a_daemon_of_another_version_is_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is as the first version wrote it: without a version and with the port of one provider."""
    (tmp_path / "daemon.json").write_text(
        json.dumps({"endpoint": "http://127.0.0.1:1", "provider_port": 7, "pid": os.getpid(), "epoch": "e", "token": "t"})
    )
    monkeypatch.setattr(client.CloudClient, "status", lambda self: {"epoch": "e"})
    found = client.find(tmp_path)
    assert found is not None
    assert (found.version, found.providers) == (1, {"aws": 7}), "`local status` and `local stop` still reach it"
    with pytest.raises(client.LocalCloudError, match=r"another version of slipway.*\./slipway local stop"):
        client.ensure(tmp_path)


def test_the_ports_of_all_providers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"version": PROTOCOL_VERSION, "endpoint": "http://127.0.0.1:1", "pid": os.getpid(), "epoch": "e", "token": "t"}
    (tmp_path / "daemon.json").write_text(json.dumps({**told, "providers": {"aws": 7, "kubernetes": 8}}))
    monkeypatch.setattr(client.CloudClient, "status", lambda self: {"epoch": "e"})
    assert client.ensure(tmp_path).providers == {"aws": 7, "kubernetes": 8}
