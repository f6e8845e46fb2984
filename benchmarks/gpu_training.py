"""Tokens a second and MFU of a decoder of about a billion weights on one CUDA GPU: eager, compiled, float8, peers beside.

`python -m benchmarks.gpu_training [--model 1b] [--rows 8] [--length 2048] [--steps 20] [--rounds 3] [--limit 420]`

Every row is a process of its own that has the GPU alone: bf16 with fp32 weights and AdamW; our trainer's real loop and the bare
loop eager and compiled, ours in float8 where the GPU has it, HF Trainer and Lightning eager. MFU is the trainer's own: what the
model computes a token (`DecoderConfig.flops_per_token`) over the datasheet's peak (`workloads/training/devices.py`). Only what
was measured is printed; a row that does not fit the memory, the GPU or the time left (`--limit` seconds in all) says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.conditions import conditions, table
from benchmarks.training import peers_there, versions


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: which loop, how."""

    loop: str
    precision: str = "bf16"
    compile: bool = False

    @property
    def name(self) -> str:
        return f"{self.loop}, {self.precision}, {'compiled' if self.compile else 'eager'}"


# In the order of what matters most, so that a short limit cuts the end.
CASES = (
    Case(loop="bare"),
    Case(loop="ours"),
    Case(loop="bare", compile=True),
    Case(loop="ours", compile=True),
    Case(loop="ours", precision="float8", compile=True),
    Case(loop="HF Trainer"),
    Case(loop="Lightning"),
    Case(loop="ours", precision="float8"),
)


def measure(case: Case, options: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """The case in its own process: `{"rates": [...], "mfu": x, "memory_gib": y}`, or `{"failure": why}`."""
    command = [sys.executable, "-m", "benchmarks.gpu_training", "--case", json.dumps(vars(case) | {"options": _plain(options)})]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=max(1.0, seconds), check=False)
    except subprocess.TimeoutExpired:
        return {"failure": f"not within the {seconds:.0f} s that were left"}
    if done.returncode:
        last = [line for line in done.stderr.strip().splitlines() if line.strip()]
        return {"failure": last[-1][:160] if last else f"exit code {done.returncode}"}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run_case(told: dict[str, Any]) -> dict[str, Any]:
    """In the case's process: sets up, warms up, measures. Needs the GPU."""
    import torch

    from benchmarks.contenders import CONTENDERS, Setup
    from workloads.models.decoder_config import PRESETS
    from workloads.training.devices import peak_flops

    options = told["options"]
    config = replace(PRESETS[options["model"]], positions=options["length"], vocabulary=options["vocabulary"])
    setup = Setup(
        config=config,
        rows=options["rows"],
        length=options["length"],
        device="cuda",
        precision=told["precision"],
        compile=told["compile"],
        batches=4,
    )
    train = CONTENDERS[told["loop"]](setup)
    train(options["steps"])
    rates = []
    for _ in range(options["rounds"]):
        seconds = train(options["steps"]).seconds
        rates.append(options["rows"] * options["length"] / seconds)
    middle = sorted(rates)[len(rates) // 2]
    peak = peak_flops(torch.device("cuda", 0), told["precision"])
    return {
        "rates": rates,
        "mfu": middle * config.flops_per_token(options["length"]) / peak if peak else None,
        "memory_gib": torch.cuda.max_memory_allocated() / 2**30,
    }


def rows(found: Sequence[tuple[Case, dict[str, Any]]]) -> list[tuple[object, ...]]:
    """A row each; the ratio is to the bare loop of the same compilation."""
    middles = {case: sorted(told["rates"])[len(told["rates"]) // 2] for case, told in found if "rates" in told}
    made: list[tuple[object, ...]] = []
    for case, told in found:
        if case not in middles:
            made.append((case.name, told["failure"], "", "", "", ""))
            continue
        bare = middles.get(Case(loop="bare", compile=case.compile))
        ratio = f"{middles[case] / bare:.3f}" if bare else ""
        mfu = f"{told['mfu']:.3f}" if told["mfu"] else "peak not known"
        spread = f"{min(told['rates']):.0f} to {max(told['rates']):.0f}"
        made.append((case.name, round(middles[case]), spread, ratio, mfu, f"{told['memory_gib']:.1f}"))
    return made


def hardware() -> str:
    """The GPU, its driver and CUDA, as they call themselves. Raises RuntimeError without one."""
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError(
            "this benchmark needs a CUDA GPU, and PyTorch sees none here; nothing was measured, nothing is estimated"
        )
    facts = torch.cuda.get_device_properties(0)
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    try:
        driver = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        driver = "unknown"
    return f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB, driver {driver}, CUDA {torch.version.cuda}"


def _plain(options: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ("model", "rows", "length", "vocabulary", "steps", "rounds")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="1b", help="preset of the decoder")
    parser.add_argument("--vocabulary", type=int, default=32_768)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--length", type=int, default=2048, help="tokens a row")
    parser.add_argument("--steps", type=int, default=20, help="a round; the first three are not timed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=420.0, help="seconds in all; rows that would begin later are left out")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(run_case(json.loads(options.case))))
        return 0
    try:
        machine = hardware()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    peers = not options.without_peers and peers_there()
    until = time.monotonic() + options.limit
    shape = f"decoder {options.model}, vocabulary {options.vocabulary}, {options.rows} x {options.length} tokens a step"
    print(f"{machine}; {conditions()}; {versions([case.name for case in CASES] if peers else ())}")
    print(f"{shape}, {options.steps} steps a round, {options.rounds} rounds\n")
    found = []
    for case in CASES:
        if case.loop in ("HF Trainer", "Lightning") and not peers:
            continue
        told = measure(case, options, until - time.monotonic())
        found.append((case, told))
        print(f"{case.name}: {told.get('failure') or [round(rate) for rate in told['rates']]}", file=sys.stderr, flush=True)
    print(table(("loop", "tokens/s (median)", "least to most", "of the bare loop", "MFU", "peak GiB"), rows(found)))
    return 0 if any("rates" in told for _, told in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
