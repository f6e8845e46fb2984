"""The Pulumi program: settings in, resources declared, outputs exported. `tools.engine` runs it inline, the CLI as `main`."""

from __future__ import annotations

from infra.outputs import export
from infra.stack import build
from infra.stack_file import from_pulumi


def program() -> None:
    """Declares the selected stack. Raises SettingsError, with every fault, before anything is declared."""
    export(build(from_pulumi()))
