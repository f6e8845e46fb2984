"""How preview and up grow with the number of resources: ours beside the engine's own defaults, in one run.

`python -m benchmarks.growth [--sizes 100,300,1000] [--ours-only]`. One stack of N mixed resources (buckets, their settings, log
groups, topics, roles) on a fresh local cloud. "ours": no checkpoint at every step, diffs side by side (ADR 0002 says why a crash
is survived). "defaults": the engine as it comes, which writes its whole state at every step; `--ours-only` leaves them out (an
hour at 5,000). Both on the same attached provider.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.conditions import conditions, table

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)

HEADING = ("resources", "what", "ours (s)", "ours a resource (ms)", "engine's defaults (s)", "ratio")


def program(size: int) -> Callable[[], None]:
    """An inline program of `size` resources."""

    def declare() -> None:
        import pulumi_aws as aws

        for number in range(size):
            kind = number % 5
            if kind == 0:
                bucket = aws.s3.Bucket(f"b{number}")
            elif kind == 1:
                aws.s3.BucketVersioning(f"v{number}", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
            elif kind == 2:
                aws.cloudwatch.LogGroup(f"l{number}", retention_in_days=30)
            elif kind == 3:
                aws.sns.Topic(f"t{number}")
            else:
                aws.iam.Role(f"r{number}", assume_role_policy=_TRUST)

    return declare


@contextmanager
def running_home() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as home:
        yield {**os.environ, "SLIPWAY_HOME": home, "SLIPWAY_PORT": "0"}
        from localcloud import client

        cloud = client.find(Path(home))
        if cloud is not None:
            cloud.stop()


def measure(size: int, ours: bool) -> dict[str, float]:
    """Seconds of preview, up, preview of no change, destroy."""
    from tools.engine import sessions
    from tools.engine.stack_ref import StackRef

    seconds: dict[str, float] = {}
    with running_home() as env:
        settings = {"SLIPWAY_CHECKPOINTS": "" if ours else "1"}

        def timed(name: str, verb: str) -> None:
            begun = time.monotonic()
            with sessions.open_stack(StackRef(), verb, program=program(size), env={**env, **settings}) as session:
                if not ours:
                    for key in ("PULUMI_PARALLEL_DIFF", "PULUMI_EXPERIMENTAL"):
                        session.runner.env = {k: v for k, v in session.runner.env.items() if k != key}
                run = getattr(session.runner, verb)
                result = run() if verb == "preview" else session.changing(run)
            assert result.ok, result.faults
            seconds[name] = time.monotonic() - begun

        from localcloud import client

        client.ensure(Path(env["SLIPWAY_HOME"]))
        timed("warm-up", "preview")
        timed("preview", "preview")
        timed("up", "up")
        timed("no change", "preview")
        timed("destroy", "destroy")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,300,1000")
    parser.add_argument("--ours-only", action="store_true")
    options = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    for size in [int(text) for text in options.sizes.split(",")]:
        us = measure(size, ours=True)
        them = {} if options.ours_only else measure(size, ours=False)
        for verb in ("preview", "up", "no change", "destroy"):
            compared = (them[verb], f"{us[verb] / them[verb]:.2f}") if them else ("not run", "")
            rows.append((size, verb, us[verb], f"{us[verb] / size * 1000:.1f}", *compared))
        print(table(HEADING, rows[-4:]), flush=True)
    print(f"\n{conditions()}\n")
    print(table(HEADING, rows))


if __name__ == "__main__":
    main()
