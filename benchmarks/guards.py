"""The guards over a plan of 1,000 resources: its price, and the policies beside checkov's.

`python -m benchmarks.guards [--size 1000] [--rounds 7] [--checkov FOLDER/bin/checkov]`. Warm figures are of one process that has
read its tables; "from a file" is a whole command with the start of its process, ours and checkov's in turns on the same
resources, which checkov reads as a Terraform plan. CPU is that of the command and its children: on a machine that others use it
is steadier than the clock. checkov pins libraries of its own and wants an environment of its own: `uv venv E`, then
`uv pip install --python E/bin/python checkov==3.3.30`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.conditions import conditions, median, table
from catalog.types import cloudwatch, ebs, ec2, iam, kms, s3, sns, sqs

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
_TAGS = {"Environment": "dev", "Owner": "ml", "CostCenter": "research", "Project": "slipway"}
# What a resource is to pulumi-aws and to Terraform, and its properties by pulumi-aws's names; Terraform's in snake case.
KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (s3.BUCKET.token, "aws_s3_bucket", {"bucket": "data", "tags": _TAGS}),
    (s3.BUCKET_VERSIONING.token, "aws_s3_bucket_versioning", {"bucket": "data"}),
    (cloudwatch.LOG_GROUP.token, "aws_cloudwatch_log_group", {"name": "jobs", "retentionInDays": 30, "tags": _TAGS}),
    (sns.TOPIC.token, "aws_sns_topic", {"name": "alerts", "tags": _TAGS}),
    (sqs.QUEUE.token, "aws_sqs_queue", {"name": "work", "tags": _TAGS}),
    (iam.ROLE.token, "aws_iam_role", {"name": "job", "assumeRolePolicy": _TRUST, "tags": _TAGS}),
    (kms.KEY.token, "aws_kms_key", {"enableKeyRotation": True, "tags": _TAGS}),
    (ebs.VOLUME.token, "aws_ebs_volume", {"size": 100, "type": "gp3", "encrypted": True, "tags": _TAGS}),
    (ec2.SECURITY_GROUP.token, "aws_security_group", {"name": "nodes", "description": "nodes", "tags": _TAGS}),
    (ec2.INSTANCE.token, "aws_instance", {"instanceType": "m6i.xlarge", "ami": "ami-1", "tags": _TAGS}),
)


# The peer takes ten times as long: it runs in every third round.
PEER_EVERY = 3


def resources(size: int) -> list[dict[str, Any]]:
    """The plan as `check --resources` and `cost --resources` take it."""
    return [
        {"type": kind, "name": f"r{number}", "props": props}
        for number in range(size)
        for kind, _, props in [KINDS[number % len(KINDS)]]
    ]


def terraform(size: int) -> dict[str, Any]:
    """The same resources as a Terraform plan."""
    planned, configured = [], []
    for number in range(size):
        _, kind, props = KINDS[number % len(KINDS)]
        named = {"address": f"{kind}.r{number}", "mode": "managed", "type": kind, "name": f"r{number}"}
        planned.append({**named, "values": {_snake(key): value for key, value in props.items()}})
        configured.append({**named, "expressions": {}})
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "configuration": {"root_module": {"resources": configured}},
    }


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def timed(run: Callable[[], Any], rounds: int) -> list[float]:
    """Seconds of each of `rounds` runs."""
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return seconds


def warm(size: int, rounds: int) -> list[tuple[object, ...]]:
    """Price and policies in this process, tables read."""
    from catalog.instances import instance_table
    from policies.evaluate import evaluate
    from policies.rule import EVERY_TYPE
    from policies.rules import all_rules
    from tools.cost import estimate
    from tools.cost.hints import hints
    from tools.plan.view import Plan, from_json

    views = list(from_json(resources(size)))

    def price() -> None:
        plan = Plan(views)
        hints(plan, estimate(plan, region="us-east-1"), instance_table())

    def judge() -> None:
        evaluate(Plan(views))

    price()
    judge()
    rules = list(all_rules())
    pairs = sum(view.type in rule.types or EVERY_TYPE in rule.cards for rule in rules for view in views)
    priced, judged = timed(price, rounds), timed(judge, rounds)
    all_pairs = len(rules) * size
    told = f"{all_pairs / median(judged) / 1e6:.1f} million rules x resources a second; {pairs:,} of {all_pairs:,} meet a type"
    return [
        ("price and hints", *_of(priced), f"{size / median(priced):,.0f} resources a second"),
        ("policies", *_of(judged), told),
    ]


def from_a_file(size: int, rounds: int, checkov: Path | None) -> list[tuple[object, ...]]:
    """Whole commands over a file of the same resources."""
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as folder:
        ours, theirs = Path(folder, "resources.json"), Path(folder, "plan.json")
        ours.write_text(json.dumps(resources(size)), encoding="utf-8")
        theirs.write_text(json.dumps(terraform(size)), encoding="utf-8")
        env = {**os.environ, "SLIPWAY_HOME": folder, "SLIPWAY_PORT": "0"}

        def run(*command: str) -> Any:
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            return json.loads(done.stdout)

        def slipway(verb: str) -> Any:
            return run(sys.executable, "-m", "tools.cli", verb, "--resources", str(ours), "--json")

        assert len(slipway("check")["violations"]) > 0
        assert slipway("cost")["monthly_usd"] > 0
        commands: dict[str, Callable[[], Any]] = {
            "slipway cost": lambda: slipway("cost"),
            "slipway check": lambda: slipway("check"),
        }
        told = {"slipway cost": "", "slipway check": "1.0, by CPU 1.0"}
        peer = ""
        if checkov is not None:
            options = ("-f", str(theirs), "--framework", "terraform_plan", "-o", "json", "--compact", "--skip-download")
            summary = run(str(checkov), *options)["summary"]
            assert summary["resource_count"] == size, summary
            peer = f"checkov {summary['checkov_version']}"
            commands[peer] = lambda: run(str(checkov), *options)
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for number in range(rounds):
            for name, command in commands.items():
                if name != peer or number % PEER_EVERY == 0:
                    spent[name].append(_spent(command))
        seconds = {name: ([clock for clock, _ in runs], median([cpu for _, cpu in runs])) for name, runs in spent.items()}
        if peer:
            (theirs_s, theirs_cpu), (ours_s, ours_cpu) = seconds[peer], seconds["slipway check"]
            checks = summary["passed"] + summary["failed"]
            told[peer] = f"{median(theirs_s) / median(ours_s):.1f}, by CPU {theirs_cpu / ours_cpu:.1f} ({checks:,} results)"
        return [(name, *_of(clock), f"{cpu:.3f}", told[name]) for name, (clock, cpu) in seconds.items()]


def _spent(run: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the clock, and of CPU in the processes that `run` starts."""
    before, begun = os.times(), time.perf_counter()
    run()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begun, cpu


def _of(seconds: list[float]) -> tuple[str, str, str]:
    return f"{median(seconds):.3f}", f"{min(seconds):.3f}", f"{max(seconds):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--checkov", type=Path)
    options = parser.parse_args()
    print(f"{options.size} resources, {options.rounds} rounds; {conditions()}\n")
    print(table(("warm", "median (s)", "min", "max", "how many"), warm(options.size, options.rounds)), flush=True)
    print()
    head = ("from a file", "median (s)", "min", "max", "CPU (s)", "to ours")
    print(table(head, from_a_file(options.size, options.rounds, options.checkov)))


if __name__ == "__main__":
    main()
