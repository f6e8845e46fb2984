"""Where the processes of a job find what the contract promises: /opt/ml, the names of their hosts, and a Python without us.

Linux gives each host of a job a mount namespace (`namespace.py`) with the job's folder at /opt/ml and a hosts file. Where it does
not (macOS, a container without the right), paths below /opt/ml are rewritten in what the job is given, and Python alone knows the
names (`script_site.py`); the job's log says so. Our own workloads read SAGEMAKER_BASE_DIR and MASTER_ADDR, and need neither.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import layout, namespace
from localcloud.services.sagemaker.shared import Shared

HOSTS_FILE = Path("/etc/hosts")
# A folder of the contract's root; `workloads/script_mode.py` puts it before the script's own.
OWN_PATHS = ".python"
SITE = Path(__file__).with_name("script_site.py")
FALLBACK = (
    "this machine gives a job no namespace of its own: paths below /opt/ml are rewritten in the job's hyperparameters, variables "
    "and arguments, not in its files; host names such as algo-1 are known to Python only, MASTER_ADDR is an address"
)


class Places:
    """The places of one job, of training or of processing: `hosts` are its hosts' names, each with a folder in `folder`."""

    def __init__(self, shared: Shared, folder: Path, hosts: Sequence[str], *, plain: bool) -> None:
        self._shared, self._folder, self._hosts, self._plain = shared, folder, hosts, plain
        self.own = not plain and namespace.available(shared.python, layout.CONTRACT_ROOT) and not self._would_hide()

    @property
    def note(self) -> str:
        """What the job's log says about where it runs; empty where all is as the contract says."""
        return "" if self.own or self._plain else FALLBACK

    @property
    def master(self) -> str:
        """MASTER_ADDR: the first host's name where every program can resolve it."""
        return self._hosts[0] if self.own else layout.LOOPBACK

    def base(self, host: str) -> Path:
        """The contract's root as the host's processes see it."""
        return Path(layout.CONTRACT_ROOT) if self.own else self._folder / host

    def text(self, host: str, value: str) -> str:
        """A value of the request as the host is given it."""
        return value if self.own or self._plain else layout.moved(value, self.base(host))

    def texts(self, host: str, values: Mapping[str, str]) -> dict[str, str]:
        return {name: self.text(host, value) for name, value in values.items()}

    def document(self, host: str, file: Mapping[str, Any]) -> dict[str, Any]:
        """A file of the contract: its texts are values of the request."""
        return {name: self.text(host, value) if isinstance(value, str) else value for name, value in file.items()}

    def write(self, host: str) -> None:
        """Writes what a script's Python reads first, and the hosts file."""
        if self._plain:
            return
        folder = self._folder / host / OWN_PATHS
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SITE, folder / "sitecustomize.py")
        (folder / "hidden").write_text(f"{self._shared.repository}\n", encoding="utf-8")
        names = "".join(f"{address} {name}\n" for name, address in layout.addresses(self._hosts).items())
        if self.own:
            machine = HOSTS_FILE.read_text(encoding="utf-8", errors="replace") if HOSTS_FILE.exists() else ""
            (self._folder / "hosts").write_text(f"{names}{machine}", encoding="utf-8")
        else:
            (folder / "hosts").write_text(names, encoding="utf-8")

    def paths(self, host: str, asked: str | None) -> str:
        """PYTHONPATH: this project's root for its own workloads, nothing of it for a script."""
        if self._plain:
            return ":".join(filter(None, (str(self._shared.repository), asked)))
        return ":".join(filter(None, (str(self.base(host) / OWN_PATHS), asked)))

    def command(self, host: str, wanted: Sequence[str]) -> list[str]:
        """The command line that runs `wanted` on a host, in the contract's root."""
        if not self.own:
            return [self.text(host, word) for word in wanted]
        places = {layout.CONTRACT_ROOT: self._folder / host, str(HOSTS_FILE): self._folder / "hosts"}
        # A folder that was entered before it was mounted would still be called by its old name.
        inside = ["/bin/sh", "-c", f'cd {layout.CONTRACT_ROOT} && exec "$0" "$@"', *wanted]
        return namespace.command(self._shared.python, places, inside)

    def _would_hide(self) -> bool:
        """Whether a folder at /opt/ml would cover what the job is run with, as in a SageMaker notebook."""
        needed = (self._shared.python, self._shared.repository)
        return any(Path(path).is_relative_to(layout.CONTRACT_ROOT) for path in needed)
