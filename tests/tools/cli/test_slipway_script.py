"""`./slipway` with a fake Python: what it makes, when it does it again, what it says. Nothing is installed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tools.engine.home import REPOSITORY

# Answers as the Python that the script asks: its version, `-m venv`, pip, the purelib path, and tools.cli. Every call is noted.
FAKE_PYTHON = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
    *version_info*) echo "${FAKE_VERSION:-3.11}" ;;
    --version) echo "Python ${FAKE_VERSION:-3.11}.7" ;;
    "-m venv "*)
        mkdir -p "$3/bin" "$3/lib"; cp "$0" "$3/bin/python"
        printf '#!/bin/sh\\necho "uv $*" >> "$CALLS"; [ -z "$SLOW" ] || sleep "$SLOW"; exit "${UV_EXIT:-0}"\\n' > "$3/bin/uv"
        chmod +x "$3/bin/uv" ;;
    *"pip install"*workloads.txt* | *"pip install"*test.txt*) exit "${PIP_EXIT:-0}" ;;
    *purelib*) echo "${0%/bin/python}/lib" ;;
    "-m tools.cli"*) echo "ran $*" ;;
esac
"""


class Checkout:
    """A copy of the script and the locks, and a PATH on which every Python is the fake one."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.root.mkdir()
        shutil.copy(REPOSITORY / "slipway", self.root)
        shutil.copytree(REPOSITORY / "requirements", self.root / "requirements")
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"):
            (self.bin / name).write_text(FAKE_PYTHON)
            (self.bin / name).chmod(0o755)
        self.calls_file = folder / "calls"
        self.env = {"PATH": f"{self.bin}:/usr/bin:/bin", "CALLS": str(self.calls_file), "SLOW": ""}

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sh", str(self.root / "slipway"), *arguments],
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def forget_calls(self) -> None:
        self.calls_file.unlink(missing_ok=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_every_shell_can_read_it(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", str(REPOSITORY / "slipway")], check=True)


def test_the_first_run_makes_everything_in_order_and_runs_the_verb(checkout: Checkout) -> None:
    done = checkout.run("up", "--json", "two words")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ran -m tools.cli up --json two words\n", "stdout is the verb's alone"
    order = ["-m venv", "requirements/bootstrap.txt", "uv --no-config pip install", "tools.cli.bytecode", "tools.cli up"]
    found = [next(number for number, call in enumerate(checkout.calls) if part in call) for part in order]
    assert found == sorted(found)
    words = next(call for call in checkout.calls if call.startswith("uv ")).split()
    assert "--require-hashes" in words
    locks = [number for number, word in enumerate(words) if word.endswith(".txt")]
    assert [Path(words[number]).stem for number in locks] == ["bootstrap", "slipway", "workloads"]
    assert all(words[number - 1] == "-r" for number in locks), "a bare file name is a package to uv, and refused"
    assert (checkout.root / ".venv" / "lib" / "slipway.pth").read_text() == f"{checkout.root}\n"
    assert not (checkout.root / ".slipway" / "setup.lock").exists()


def test_the_second_run_only_runs_the_verb(checkout: Checkout) -> None:
    checkout.run("up")
    checkout.forget_calls()
    done = checkout.run("preview")
    assert checkout.calls == ["-m tools.cli preview"]
    assert done.stderr == ""


def fetched(checkout: Checkout) -> list[list[str]]:
    """The locks of each call of uv, in order."""
    calls = [call.split() for call in checkout.calls if call.startswith("uv ")]
    return [[Path(word).stem for word in words if word.endswith(".txt")] for words in calls]


@pytest.mark.parametrize(
    ("arguments", "groups"),
    [
        (["test", "--unit"], ["compression", "test"]),
        (["lint"], ["compression", "test"]),
        (["setup", "compression"], ["compression"]),
        (["setup", "all"], ["compression", "test"]),
        (["setup", "--json"], []),
        (["train", "test"], []),
    ],
    ids=" ".join,
)
def test_a_verb_fetches_what_it_needs_besides_when_it_is_first_used(
    checkout: Checkout, arguments: list[str], groups: list[str]
) -> None:
    checkout.run("up")
    checkout.forget_calls()
    first = checkout.run(*arguments)
    assert first.returncode == 0, first.stderr
    assert fetched(checkout) == ([groups] if groups else [])
    assert (f"fetching what `{arguments[0]}` needs besides" in first.stderr) == bool(groups)
    checkout.forget_calls()
    second = checkout.run(*arguments)
    assert (fetched(checkout), second.stderr) == ([], ""), "the second time it is there"


def test_the_tests_in_a_fresh_clone_have_everything(checkout: Checkout) -> None:
    assert checkout.run("test").returncode == 0
    assert fetched(checkout) == [["bootstrap", "slipway", "workloads"], ["compression", "test"]]


def test_a_group_is_fetched_again_when_its_lock_has_changed(checkout: Checkout) -> None:
    checkout.run("test")
    checkout.forget_calls()
    with (checkout.root / "requirements" / "test.txt").open("a") as file:
        file.write("# changed\n")
    checkout.run("up")
    assert fetched(checkout) == [], "`up` does not need it"
    checkout.run("lint")
    assert fetched(checkout) == [["test"]]


def test_a_group_that_could_not_be_fetched_is_tried_again(checkout: Checkout) -> None:
    checkout.run("up")
    failed = checkout.run("setup", "test", UV_EXIT="1", PIP_EXIT="1")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    checkout.forget_calls()
    assert checkout.run("setup", "test").returncode == 0
    assert fetched(checkout) == [["test"]]


def test_a_changed_lock_file_installs_again_into_the_same_environment(checkout: Checkout) -> None:
    checkout.run("up")
    checkout.forget_calls()
    with (checkout.root / "requirements" / "workloads.txt").open("a") as file:
        file.write("# changed\n")
    checkout.run("up")
    assert any(call.startswith("uv ") for call in checkout.calls)
    assert not any("-m venv" in call for call in checkout.calls)


def test_a_checkout_that_moved_is_set_up_for_its_new_place(checkout: Checkout) -> None:
    checkout.run("up")
    moved = checkout.root.rename(checkout.root.parent / "elsewhere")
    checkout.root = moved
    checkout.run("up")
    assert (moved / ".venv" / "lib" / "slipway.pth").read_text() == f"{moved}\n"


def test_an_interrupted_set_up_is_begun_again_from_nothing(checkout: Checkout) -> None:
    process = checkout.start("up", SLOW="30")
    deadline = time.monotonic() + 10
    while not any(call.startswith("uv ") for call in checkout.calls) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    half = checkout.root / ".venv" / "half-written"
    half.write_text("")
    checkout.forget_calls()
    done = checkout.run("up")
    assert done.returncode == 0
    assert "interrupted; beginning again" in done.stderr
    assert not half.exists()
    assert any("-m venv" in call for call in checkout.calls)


def test_two_set_ups_at_once_are_one(checkout: Checkout) -> None:
    both = [checkout.start("up", SLOW="1") for _ in range(2)]
    results = [process.communicate(timeout=30) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("-m venv" in call for call in checkout.calls) == 1
    assert sum(call.startswith("uv ") for call in checkout.calls) == 1
    assert sum("another set-up is under way" in err for _, err in results) == 1


def test_when_uv_fails_pip_installs_the_same_locks(checkout: Checkout) -> None:
    done = checkout.run("up", UV_EXIT="1")
    assert done.returncode == 0
    assert "pip will" in done.stderr
    pip = next(call for call in checkout.calls if "pip install" in call and "workloads.txt" in call)
    assert "--require-hashes" in pip


def test_an_old_python_is_told_what_is_needed_and_the_way_out(checkout: Checkout) -> None:
    done = checkout.run("up", FAKE_VERSION="3.9")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "python3 is 3.9" in done.stderr
    assert "SLIPWAY_PYTHON=" in done.stderr
    assert done.stdout == ""


def test_a_machine_without_python_is_told_so(checkout: Checkout, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "mkdir", "rm", "mv", "sleep", "printf", "sed", "tail"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    done = checkout.run("up", PATH=str(tools))
    assert done.returncode == 1
    assert "found: none" in done.stderr


def test_a_named_python_goes_before_the_path(checkout: Checkout, tmp_path: Path) -> None:
    named = tmp_path / "mine"
    named.write_text(FAKE_PYTHON.replace('echo "$*" >> "$CALLS"', 'echo "mine $*" >> "$CALLS"'))
    named.chmod(0o755)
    checkout.run("up", SLIPWAY_PYTHON=str(named))
    assert any(call.startswith("mine -m venv") for call in checkout.calls)


def test_a_link_to_the_script_means_the_checkout_it_points_into(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "direct").symlink_to(checkout.root / "slipway")
    (tmp_path / "links" / "relative").symlink_to("direct")
    for name in ("direct", "relative"):
        done = subprocess.run(
            ["sh", str(tmp_path / "links" / name), "doctor"],
            env=checkout.env,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, "ran -m tools.cli doctor\n"), done.stderr
    assert (checkout.root / ".venv").is_dir()


def test_a_missing_lock_file_is_named(checkout: Checkout) -> None:
    (checkout.root / "requirements" / "test.txt").unlink()
    done = checkout.run("up")
    assert done.returncode == 1
    assert "test.txt is missing" in done.stderr
