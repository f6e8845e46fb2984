import subprocess
from pathlib import Path

from tools.engine import scripts


def test_the_pack_s_runtime_options_do_not_reach_the_sdk_which_knows_none_of_them(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    script = scripts.write(tmp_path / "scripts") / "pulumi-analyzer-policy-python"
    said = subprocess.run(
        [script, "-virtualenv=../.venv", "127.0.0.1:1", "-toolchain=uv", "/a pack"],
        env={"PULUMI_PYTHON_CMD": str(python), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.splitlines() == ["-u", "-m", "pulumi.policy", "127.0.0.1:1", "/a pack"]
