import pytest

from tools.localcloud.client import preferred_port


def test_the_port_is_the_daemon_s_own_choice_unless_set() -> None:
    assert preferred_port({}) is None
    assert preferred_port({"SLIPWAY_PORT": ""}) is None
    assert preferred_port({"SLIPWAY_PORT": "0"}) == 0
    assert preferred_port({"SLIPWAY_PORT": "4848"}) == 4848


@pytest.mark.parametrize("text", ["abc", "-3", "99999", "80.5"])
def test_what_is_no_port_is_said_before_anything_starts(text: str) -> None:
    with pytest.raises(ValueError, match="SLIPWAY_PORT"):
        preferred_port({"SLIPWAY_PORT": text})
