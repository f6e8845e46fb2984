"""Mutants that no test can kill, because they are the rule: by name, with the reason."""

from __future__ import annotations

from typing import Final

EQUIVALENT: Final[dict[str, str]] = {}
