"""A checkout's `./slipway`, as a user has it: the real command line, over a home and a cloud of its own.

`run` and `ask` call a verb in this interpreter; `start` and `run_apart` give it a process of its own, which takes seconds longer.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
import yaml
from botocore.config import Config

from localcloud import client
from tests.e2e import processes, small
from tests.e2e.in_process import Hosts, call
from tests.support.documents import check_answer
from tools.engine.home import REPOSITORY, StackPlace
from tools.engine.lock import read_holder

# A verb that takes longer hangs: with two cores shared by two clouds the longest, an `up` that trains, takes a minute.
VERB_SECONDS: Final = 240.0
# What a developer's shell may carry and would lead a test astray.
CLEARED: Final = ("AWS_", "PULUMI_", "SLIPWAY_")
KEPT: Final = frozenset({"SLIPWAY_CACHE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a verb said: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as the one JSON document it must be."""
        return json.loads(self.out)


@dataclass(slots=True)
class Running:
    """A verb that runs. Its output goes to files, so a full pipe never stops it."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def wait(self, seconds: float = VERB_SECONDS) -> Answer:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.err.read_text()}\n{self.out.read_text()}") from error
        return Answer(code=code, out=self.out.read_text(), err=self.err.read_text())

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the whole process group, as a terminal sends it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """`kill -9` of the command line alone."""
        self.process.kill()
        self.process.wait()


@dataclass(slots=True)
class Slipway:
    """One home of a checkout: run-time files, stack files that may be edited, and through them a local cloud of its own.

    `is_small`: the verbs declare the small stack instead of the whole platform.
    """

    root: Path
    checkout: Path = REPOSITORY
    env: dict[str, str] = field(default_factory=dict)
    is_small: bool = False
    hosts: Hosts = field(default_factory=Hosts)
    _count: int = 0
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def stacks(self) -> Path:
        return self.root / "stacks"

    def place(self, stack: str) -> StackPlace:
        return StackPlace(home=self.home, mode="local", stack=stack)

    def run(self, *arguments: str, code: int | None = 0, env: Mapping[str, str] | None = None) -> Answer:
        """Runs a verb to its end, in this process. `code` is the exit code that it must have (None: any)."""
        with small.declared() if self.is_small else nullcontext():
            found = call(arguments, env={**self.env, **(env or {})}, folder=self.checkout, hosts=self.hosts)
        return _expected(arguments, Answer(code=found[0], out=found[1], err=found[2]), code)

    def ask(self, *arguments: str, code: int | None = 0) -> Any:
        """The JSON answer of a verb that runs in this process."""
        return self.run(*arguments, "--json", code=code).json

    def run_apart(
        self, *arguments: str, code: int | None = 0, env: Mapping[str, str] | None = None, largest_file: int | None = None
    ) -> Answer:
        """Runs a verb to its end in a process of its own, as a user does."""
        return _expected(arguments, self.start(*arguments, env=env, largest_file=largest_file).wait(), code)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None, largest_file: int | None = None) -> Running:
        """Starts a verb in a process group of its own, with nobody at its stdin.

        `largest_file` is how many bytes it and all it starts may write into one file: a disk that is full for the state alone.
        """
        self._count += 1
        module = "tests.e2e.small" if self.is_small else "tools.cli"
        out, err = (self.root / f"{self._count}.{name}" for name in ("out", "err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [*limited(largest_file), sys.executable, "-m", module, *arguments],
                cwd=self.checkout,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        return Running(process, out, err)

    def edit(self, stack: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Changes a stack file's configuration in place."""
        path = self.stacks / f"Pulumi.{stack}.yaml"
        document = yaml.safe_load(path.read_text())
        change(document["config"])
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def be_small(self) -> None:
        """From here on the stack `local` is the small one."""
        self.is_small = True
        self.edit("local", small.settings)

    @contextmanager
    def edited(self, stack: str, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        """The same for a while: the file is put back, whatever happens."""
        path = self.stacks / f"Pulumi.{stack}.yaml"
        before = path.read_text()
        self.edit(stack, change)
        try:
            yield
        finally:
            path.write_text(before)

    def restore(self) -> None:
        """The checkout's own stack files again, and no others."""
        self.is_small = False
        shutil.rmtree(self.stacks, ignore_errors=True)
        self.stacks.mkdir(parents=True)
        for path in self.checkout.glob("Pulumi.*.yaml"):
            shutil.copyfile(path, self.stacks / path.name)

    def afresh(self) -> None:
        """As a new home is: no stack was ever up, nothing is in the cloud (where one runs), nothing runs beside it."""
        self.restore()
        running = client.find(self.home)
        if running is not None:
            running.reset()
        for folder in ("stacks", "state", "jobs"):
            shutil.rmtree(self.home / folder, ignore_errors=True)
        self.only_the_cloud()

    def only_the_cloud(self) -> None:
        """Asserts that all that was started for this home has ended, but for its cloud."""
        running = client.find(self.home)
        cloud = {running.pid} if running else set()
        until(lambda: self.processes().keys() <= cloud, f"processes of {self.root} have ended: {self.processes()}", seconds=15)

    def cloud(self) -> client.CloudClient:
        found = client.find(self.home)
        assert found is not None, f"no local cloud runs for {self.home}"
        return found

    def boto(self, service: str, region: str = "us-east-1") -> Any:
        """A plain boto3 client on the local cloud; one for each cloud's life, since making one takes a while."""
        endpoint = self.cloud().endpoint
        if (endpoint, service, region) not in self._clients:
            self._clients[endpoint, service, region] = self._client(endpoint, service, region)
        return self._clients[endpoint, service, region]

    @staticmethod
    def _client(endpoint: str, service: str, region: str) -> Any:
        return boto3.session.Session().client(
            service,
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name=region,
            config=Config(proxies={}, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}),
        )

    def made(self, stack: str) -> int:
        """How many resources the cloud has of a stack now."""
        found = client.find(self.home)
        return int(found.status()["resources"].get(stack, 0)) if found else 0

    def engine_pid(self, stack: str) -> int:
        """The engine's process of the run that holds the stack; 0 for none."""
        return int(read_holder(self.place(stack).lock_file).get("engine", 0))

    def no_workloads(self) -> None:
        """Asserts that nothing trains or serves. A server has some seconds to end: DeleteEndpoint does not wait, as on AWS."""
        until(lambda: not processes.workloads(self.root), "all jobs and servers have ended", seconds=15)

    def processes(self) -> dict[int, str]:
        """Every living process that belongs to this home, but for the host that this very process lends its verbs."""
        return {pid: command for pid, command in processes.of(self.root).items() if pid not in self.hosts.pids()}


