"""The front over moto and what the services' folders add, without what runs: no request to it starts a process."""

from __future__ import annotations

from functools import cache

from localcloud.kernel.front import Front
from localcloud.kernel.verdicts import Verdicts
from localcloud.services.conduct import CONDUCT, NAMED_OTHERWISE
from localcloud.services.gathered import emulated_aws, gated, listed


@cache
def front() -> Front:
    """One front a process, as a process has one moto."""
    recorder = emulated_aws()
    verdicts = Verdicts(CONDUCT, NAMED_OTHERWISE, (), recorder.operations)
    return Front(gated(listed(recorder), recorder), verdicts)
