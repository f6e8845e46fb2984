"""The settings of all training jobs, with the checks of what one job says about another."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import Field

from catalog import limits
from infra.base.fields import Name
from infra.base.section import Fault, Place, Section
from infra.lake.datasets import dataset_names
from infra.training.job_settings import JobSettings, Run
from workloads.catalog import Leaves, Reads

# The longest suffix of a training job's name: `-<yyyymmdd-hhmmss>`, or `-<10 hex>` with a retry's `-r99`.
JOB_NAME_SUFFIX: Final = 16


class TrainingSettings(Section):
    """Training jobs by name."""

    jobs: dict[Name, JobSettings] = Field(default={"digits": JobSettings()}, description="Training jobs by name.")
    own_log_group: bool = Field(
        default=False, description="Declare /aws/sagemaker/TrainingJobs, which is the account's: in one stack of an account only."
    )

    def needs(self, name: str) -> tuple[str, ...]:
        """The jobs that must have run before a job: those it names, and those whose corpus or model it reads."""
        job = self.jobs[name]
        read = [job.data] if job.data in self.jobs and not _is_table(job.data) else []
        read += [source.job for source in job.models.values() if source.job]
        return tuple(dict.fromkeys([*job.needs, *read]))

    def ordered(self) -> list[str]:
        """All jobs, each after those it needs; otherwise in the order of the file. Call when there are no faults."""
        order: list[str] = []

        def add(name: str) -> None:
            if name not in order:
                for need in self.needs(name):
                    add(need)
                order.append(name)

        for name in self.jobs:
            add(name)
        return order

    def faults(self, path: str, place: Place) -> Iterator[Fault]:
        for name, job in self.jobs.items():
            at = f"{path}.jobs.{name}"
            yield from job.faults(at, place)
            yield from self._data_faults(job, at)
            yield from self._need_faults(name, job, at)
            full = place.naming.name(name)
            room = limits.SAGEMAKER_NAME - JOB_NAME_SUFFIX
            if len(full) > room:
                yield Fault(at, name, f"makes {full}, {len(full)} characters where a job has {room}; shorten it")
        yield from self._circles(path)

    def _data_faults(self, job: JobSettings, at: str) -> Iterator[Fault]:
        """A dataset that is not there, is not of the kind that the workload reads, or that the workload has no use for."""
        reads = job.facts.reads
        corpora = [other for other, settings in self.jobs.items() if settings.facts.leaves is Leaves.CORPUS]
        wanted = {
            Reads.DATASET: [*dataset_names()],
            Reads.CORPUS: corpora,
            Reads.EITHER: [*dataset_names(), *corpora],
            Reads.NOTHING: [],
        }[reads]
        if job.dataset is not None and reads is Reads.NOTHING:
            yield Fault(f"{at}.dataset", job.dataset, f"is not read by workload {job.workload}; drop it")
        elif job.dataset is not None and job.dataset not in wanted:
            kind = "no job that makes a corpus" if reads is Reads.CORPUS else "no dataset in workloads/data"
            yield Fault(f"{at}.dataset", job.dataset, f"is {kind}; {_hint(job.dataset, wanted)}")
        elif not job.data and reads is Reads.DATASET:
            yield Fault(f"{at}.workload", job.workload, f"has no dataset in workloads/data; {_hint(job.workload, wanted)}")
        elif not job.data and reads in (Reads.CORPUS, Reads.EITHER):
            yield Fault(f"{at}.dataset", None, f"workload {job.workload} needs one; {_hint('', wanted)}")

    def _need_faults(self, name: str, job: JobSettings, at: str) -> Iterator[Fault]:
        for number, need in enumerate(job.needs):
            if need not in self.jobs:
                yield Fault(f"{at}.needs[{number}]", need, f"is no training job of this stack; {_hint(need, self.jobs)}")
        for channel, source in job.models.items():
            key = {"model": "fromModel", "teacher": "teacher"}[channel]
            if source.job is None or source.group is not None:
                continue
            if source.job not in self.jobs:
                yield Fault(f"{at}.{key}.job", source.job, f"is no training job of this stack; {_hint(source.job, self.jobs)}")
            elif not self.jobs[source.job].leaves_model:
                workload = self.jobs[source.job].workload
                yield Fault(f"{at}.{key}.job", source.job, f"leaves no model (workload {workload}); name one that does")
        late = [need for need in self.needs(name) if need in self.jobs and self.jobs[need].run is Run.DEMAND]
        if job.run is Run.UP and late and not job.models:
            yield Fault(f"{at}.run", "up", f"needs {', '.join(late)}, which `up` does not run; set run: demand, or run: up there")

    def _circles(self, path: str) -> Iterator[Fault]:
        """One fault for each circle of jobs that wait for one another."""
        reported: set[str] = set()
        for name in self.jobs:
            circle = self._circle_of([name])
            if circle and not reported & set(circle):
                reported |= set(circle)
                yield Fault(f"{path}.jobs.{name}.needs", " -> ".join([*circle, name]), "goes in a circle; take one need out")

    def _circle_of(self, trail: list[str]) -> list[str] | None:
        """The circle of needs from the first job of `trail` back to itself; None where there is no circle."""
        for need in self.needs(trail[-1]):
            if need == trail[0]:
                return trail
            if need in self.jobs and need not in trail and (found := self._circle_of([*trail, need])):
                return found
        return None


def _is_table(name: str) -> bool:
    return name in dataset_names()


def _hint(name: str, known: Mapping[str, object] | list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.6) if name else []
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(known)) or 'none'}"
