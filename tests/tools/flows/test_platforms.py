"""The doctor's finding about the platform of a machine."""

from __future__ import annotations

import pytest

from tools.flows.platforms import described, here


@pytest.mark.parametrize(
    ("system", "machine", "locked", "said"),
    [
        ("Linux", "x86_64", True, "Linux x86_64: run and tested"),
        ("Linux", "aarch64", True, "Linux aarch64: resolved, never run"),
        ("Darwin", "arm64", True, "no CUDA"),
        ("Darwin", "x86_64", False, "no wheels for it"),
        ("Windows", "AMD64", False, "WSL 2"),
    ],
)
def test_the_doctor_says_whether_a_platform_is_tested_and_what_it_cannot_do(
    system: str, machine: str, locked: bool, said: str
) -> None:
    found = here(system, machine)
    assert found.locked == locked
    assert said in described(found)
    assert found.run == ((system, machine) == ("Linux", "x86_64"))
