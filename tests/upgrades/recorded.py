"""The recorded states, each as a stack document, a checkpoint for the engine, and a stack file."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from infra.base.naming import PROJECT
from tests.upgrades.changelog import version_of
from tools.engine.home import StackPlace

STATES: Final = Path(__file__).parent / "states"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The recorded state of one stack, as a release made it."""

    release: str
    stack: str
    folder: Path = STATES

    @property
    def state_file(self) -> Path:
        return self.folder / self.release / f"{self.stack}.json.gz"

    @property
    def stack_file(self) -> Path:
        return self.folder / self.release / f"{self.stack}.yaml"

    def __str__(self) -> str:
        return f"{self.release} {self.stack}"

    def document(self) -> dict[str, Any]:
        """The stack as `pulumi stack export` prints it."""
        document: dict[str, Any] = json.loads(gzip.decompress(self.state_file.read_bytes()))
        return document

    def config(self) -> dict[str, Any]:
        """The configuration in the recorded stack file."""
        config: dict[str, Any] = yaml.safe_load(self.stack_file.read_text(encoding="utf-8"))["config"]
        return config

    def write(self, document: dict[str, Any], stack_file: str) -> None:
        """Writes a scrubbed document and its stack file. The same document gives the same bytes."""
        self.state_file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        self.state_file.write_bytes(gzip.compress(text.encode(), mtime=0))
        self.stack_file.write_text(stack_file, encoding="utf-8")


def recorded(folder: Path = STATES) -> list[Recorded]:
    """Every recorded state, by release (oldest first) and stack."""
    found = [
        Recorded(release=path.parent.name, stack=path.name.removesuffix(".json.gz"), folder=folder)
        for path in folder.glob("*/*.json.gz")
    ]
    return sorted(found, key=lambda state: (version_of(state.release), state.stack))


def put(place: StackPlace, document: dict[str, Any], epoch: str, *, protected: bool = False) -> None:
    """Makes a recorded document the state of a stack, as if the local cloud's present epoch had made it.

    Protection is left out unless `protected`, because the engine ends its preview at the first protected resource.
    """
    latest = {**document["deployment"], "resources": [dict(item) for item in document["deployment"]["resources"]]}
    for item in latest["resources"] if not protected else ():
        item.pop("protect", None)
    place.prepare()
    place.state_file.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = {"stack": f"organization/{PROJECT}/{place.stack}", "latest": latest}
    place.state_file.write_text(json.dumps({"version": document["version"], "checkpoint": checkpoint}), encoding="utf-8")
    place.epoch_file.write_text(epoch, encoding="utf-8")
