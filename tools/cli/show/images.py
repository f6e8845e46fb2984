"""Workload images for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools.cli.terminal.console import console

if TYPE_CHECKING:
    from tools.flows.documents.images import ImageDocument
    from tools.flows.image_work import ImageRow
    from tools.images.build import Built
    from tools.images.push import Pushed


def rows(found: Iterable[ImageRow]) -> None:
    """What can be built: image, variant and tag, and below them the lock, the base and what to know."""
    for row in found:
        console().print(f"[bold]{row.image} {row.variant}[/]  {row.tag}", highlight=False)
        for name, value in (("requirements", row.requirements), ("base", row.base), ("note", row.note)):
            console().print(f"    {name}: {value}", markup=False)


def described(image: ImageDocument) -> None:
    """What a build would do."""
    context = image["context"]
    lines = [
        f"{image['reference']}  ({image['note']})",
        f"context  {context['files']} files, {context['bytes'] / 1000:.0f} kB",
        *(f"  {name}={value}" for name, value in image["arguments"].items() if value),
    ]
    console().print("\n".join(lines), markup=False)


def built(done: Built) -> None:
    """An image that was built, and how long that took."""
    console().print(f"{done.build.reference}  {done.digest or done.id}  {done.seconds} s", markup=False)


def pushed(done: Pushed) -> None:
    """An image in a repository."""
    console().print(f"{done.reference}  {done.digest}", markup=False)


def written(path: str) -> None:
    """A file that was written."""
    console().print(path, markup=False)
