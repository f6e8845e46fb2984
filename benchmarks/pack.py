"""What the policy pack adds to a preview: a plain Pulumi with `--policy-pack policies` beside one without, and our own verb.

`python -m benchmarks.pack [--rounds 5]`. The local stack (without its training and endpoint) is up on a fresh local cloud, so a
preview finds no change. Plain previews are of one Automation API process that has run the program once, in turns; `slipway
preview` is a whole process, as typed, which judges and prices the same plan by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.conditions import conditions, median, table
from benchmarks.guards import timed
from tests.e2e.stacks import without_workloads
from tests.support.stacks import config_of
from tools.engine.home import REPOSITORY, StackPlace

_PLAIN = """
import json, sys, time
from pulumi import automation as auto
from infra.program import program

pack, work, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
options = auto.LocalWorkspaceOptions(work_dir=work)
stack = auto.create_or_select_stack("local", project_name="slipway", program=program, opts=options)

def preview(packs):
    begun = time.perf_counter()
    result = stack.preview(policy_packs=packs, color="never")
    return time.perf_counter() - begun, sum(result.change_summary.values())

preview(None), preview([pack])
pairs = [(preview(None), preview([pack])) for _ in range(rounds)]
print(json.dumps({"plain": [one[0] for one, _ in pairs], "packed": [two[0] for _, two in pairs], "resources": pairs[0][0][1]}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as home:
        stacks = Path(home, "stacks")
        stacks.mkdir()
        config = config_of("local")
        without_workloads(config)
        (stacks / "Pulumi.local.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")
        env = {**os.environ, "SLIPWAY_HOME": home, "SLIPWAY_PORT": "0", "SLIPWAY_STACKS": str(stacks)}
        try:
            _slipway(env, "up")
            found = _plain(env, StackPlace(home=Path(home), mode="local", stack="local").work, rounds)
            ours = timed(lambda: _slipway(env, "preview"), rounds)
        finally:
            _slipway(env, "local", "stop")
    plain, packed = found["plain"], found["packed"]
    added = [two - one for one, two in zip(plain, packed, strict=True)]
    print(f"{found['resources']} resources, {rounds} rounds; {conditions()}\n")
    rows = [
        (name, *(f"{of(seconds):.2f}" for of in (median, min, max)))
        for name, seconds in (
            ("plain preview", plain),
            ("plain preview with the pack", packed),
            ("the pack adds, round by round", added),
            ("slipway preview", ours),
        )
    ]
    print(table(("what", "median (s)", "min", "max"), rows))


def _slipway(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "tools.cli", *arguments, "--json"], env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _plain(env: dict[str, str], work: Path, rounds: int) -> dict[str, list[float]]:
    """The rounds of a user's own script, with what `local env` exports."""
    exported = {**env, **json.loads(_slipway(env, "local", "env")), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", _PLAIN, str(REPOSITORY / "policies"), str(work), str(rounds)]
    done = subprocess.run(command, env=exported, cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
