"""The settings of workload `compress`: defaults, limits and meanings, checked by `workloads/settings.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from workloads.compression import exports, formats, recipes
from workloads.errors import HyperparameterError
from workloads.settings import DEVICES, Settings, about, one_of, within

WHAT, QUALITY, SPEED, LIMITS = "what to do", "how quality is measured", "how speed is measured", "limits of the gate"
RUNTIMES: Final = ("eager", "compiled")
MOST_ROWS: Final = 4096
# Settings that are texts and may come as a number or a JSON list: `batch_sizes=8`.
_TEXTS: Final = ("recipe", "export", "batch_sizes", "data_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionSettings(Settings):
    """What is done to a model, and the limits it must keep."""

    recipe: str = field(default="", metadata=about(WHAT, f"steps joined by +: {', '.join(recipes.BY_NAME)}"))
    sparsity: float = field(default=0.5, metadata=within(0.0, 0.99, WHAT, "share of weights, channels or neurons to prune"))
    export: str = field(default="", metadata=about(WHAT, f"formats with commas between: {', '.join(formats.BY_NAME)}"))
    export_tolerance: float = field(
        default=0.0,
        metadata=within(0.0, 1.0, WHAT, "largest difference of a logit, as a share of the largest logit; 0: by the precision"),
    )
    data_uri: str = field(default="", metadata=about(QUALITY, "folder or s3:// address that holds `test`; empty: that channel"))
    max_rows: int = field(default=0, metadata=within(0, 10**9, QUALITY, "evaluate on so many rows; 0: all"))
    batch_sizes: str = field(default="1,8", metadata=about(SPEED, "rows a call, with commas between"))
    rounds: int = field(default=12, metadata=within(4, 1000, SPEED, "turns each model gets; more are added while it is noisy"))
    runtime: str = field(default="eager", metadata=one_of(RUNTIMES, SPEED, "how both models run; compiled is torch.compile"))
    device: str = field(
        default="auto", metadata=one_of(DEVICES, SPEED, "where both models run; auto takes a GPU if there is one")
    )
    # One point of accuracy, or a loss higher by a hundredth: two runs with different seeds differ by more.
    max_quality_drop: float = field(
        default=0.01, metadata=within(0.0, 100.0, LIMITS, "accuracy lost in points of 1, or loss gained as a share of it")
    )
    # Below 1, because most recipes save bytes and leave the time as it is, and users notice about a tenth.
    min_speedup: float = field(
        default=0.9,
        metadata=within(0.0, 1000.0, LIMITS, "times as fast, at the batch size that gains least; above 1 asks for speed"),
    )
    max_size_ratio: float = field(
        default=1.0, metadata=within(0.001, 10.0, LIMITS, "bytes of the weights as a share of the original's")
    )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Check values (JSON-parsed) and fill in defaults. Raises one `HyperparameterError` that names every fault."""
        texts = {key: _as_text(value) if key in _TEXTS else value for key, value in values.items()}
        return super(CompressionSettings, cls).from_mapping(
            texts
        )  # not super(): `slots=True` replaces the class, and super() would look for the one written here

    def faults(self) -> list[str]:
        """The faults of recipe, formats and batch sizes, each with the way out."""
        faults = []
        if not self.recipe and not self.export:
            faults.append(
                f"recipe and export are both empty; name a recipe ({', '.join(recipes.BY_NAME)}) or a format to export "
                f"({', '.join(formats.BY_NAME)})"
            )
        for read in (lambda: self.steps, lambda: self.formats, lambda: self.rows):
            try:
                read()
            except HyperparameterError as error:
                faults.append(str(error))
        return faults

    @property
    def steps(self) -> tuple[recipes.Step, ...]:
        return recipes.parse(self.recipe) if self.recipe else ()

    @property
    def formats(self) -> tuple[formats.Format, ...]:
        return exports.parse(self.export)

    @property
    def rows(self) -> tuple[int, ...]:
        """The batch sizes, smallest first."""
        texts = [text.strip() for text in self.batch_sizes.split(",")]
        if not all(text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_ROWS for text in texts):
            raise HyperparameterError(
                f"batch_sizes is {self.batch_sizes!r}; it must be whole numbers from 1 to {MOST_ROWS} with commas between, as 1,8"
            )
        return tuple(sorted({int(text) for text in texts}))


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
