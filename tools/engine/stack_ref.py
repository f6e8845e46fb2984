"""The stack that a verb works on: its name, whether the local cloud serves it, and the file with its settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine.home import stacks_path

# The stack that exists only in the local cloud.
LOCAL: Final = "local"
# The names that Pulumi takes for a stack. A name becomes part of paths, so a slash must not get through.
STACK_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRef:
    """A stack by its name. `local` says that the local cloud serves it; for the stack named `local` that is always so."""

    name: str = LOCAL
    local: bool = False

    def __post_init__(self) -> None:
        if self.name == LOCAL:
            object.__setattr__(self, "local", True)

    @property
    def words(self) -> str:
        """The arguments that name the stack: `local`, `dev`, `dev --local`."""
        return f"{self.name} --local" if self.local and self.name != LOCAL else self.name

    @property
    def argument(self) -> str:
        """The stack as a verb's argument, with a blank before it: ` dev`, ` dev --local`; "" for the default stack."""
        return "" if self.name == LOCAL else f" {self.words}"

    @property
    def option(self) -> str:
        """The stack as a verb's option, with a blank before it: ` --stack dev --local`; "" for the default stack."""
        return "" if self.name == LOCAL else f" --stack {self.words}"


def stack_source(stack: str, folder: Path | None = None) -> Path:
    """The stack file of a stack, in `folder` (None: the folder of stack files).

    Raises FileNotFoundError that names the stacks there are, ValueError for a name that Pulumi would not take.
    """
    folder = folder or stacks_path()
    if not STACK_NAME.fullmatch(stack):
        raise ValueError(f"{stack!r} is no name of a stack; use letters, digits, hyphens, underscores and dots, 100 at most")
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        there = sorted(p.name.removeprefix("Pulumi.").removesuffix(".yaml") for p in folder.glob("Pulumi.*.yaml") if p.is_file())
        raise FileNotFoundError(
            f"there is no stack {stack!r}: no {path.name} in {folder}. Stacks there: {', '.join(there) or 'none'}. "
            "Name one of them, or copy one to that name and change its values."
        )
    return path
