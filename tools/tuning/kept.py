"""The study as it is kept: optuna's journal, one file a study, so that a search that was killed goes on where it was.

The journal is a line a change. A search is one process, so SQLite's locks would buy nothing, and each trial would cost a hundred
times as much; what a killed process wrote half is one line. Only this module knows optuna.

A suggestion is a function of (seed, number of the trial, what ended before): the sampler is made anew for every trial, so a
search that was stopped and taken up again suggests what it would have suggested.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tools.tuning.space import Range, Value

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

# Trials that are drawn at random before the sampler learns from them, and that end before any is pruned.
STARTUP_TRIALS: Final = 5
_DIGITS: Final = 6
STATUSES: Final = {"RUNNING": "running", "COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "WAITING": "waiting"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One trial as it is kept. `job` is "" before one was started; `seconds` and `cost_usd` are of its job."""

    number: int
    status: str
    params: Mapping[str, Value]
    value: float | None
    job: str = ""
    seconds: float | None = None
    cost_usd: float | None = None
    failure: str = ""
    interrupted: bool = False
    pruned: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "job": self.job or None,
            "params": dict(self.params),
            "value": self.value,
            "status": "interrupted" if self.interrupted else self.status,
            "seconds": self.seconds,
            "cost_usd": self.cost_usd,
            "failure": self.failure or None,
        }


def study_name(job: str, *, name: str, **what: Any) -> str:
    """`<name or job>-<6 hex>`: whatever makes results incomparable (`what`, as JSON) makes another study."""
    told = json.dumps({"name": name, **what}, sort_keys=True, default=str)
    return f"{name or job}-{hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]}"


def path_of(folder: Path, name: str) -> Path:
    """Where a study is kept."""
    return folder / f"{name}.journal"


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Holds the study for this process. Raises ValueError where another searches it; a process that died holds nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"study {path.stem} is being searched by another process; wait for it, or give --study another name"
            ) from None
        yield
    finally:
        os.close(handle)


class KeptStudy:
    """One study in the file at `path`, made where it isn't there. For one process at a time (`alone`)."""

    def __init__(self, path: Path, space: tuple[Range, ...], *, minimize: bool, seed: int) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        path.parent.mkdir(parents=True, exist_ok=True)
        _drop_half_a_line(path)
        self.name, self.minimize, self._seed = path.stem, minimize, seed
        self._distributions = {item.name: _distribution(item) for item in space}
        try:
            self._study: Study = optuna.create_study(
                storage=optuna.storages.JournalStorage(JournalFileBackend(str(path), lock_obj=_Held())),  # type: ignore[arg-type]
                study_name=self.name,
                direction="minimize" if minimize else "maximize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS),
                load_if_exists=True,
            )
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path} is no study that can be read ({error}); begin anew with --restart") from error
        if "life" not in self._study.user_attrs:
            self._study.set_user_attr("life", secrets.token_hex(_DIGITS // 2))
        # SageMaker keeps a job's name for ever, so a study that is begun anew needs other names for its jobs.
        self.life: str = self._study.user_attrs["life"]

    def ask(self) -> tuple[int, dict[str, Value]]:
        """A new trial: its number and its hyperparameters. One that was interrupted comes again first."""
        import optuna

        number = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = optuna.samplers.TPESampler(seed=_mixed(self._seed, number), n_startup_trials=STARTUP_TRIALS)
        trial = self._study.ask(self._distributions)
        return trial.number, dict(trial.params)

    def note(self, number: int, **facts: Any) -> None:
        """Keeps facts of a running trial: `job`, `seconds`, `cost_usd`, `failure`, `interrupted`, `pruned`."""
        trial = self._trial(number)
        for name, value in facts.items():
            trial.set_user_attr(name, value)

    def report(self, number: int, step: int, value: float) -> None:
        """An intermediate value, in the study's own direction."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a trial that is taken up again says its first steps a second time
            self._trial(number).report(value, step)

    def hopeless(self, number: int) -> bool:
        """Whether the last intermediate value is worse than the median of the others at its step."""
        return bool(self._trial(number).should_prune())

    def tell(self, number: int, value: float) -> None:
        self._study.tell(number, value)

    def tell_pruned(self, number: int) -> None:
        from optuna.trial import TrialState

        self._study.tell(number, state=TrialState.PRUNED)

    def tell_failed(self, number: int) -> None:
        from optuna.trial import TrialState

        self._study.tell(number, state=TrialState.FAIL)

    def again(self, params: Mapping[str, Value]) -> None:
        """The next trial but one takes these hyperparameters."""
        self._study.enqueue_trial(dict(params))

    def rows(self) -> list[Row]:
        """Every trial that was begun, by number."""
        found = [_row(trial) for trial in self._study.get_trials(deepcopy=False)]
        return [row for row in found if row.status != "waiting"]

    def best(self) -> Row | None:
        """The complete trial with the best value; the first of several."""
        ended = [row for row in self.rows() if row.status == "complete" and row.value is not None]
        key = (lambda row: row.value) if self.minimize else (lambda row: -row.value)
        return min(ended, key=key, default=None)

    def _trial(self, number: int) -> Trial:
        from optuna import Trial

        # The trial is made from the journal each time, so that one which an earlier process began is taken up in the same way.
        return Trial(self._study, self._study.get_trials(deepcopy=False)[number]._trial_id)


class _Held:
    """The lock that optuna asks for at every line. `alone` holds the study already, by no file that a killed process leaves."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None: ...


def _drop_half_a_line(path: Path) -> None:
    """Cuts off a last line without an end: what a process wrote while it was killed, or a full disk did not take."""
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)


def _distribution(item: Range) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if item.choices:
        return CategoricalDistribution(item.choices)
    if item.whole:
        step = int(item.step or 1)
        # The highest value that the steps reach: optuna warns of any other.
        high = int(item.low) + (int(item.high) - int(item.low)) // step * step
        return IntDistribution(int(item.low), high, log=item.log, step=step)
    return FloatDistribution(float(item.low), float(item.high), log=item.log, step=item.step)


def _mixed(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:4], "big")


def _row(trial: FrozenTrial) -> Row:
    facts = trial.user_attrs
    return Row(
        number=trial.number,
        status=STATUSES[trial.state.name],
        params=dict(trial.params),
        value=trial.value if trial.state.name == "COMPLETE" else None,
        job=str(facts.get("job", "")),
        seconds=facts.get("seconds"),
        cost_usd=facts.get("cost_usd"),
        failure=str(facts.get("failure", "")),
        interrupted=bool(facts.get("interrupted")),
        pruned=bool(facts.get("pruned")),
    )
