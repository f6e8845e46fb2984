"""Tokens a second of our trainer's real loop beside a bare PyTorch loop, HF Trainer and Lightning, in one run.

`python -m benchmarks.training [--model 1m] [--rows 16] [--length 128] [--steps 24] [--rounds 5] [--without-peers]`. All train the
same decoder from the same weights on the same batches, each in a process of its own, one at a time, in rounds, so that what else
the machine does meets all of them. A ratio is of one round; the aim is 0.98 of the bare loop. Beside it the same ratio in seconds
of CPU, which whoever else uses the machine changes less. Peers: requirements/benchmarks.in.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import math
import multiprocessing
import os
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.conditions import conditions, median, table

# The names in `contenders.CONTENDERS`, which imports PyTorch and so is left to the loops' own processes.
LOOPS = ("bare", "ours")
PEERS = ("HF Trainer", "Lightning")
# Idle processes' OpenMP threads spin for a moment after their work; the next one waits that long.
SETTLE_SECONDS = 0.3
SAME_WEIGHTS = 1e-4


@dataclass
class Contender:
    """One loop in its process. By round: `rates` are tokens a second, `cpu_rates` tokens a second of CPU."""

    name: str
    process: Any
    pipe: Any
    rates: list[float] = field(default_factory=list)
    cpu_rates: list[float] = field(default_factory=list)
    weights: float = math.nan

    def run(self, steps: int) -> tuple[float, float, float]:
        """Trains; `contenders.Measured`. Raises RuntimeError with the process's own traceback."""
        self.pipe.send(steps)
        try:
            answer = self.pipe.recv()
        except EOFError:
            raise RuntimeError(f"{self.name}: its process died") from None
        if isinstance(answer, str):
            raise RuntimeError(f"{self.name}: {answer}")
        seconds, cpu_seconds, weights = answer
        return float(seconds), float(cpu_seconds), float(weights)

    def end(self) -> None:
        self.pipe.close()
        self.process.join(10)
        if self.process.is_alive():
            self.process.terminate()


def begin(name: str, options: argparse.Namespace) -> Contender:
    """A process that sets the loop up and waits."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    process = context.Process(target=_serve, args=(name, vars(options), its), daemon=True)
    process.start()
    its.close()
    return Contender(name, process, mine)


def _serve(name: str, options: dict[str, Any], pipe: Any) -> None:
    os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"})
    try:
        from benchmarks.contenders import CONTENDERS, Setup
        from workloads.models.decoder_config import PRESETS

        config = replace(PRESETS[options["model"]], positions=options["length"])
        train = CONTENDERS[name](Setup(config=config, rows=options["rows"], length=options["length"]))
        while True:
            pipe.send(tuple(train(pipe.recv())))
    except EOFError:
        pass  # the parent has closed: done
    except BaseException:
        pipe.send(traceback.format_exc())


def measure(names: Sequence[str], options: argparse.Namespace) -> list[Contender]:
    """All rounds. Raises RuntimeError where a loop fails or trains something else than the others."""
    contenders: list[Contender] = []
    try:
        contenders = [begin(name, options) for name in names]
        for one in contenders:
            *_, one.weights = one.run(options.steps)  # warms up, and tells whether all train the same
        first = contenders[0]
        for one in contenders:
            if not math.isclose(one.weights, first.weights, rel_tol=SAME_WEIGHTS):
                raise RuntimeError(f"{one.name} ends with weights of length {one.weights}, {first.name} with {first.weights}")
        for number in range(options.rounds):
            for one in contenders[number % len(contenders) :] + contenders[: number % len(contenders)]:
                time.sleep(SETTLE_SECONDS)
                seconds, cpu_seconds, _ = one.run(options.steps)
                one.rates.append(options.rows * options.length / seconds)
                one.cpu_rates.append(options.rows * options.length / cpu_seconds)
    finally:
        for one in contenders:
            one.end()
    return contenders


def rows(contenders: Sequence[Contender]) -> list[tuple[object, ...]]:
    """A row each: median, least and most tokens a second, and the medians of the ratios to the bare loop, round by round."""
    bare = next(one for one in contenders if one.name == "bare")
    return [
        (
            one.name,
            round(median(one.rates)),
            round(min(one.rates)),
            round(max(one.rates)),
            ratio(one.rates, bare.rates),
            ratio(one.cpu_rates, bare.cpu_rates),
        )
        for one in contenders
    ]


def ratio(mine: Sequence[float], its: Sequence[float]) -> str:
    return f"{median([one / other for one, other in zip(mine, its, strict=True)]):.3f}"


def versions(names: Sequence[str]) -> str:
    packages = ["torch", *(["transformers", "accelerate", "lightning"] if len(names) > 2 else [])]
    return ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)


def peers_there() -> bool:
    """Whether the peers can be imported; says which cannot."""
    missing = [name for name in ("transformers", "accelerate", "lightning") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"{', '.join(missing)} not installed: uv pip install -r requirements/benchmarks.in, or --without-peers")
    return not missing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="1m", help="preset of the decoder")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--length", type=int, default=128, help="tokens a row")
    parser.add_argument("--steps", type=int, default=24, help="a round; the first three are not timed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-peers", action="store_true", help="only ours and the bare loop")
    options = parser.parse_args()
    if options.steps < 6 or options.rounds < 1:
        parser.error("--steps must be 6 or more, --rounds 1 or more")
    if not (options.without_peers or peers_there()):
        return 2
    names = [*LOOPS, *(() if options.without_peers else PEERS)]
    found = measure(names, options)
    shape = f"decoder {options.model}, {options.rows} x {options.length} tokens a step, {options.steps} steps a round"
    print(f"{shape}, {options.rounds} rounds; {conditions()}; {versions(names)}\n")
    print(table(("loop", "tokens/s (median)", "min", "max", "of the bare loop", "by CPU time"), rows(found)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
