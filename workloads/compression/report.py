"""The report on a compressed model beside its original: size, speed, quality, and the gate's verdict."""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import nn

from workloads.compression.settings import CompressionSettings
from workloads.compression.speed import MOST_NOISE, Timing, slowest

CPUINFO: Final = Path("/proc/cpuinfo")
FORMAT_VERSION: Final = 1
CHUNK: Final = 1 << 20
# 0.99 - 0.98 is a little more than 0.01 in binary; a limit is meant as it is written.
ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Which metric of a task says how good a model is."""

    metric: str
    rises: bool  # whether a higher figure is better

    def drop(self, original: float, compressed: float) -> float:
        """How much worse the compressed model is (below 0: better): in points for a metric that rises to 1, else as a share."""
        return original - compressed if self.rises else (compressed - original) / original


JUDGES: Final[Mapping[str, Judge]] = MappingProxyType(
    {"digits": Judge(metric="test_accuracy", rises=True), "language": Judge(metric="test_loss", rises=False)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`weights_bytes` is the file's, `archive_bytes` what it takes in a gzip archive, as S3 keeps it."""

    weights_bytes: int
    archive_bytes: int
    parameters: int
    zeros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Both models, measured in one run."""

    task: str
    size: tuple[Size, Size]  # original, compressed
    quality: tuple[Mapping[str, float], Mapping[str, float]]
    speed: Sequence[Timing]
    conditions: Mapping[str, Any]

    @property
    def judge(self) -> Judge:
        return JUDGES[self.task]

    @property
    def size_ratio(self) -> float:
        return self.size[1].weights_bytes / self.size[0].weights_bytes

    @property
    def quality_drop(self) -> float:
        before, after = (metrics[self.judge.metric] for metrics in self.quality)
        return self.judge.drop(before, after)

    def metrics(self) -> dict[str, float]:
        """The metrics that the job prints."""
        return {
            "size_ratio": self.size_ratio,
            "archive_ratio": self.size[1].archive_bytes / self.size[0].archive_bytes,
            "parameter_ratio": self.size[1].parameters / self.size[0].parameters,
            "sparsity": self.size[1].zeros / self.size[1].parameters,
            "speedup": slowest(self.speed).speedup,
            "quality_drop": self.quality_drop,
            **self.quality[1],
        }


def size_of(model: nn.Module, weights: Path) -> Size:
    """The size of a saved model. Weights that a tensor packs are counted one by one; a zero is one that computes as zero."""
    parameters = zeros = 0
    for parameter in model.parameters():
        parameters += parameter.numel()
        plain: Any = parameter
        zeros += int((plain.dequantize() == 0).sum()) if hasattr(plain, "qdata") else int((parameter == 0).sum())
    packed, press = 0, zlib.compressobj(level=1)
    with weights.open("rb") as file:
        while chunk := file.read(CHUNK):
            packed += len(press.compress(chunk))
    return Size(
        weights_bytes=weights.stat().st_size,
        archive_bytes=packed + len(press.flush()),
        parameters=parameters,
        zeros=zeros,
    )


def faults(measured: Measured, settings: CompressionSettings) -> list[str]:
    """The limits that are broken, each with its figure and the way out. A figure that is no number breaks its limit too."""
    found = []
    before, after = (metrics[measured.judge.metric] for metrics in measured.quality)
    if not measured.quality_drop <= settings.max_quality_drop + ROUNDING:
        found.append(
            f"quality_drop is {measured.quality_drop:.4f} ({measured.judge.metric} {before:.4f} became {after:.4f}), above "
            f"max_quality_drop {settings.max_quality_drop:g}; take a milder recipe{_milder(settings)}, train the model on, or "
            "raise max_quality_drop"
        )
    least = slowest(measured.speed)
    forgiven = min(least.noise, MOST_NOISE)
    if not least.speedup * (1 + forgiven) >= settings.min_speedup:
        found.append(
            f"speedup is {least.speedup:.3f} (batches of {least.rows}, {forgiven:.1%} of noise forgiven), below min_speedup "
            f"{settings.min_speedup:g}; take another recipe or runtime, or lower min_speedup if the size is worth it"
        )
    if not measured.size_ratio <= settings.max_size_ratio:
        found.append(
            f"size_ratio is {measured.size_ratio:.3f} ({measured.size[0].weights_bytes} bytes became "
            f"{measured.size[1].weights_bytes}), above max_size_ratio {settings.max_size_ratio:g}; take another recipe, or raise "
            "max_size_ratio"
        )
    return found


def as_dict(measured: Measured, settings: CompressionSettings, found: Sequence[str]) -> dict[str, Any]:
    """compression.json."""
    names = ("original", "compressed")
    return {
        "format_version": FORMAT_VERSION,
        "task": measured.task,
        "recipe": settings.recipe,
        "passed": not found,
        "faults": list(found),
        "metrics": measured.metrics(),
        "size": dict(zip(names, map(asdict, measured.size), strict=True)),
        "quality": {"judged_by": measured.judge.metric, **dict(zip(names, map(dict, measured.quality), strict=True))},
        "speed": [timing.as_dict() for timing in measured.speed],
        "limits": {name: getattr(settings, name) for name in ("max_quality_drop", "min_speedup", "max_size_ratio")},
        "settings": settings.as_dict(),
        "conditions": dict(measured.conditions),
    }


def as_markdown(document: Mapping[str, Any]) -> str:
    """compression.json as a table for people."""
    size, quality = document["size"], document["quality"]
    rows = [("", "original", "compressed", "ratio")]
    for name, shown in (
        ("weights_bytes", "weights, bytes"),
        ("archive_bytes", "weights in a gzip archive, bytes"),
        ("parameters", "parameters"),
        ("zeros", "zeros among them"),
    ):
        before, after = size["original"][name], size["compressed"][name]
        rows.append((shown, f"{before:,}", f"{after:,}", f"{after / before:.3f}" if before else ""))
    for name, before in quality["original"].items():
        rows.append((name, f"{before:.4f}", f"{quality['compressed'][name]:.4f}", ""))
    for timing in document["speed"]:
        rows.append(
            (
                f"latency, {timing['rows']} rows, median ms",
                f"{timing['original_ms']:.3f}",
                f"{timing['compressed_ms']:.3f}",
                f"speedup {timing['speedup']:.3f} (cheapest of {timing['compressed_calls']} calls, noise {timing['noise']:.1%})",
            )
        )
        rows.append(
            (
                f"throughput, {timing['rows']} rows, rows/s",
                f"{timing['original_rows_per_second']:,.0f}",
                f"{timing['compressed_rows_per_second']:,.0f}",
                "",
            )
        )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "| --- | ---: | ---: | --- |")
    verdict = "passed" if document["passed"] else "; ".join(["failed", *document["faults"]])
    conditions = ", ".join(f"{name} {value}" for name, value in document["conditions"].items())
    return "\n".join(
        [
            f"# {document['recipe']} of a {document['task']} model",
            "",
            *lines,
            "",
            f"Gate: {verdict}.",
            "",
            f"Measured: {conditions}.",
            "",
        ]
    )


def processor() -> str:
    """The name of this machine's processor, asked of Linux or macOS; its architecture where neither tells."""
    import platform

    try:
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return _sysctl("machdep.cpu.brand_string") or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _sysctl(name: str) -> str:
    """A fact of the kernel on macOS and BSD; empty where there is no such command or fact."""
    try:
        return subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor()


def _milder(settings: CompressionSettings) -> str:
    pruned = any(step.uses_sparsity for step in settings.steps)
    return f" or a sparsity below {settings.sparsity:g}" if pruned else ""