def _expected(arguments: tuple[str, ...], answer: Answer, code: int | None) -> Answer:
    if code is not None and answer.code != code:
        raise AssertionError(f"slipway {' '.join(arguments)}: exit {answer.code}, not {code}\n{answer.err}\n{answer.out[-1500:]}")
    if "--json" in arguments and answer.out:
        check_answer(list(arguments), answer.out)
    return answer


def limited(largest_file: int | None) -> list[str]:
    """What goes before a command to limit the size of the files it writes; `ulimit -f` counts blocks of 512 bytes."""
    return ["sh", "-c", f'ulimit -f {largest_file // 512}; exec "$@"', "sh"] if largest_file else []


def until(ready: Callable[[], object], what: str, seconds: float = 120.0, still: Running | None = None) -> None:
    """Waits for `ready`; fails with `what`, at once when the run it waits on (`still`) has ended."""
    end = time.monotonic() + seconds
    while not ready():
        if still is not None and still.process.poll() is not None:
            raise AssertionError(f"{what}: never, the run has ended\n{still.err.read_text()}\n{still.out.read_text()[-3000:]}")
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)


@contextmanager
def slipway(checkout: Path = REPOSITORY) -> Iterator[Slipway]:
    """A fresh home and copies of the checkout's stack files; at the end nothing of it is left, processes included."""
    root = Path(tempfile.mkdtemp(prefix="slipway-e2e-"))
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(CLEARED)}
    here = Slipway(root, checkout)
    here.env = {**kept, "SLIPWAY_HOME": str(here.home), "SLIPWAY_STACKS": str(here.stacks), "SLIPWAY_PORT": "0"}
    here.restore()
    try:
        yield here
        here.run("local", "stop")
        here.hosts.end()
        until(lambda: not here.processes(), f"processes of {root} have ended: {here.processes()}", seconds=15)
    finally:
        here.hosts.end()
        processes.end(root)
        shutil.rmtree(root, ignore_errors=True)
