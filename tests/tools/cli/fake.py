"""A fake runner in the engine's place, and the command line over it."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from typer.testing import CliRunner, Result

from tools.cli.app import app
from tools.cost.report import CostReport
from tools.cost.usage import Usage
from tools.engine.events import Step
from tools.engine.runs import RunResult
from tools.preflight import Preflight

BUCKET = Step(
    urn="urn:pulumi:local::slipway::aws:s3/bucket:Bucket::raw", type="aws:s3/bucket:Bucket", op="create", inputs={"bucket": "b"}
)
COUNTS = {"create": 1, "update": 0, "replace": 0, "delete": 0, "same": 0}


def outcome(verb: str, *, ok: bool = True, changes: dict[str, int] | None = None, **more: Any) -> RunResult:
    defaults: dict[str, Any] = {"outputs": {"vpcId": "vpc-1"}, "steps": (BUCKET,), "log": Path("/logs/x.log")}
    return RunResult(verb=verb, ok=ok, seconds=1.0, changes=changes or COUNTS, **{**defaults, **more})


@dataclass
class FakeRunner:
    """Answers each verb with a result, and records the verbs that were called."""

    results: dict[str, RunResult] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def _do(self, verb: str) -> RunResult:
        self.called.append(verb)
        return self.results.get(verb) or outcome(verb)

    def preview(self) -> RunResult:
        return self._do("preview")

    def up(self) -> RunResult:
        return self._do("up")

    def destroy(self) -> RunResult:
        return self._do("destroy")

    def refresh(self) -> RunResult:
        return self._do("refresh")

    def preview_refresh(self) -> RunResult:
        return self._do("preview_refresh")

    def known(self) -> list[Any]:
        return []

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        return {"token": "s3cret" if show_secrets else "[secret]"}

    def export(self) -> dict[str, Any]:
        return {"version": 3, "deployment": {"resources": []}}


@dataclass
class World:
    """What a test sets and reads: the runner, the verdict of the guards, and the orphans of the cloud."""

    runner: FakeRunner = field(default_factory=FakeRunner)
    mandatory: tuple[Any, ...] = ()
    over: bool = False
    orphans: list[dict[str, str]] = field(default_factory=list)
    raises: Exception | None = None
    quiet: bool = False
    mode: str = "local"
    judged: int = 0
    preflight: Preflight = field(default_factory=lambda: Preflight(rows=()))
    asked: list[bool] = field(default_factory=list)


class Report:
    rules = 3
    evaluated = 1
    unknown = exceptions = off = ()

    def __init__(self, mandatory: tuple[Any, ...]) -> None:
        self.mandatory = self.violations = mandatory

    def to_json(self) -> dict[str, Any]:
        violations = [vars(v) for v in self.violations]
        return {"rules": 3, "evaluated": 1, "violations": violations, "unknown": [], "exceptions": [], "off": []}


class Cost:
    monthly_usd, before_usd, ceiling_usd, unpriced, lines, largest = 10.0, 4.0, 8.0, (), (), ()
    min_usd, max_usd, ceiling_holds, hints = 5.0, 20.0, "expected", ()

    def __init__(self, over: bool) -> None:
        self.over_ceiling = over

    def to_json(self) -> dict[str, Any]:
        return CostReport(
            region="us-east-1", lines=(), unpriced=(), before_usd=4.0, ceiling_usd=8.0, ceiling_holds="expected", usage=Usage()
        ).to_json()


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


VIOLATION = SimpleNamespace(rule="s3-encrypted", level="mandatory", urn=BUCKET.urn, message="is not encrypted")
