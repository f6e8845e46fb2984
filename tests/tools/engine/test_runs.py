from pathlib import Path

import pytest

from tools.engine.errors import EngineError
from tools.engine.home import StackPlace
from tools.engine.locate import Engine
from tools.engine.runs import StackRunner


def runner(tmp_path: Path, script: str) -> StackRunner:
    """A runner whose engine is a shell script."""
    path = tmp_path / "pulumi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    place = StackPlace(home=tmp_path / "home", mode="aws", stack="dev")
    place.prepare()
    return StackRunner(place=place, engine=Engine(path=path, version="3.259.0", source="PATH"), env={}, program=lambda: None)


def test_a_backend_that_nobody_logged_in_to_is_told_with_the_way_out(tmp_path: Path) -> None:
    script = 'echo "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions" >&2; exit 3'
    with pytest.raises(EngineError, match=r"pulumi login s3://.* or add --local") as raised:
        runner(tmp_path, script).outputs()
    assert "exit" not in str(raised.value)
    assert "stdout" not in str(raised.value)


def test_other_words_of_the_engine_are_kept_without_what_the_sdk_puts_around_them(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as raised:
        runner(tmp_path, 'echo "error: no such thing" >&2; exit 1').export()
    assert str(raised.value) == "no such thing"
