"""The Pulumi program: settings in, resources declared, outputs exported. `tools.engine` runs it inline, the CLI as `main`."""

from __future__ import annotations

from infra.settings import from_pulumi
from infra.stack import build


def program() -> None:
    """Declares the selected stack. Raises SettingsError, with every fault, before anything is declared."""
    build(from_pulumi()).export()
