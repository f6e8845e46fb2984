"""What every settings section is made of: a frozen model in camelCase, faults, and the place a section is checked in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from infra.base.naming import Naming


class _Missing:
    """Stands for a value that the file does not give."""

    def __repr__(self) -> str:
        return "(missing)"


MISSING: Final = _Missing()


class Fault(NamedTuple):
    """One thing wrong with a stack file: the key's path (`slipway:network.cidr`), the value got, what is wrong, the way out."""

    path: str
    value: Any
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.value is MISSING else f"{self.path} = {self.value!r}: {self.message}"


class SettingsError(ValueError):
    """A stack file that cannot be used. `.faults` holds every fault found, not only the first."""

    def __init__(self, source: str, faults: tuple[Fault, ...]) -> None:
        self.source = source
        self.faults = faults
        count = f"{len(faults)} fault" + ("" if len(faults) == 1 else "s")
        super().__init__(f"{source}: {count}\n" + "\n".join(f"  {fault}" for fault in faults))


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a section's settings will be used; what its checks across fields may need."""

    region: str
    account_id: str
    naming: Naming
    zone_names: tuple[str, ...]


class Section(BaseModel):
    """A settings section: frozen, no unknown keys, camelCase in the file and snake_case in Python.

    Field validators find what is wrong with one value; `faults` finds what is wrong between values, and runs
    even when other sections are wrong, so that all faults come out at once.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, defer_build=True
    )

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        """Faults between this section's values. `path` is the section's own (`slipway:network`)."""
        yield from ()

    def all_faults(self) -> Iterator[Fault]:
        """Every fault between values; the model of a whole file asks its sections."""
        yield from ()
