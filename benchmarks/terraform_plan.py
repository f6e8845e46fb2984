"""A preview beside `terraform plan`: the same resources, up on the same local cloud, nothing to change, whole processes in turns.

`python -m benchmarks.terraform_plan [--size 175] [--rounds 5] [--plugins FOLDER]`. The resources are those of benchmarks.growth;
the preview is judged by every rule as well. terraform must be on PATH; its aws provider comes from `--plugins` (a filesystem
mirror) or from where terraform finds it. A plan reads every resource from the cloud; with `-refresh=false` it does not, and a
preview of Pulumi does not either.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.conditions import conditions, median, table
from benchmarks.growth import program, running_home

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_SERVICES = ("s3", "sns", "iam", "sts", "logs")


def configuration(size: int, endpoint: str) -> dict[str, Any]:
    """The same resources as `benchmarks.growth.program(size)`, in Terraform's JSON form."""
    declared: dict[str, dict[str, Any]] = {}
    for number in range(size):
        kind = number % 5
        if kind == 0:
            bucket = f"b{number}"
            declared.setdefault("aws_s3_bucket", {})[bucket] = {"bucket": f"terraform-plan-{number}"}
        elif kind == 1:
            settings = {"bucket": f"${{aws_s3_bucket.{bucket}.id}}", "versioning_configuration": {"status": "Enabled"}}
            declared.setdefault("aws_s3_bucket_versioning", {})[f"v{number}"] = settings
        elif kind == 2:
            declared.setdefault("aws_cloudwatch_log_group", {})[f"l{number}"] = {"name": f"l{number}", "retention_in_days": 30}
        elif kind == 3:
            declared.setdefault("aws_sns_topic", {})[f"t{number}"] = {"name": f"t{number}"}
        else:
            role = {"name": f"r{number}", "assume_role_policy": json.dumps(_TRUST)}
            declared.setdefault("aws_iam_role", {})[f"r{number}"] = role
    provider = {
        "region": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
        "endpoints": [dict.fromkeys(_SERVICES, endpoint)],
    }
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": provider},
        "resource": declared,
    }


def spent(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> tuple[float, float]:
    """(seconds by the clock, seconds of CPU with all children) of a process that must succeed."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_ours(verb: str, size: int) -> None:
    """One verb of the program in this process, as a child of the benchmark."""
    from policies.evaluate import evaluate
    from tools.engine import sessions
    from tools.engine.stack_ref import StackRef
    from tools.plan.loaders import from_preview

    with sessions.open_stack(StackRef(), verb, program=program(size)) as session:
        run = getattr(session.runner, verb)
        result = run() if verb == "preview" else session.changing(run)
    assert result.ok, result.faults
    if verb == "preview":
        evaluate(from_preview(result.steps))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=175)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plugins", default="", help="a filesystem mirror of Terraform's providers")
    parser.add_argument("--ours", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        run_ours(options.ours, options.size)
        return
    if not shutil.which("terraform"):
        raise SystemExit("terraform is not on PATH, and it is the peer of this benchmark")
    from localcloud import client

    with running_home() as env, tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        place = Path(folder)
        cloud = client.ensure(Path(env["SLIPWAY_HOME"]))
        (place / "main.tf.json").write_text(json.dumps(configuration(options.size, cloud.endpoint)))
        mirror = [f"-plugin-dir={options.plugins}"] if options.plugins else []
        peer_env = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true"}
        spent(["terraform", "init", "-no-color", *mirror], place, peer_env)
        spent(["terraform", "apply", "-no-color", "-auto-approve"], place, peer_env)
        mine = [sys.executable, "-m", "benchmarks.terraform_plan", "--size", str(options.size), "--ours"]
        here = Path(__file__).resolve().parents[1]
        spent([*mine, "up"], here, env)
        commands = {
            "preview": ([*mine, "preview"], here, env),
            "terraform plan": (["terraform", "plan", "-no-color", "-detailed-exitcode"], place, peer_env),
            "terraform plan -refresh=false": (
                ["terraform", "plan", "-no-color", "-detailed-exitcode", "-refresh=false"], place, peer_env
            ),
        }  # fmt: skip
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for command, cwd, variables in commands.values():
            spent(command, cwd, variables)
        for _ in range(options.rounds):
            for name, (command, cwd, variables) in commands.items():
                measured[name].append(spent(command, cwd, variables))
    wall = {name: median([one[0] for one in found]) for name, found in measured.items()}
    cpu = {name: median([one[1] for one in found]) for name, found in measured.items()}
    rows = [
        (
            name,
            f"{wall[name]:.2f}",
            f"{cpu[name]:.2f}",
            f"{wall['preview'] / wall[name]:.2f}",
            f"{cpu['preview'] / cpu[name]:.2f}",
        )
        for name in commands
    ]
    print(f"{options.size} resources, nothing to change, {options.rounds} rounds in turns; {conditions()}\n")
    print(table(("what", "clock (s)", "CPU (s)", "preview / it, clock", "preview / it, CPU"), rows))


if __name__ == "__main__":
    main()
