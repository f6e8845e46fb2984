"""pip's settings of this machine as build secrets: pip in a build can use a mirror and its certificate, and no layer has them."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

# Where the build finds the certificate (the Dockerfile's secret `ca`).
_CERTIFICATE: Final = "/run/secrets/ca"
_TAKEN: Final = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")


@contextmanager
def secrets() -> Iterator[dict[str, Path]]:
    """Secret id -> file: `pip` (a pip.conf) and `ca` where pip has a certificate; empty where pip has no settings of its own."""
    settings = _settings()
    certificate = settings.pop("cert", "")
    if not settings and not certificate:
        yield {}
        return
    with TemporaryDirectory(prefix="slipway-pip-") as name:
        found = {"pip": Path(name, "pip.conf")}
        if certificate and Path(certificate).is_file():
            settings["cert"] = _CERTIFICATE
            found["ca"] = Path(certificate)
        lines = "".join(f"{key} = {value.replace('%', '%%')}\n" for key, value in settings.items())
        found["pip"].touch(mode=0o600)
        found["pip"].write_text(f"[global]\n{lines}", encoding="utf-8")
        yield found


def _settings() -> dict[str, str]:
    """pip's settings from its files and from the environment, which overrides the files."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, env={**os.environ}
    )
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.read_string("[pip]\n" + done.stdout)
    found: dict[str, str] = {}
    for key, value in sorted(parser["pip"].items(), key=lambda item: item[0].startswith(":env:")):
        name = key.rpartition(".")[2]
        if name in (*_TAKEN, "cert"):
            found[name] = value.strip("'\"").replace("\\n", "\n    ")
    return found
