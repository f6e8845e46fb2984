"""The two small scripts that Pulumi's official distribution puts beside the CLI, and that no Python package contains.

The engine looks on PATH for `pulumi-resource-pulumi-python`, to start a dynamic provider, and `pulumi-analyzer-policy-python`, to
start a Python policy pack. Our scripts start the same SDK modules with the interpreter of this environment.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_HEADER = """#!/bin/sh
# Written by tools/engine/scripts.py.
"""

SCRIPTS: Final = {
    "pulumi-resource-pulumi-python": _HEADER + 'exec "${PULUMI_PYTHON_CMD:-python3}" -u -m pulumi.dynamic "$@"\n',
    "pulumi-analyzer-policy-python": _HEADER
    + """# The pack's runtime options (PulumiPolicy.yaml) are for a language host; the interpreter is chosen already.
for argument do
    shift
    case $argument in
        -virtualenv=* | -toolchain=* | -typechecker=*) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
exec "${PULUMI_PYTHON_CMD:-python3}" -u -m pulumi.policy "$@"
""",
}


def write(folder: Path) -> Path:
    """Puts both scripts into `folder` (made if need be, each in one rename) and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in SCRIPTS.items():
        path = folder / name
        if path.exists() and path.read_text() == text and os.access(path, os.X_OK):
            continue
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.write_text(text)
        fresh.chmod(0o755)
        os.replace(fresh, path)
    return folder


def interpreter() -> str:
    """The interpreter that the scripts use: the one of this environment."""
    return sys.executable
