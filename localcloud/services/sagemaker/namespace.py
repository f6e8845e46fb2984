"""Runs one command where files and folders of this machine lie at other paths: a container's /opt/ml, without a container.

Run as a script, alone (`python -I -S namespace.py SOURCE=TARGET... -- COMMAND...`), as `supervisor.py` is. It needs no right of
root's: a mount namespace in a user namespace of its own gives it, and nothing outside changes. Where Linux is told not to give
one (or this is macOS) it ends with 125, and `available` says so beforehand.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from functools import cache

TYPE_CHECKING = False  # what is imported here delays the start of every host
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# include/uapi/linux/sched.h, include/uapi/linux/mount.h
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
REFUSED = 125  # as `docker run` ends where the container cannot be made


def command(python: str, places: Mapping[str, Path | str], wanted: list[str]) -> list[str]:
    """The command line that runs `wanted` with each source at its target (target -> source)."""
    return [python, "-I", "-S", __file__, *(f"{source}={target}" for target, source in places.items()), "--", *wanted]


@cache
def available(python: str, target: str) -> bool:
    """Whether this machine gives such a namespace, tried once with an empty folder at `target`."""
    import subprocess
    import tempfile

    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = command(python, {target: folder}, ["/bin/sh", "-c", f"test -d {target}"])
        try:
            return subprocess.run(tried, capture_output=True, timeout=20, check=False).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def main(arguments: list[str]) -> int:
    cut = arguments.index("--")
    try:
        _enter()
        for place in arguments[:cut]:
            source, _, target = place.rpartition("=")
            _put(source, target)
    except OSError as error:
        os.write(2, f"no namespace of its own for this container: {error}\n".encode())
        return REFUSED
    try:
        os.execvp(arguments[cut + 1], arguments[cut + 1 :])
    except OSError as error:
        os.write(2, f"cannot start {arguments[cut + 1]!r}: {error}\n".encode())
    return 127


def _enter() -> None:
    """A mount namespace; the user stays who it is, and has rights over mounts only until the command takes this process."""
    user, group = os.geteuid(), os.getegid()
    try:
        _call("unshare", CLONE_NEWNS)
    except OSError:
        _call("unshare", CLONE_NEWNS | CLONE_NEWUSER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        # A change of rights forgets that this process ends with its supervisor.
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)


def _put(source: str, target: str) -> None:
    if not os.path.lexists(target):
        _make_room(target)
    _bind(source, target)


def _make_room(target: str) -> None:
    """Makes `target` in an empty file system over its nearest folder, with what that folder has beside it."""
    above = os.path.dirname(target)
    missing = [target]
    while not os.path.isdir(above):
        missing.append(above)
        above = os.path.dirname(above)
    if above == "/":
        raise OSError(f"{missing[-1]} is not there, and a namespace cannot add it to /")
    # The folder is still reached by its descriptor once the new file system covers it.
    beneath = os.open(above, os.O_RDONLY | os.O_DIRECTORY)
    covered = f"/proc/self/fd/{beneath}"
    _call("mount", b"tmpfs", os.fsencode(above), b"tmpfs", 0, b"mode=0755")
    for name in os.listdir(beneath):
        entry, place = f"{covered}/{name}", os.path.join(above, name)
        if os.path.islink(entry):
            os.symlink(os.readlink(entry), place)
        elif os.path.isdir(entry):
            os.mkdir(place)
            _bind(entry, place)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY))
            _bind(entry, place)
    os.close(beneath)
    os.makedirs(target, exist_ok=True)


def _bind(source: str, target: str) -> None:
    _call("mount", os.fsencode(source), os.fsencode(target), None, MS_BIND | MS_REC, None)


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
