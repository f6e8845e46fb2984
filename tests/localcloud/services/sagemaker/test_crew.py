"""Whose failure a job of several hosts reports, when a rank was killed."""

from __future__ import annotations

from types import SimpleNamespace

from localcloud.services.sagemaker.crew import Crew
from localcloud.services.sagemaker.limits import Limits


def test_the_culprit_is_the_host_whose_rank_was_killed_and_not_one_that_had_to_be() -> None:
    crew = Crew([], None, Limits())  # type: ignore[arg-type]
    peer, deaf, killed = (
        SimpleNamespace(name=name, exit_code=code, kill=lambda: None)
        for name, code in (("peer", 1), ("deaf", 137), ("killed", 137))
    )
    said = dict.fromkeys(("peer", "deaf", "killed"), "RuntimeError: Connection closed by peer")
    crew._running = [deaf]  # type: ignore[assignment]
    crew._kill()
    crew.failed = [peer, deaf, killed]  # type: ignore[list-item]
    assert crew.culprit(lambda child: said[child.name]) is killed
    crew.failed = [peer, deaf]  # type: ignore[list-item]
    assert crew.culprit(lambda child: said[child.name]) is peer
