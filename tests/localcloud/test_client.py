import pytest

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
