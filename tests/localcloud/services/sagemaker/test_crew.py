"""Whose failure a job of several hosts reports, when a rank was killed."""

from __future__ import annotations

from typing import cast

from localcloud.services.sagemaker.crew import Crew
from localcloud.services.sagemaker.limits import Limits
from localcloud.services.sagemaker.processes import Child


class Host:
    """A host that has ended, as its crew sees it."""

    def __init__(self, name: str, exit_code: int) -> None:
        self.name, self.exit_code = name, exit_code

    def kill(self) -> None: ...


def test_the_culprit_is_the_host_whose_rank_was_killed_and_not_one_that_had_to_be() -> None:
    crew = Crew([], None, Limits())  # type: ignore[arg-type]
    peer, deaf, killed = (cast(Child, Host(name, code)) for name, code in (("peer", 1), ("deaf", 137), ("killed", 137)))
    said = dict.fromkeys(("peer", "deaf", "killed"), "RuntimeError: Connection closed by peer")
    crew._running = {deaf}
    crew._kill()
    crew.failed = [peer, deaf, killed]
    assert crew.culprit(lambda child: said[child.name]) is killed
    crew.failed = [peer, deaf]
    assert crew.culprit(lambda child: said[child.name]) is peer
