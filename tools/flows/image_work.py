"""`images`: the workload images, decided, built with the tool that is there, pushed to a stack's repositories."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from infra.registry.source_digest import WORKLOADS_FOLDER, image_tag, source_files
from tools.engine.home import home_path
from tools.engine.stack_ref import StackRef
from tools.flows.progress import Say
from tools.images import builders, sbom
from tools.images.build import Built, build_image
from tools.images.builders import Tool
from tools.images.context import Source
from tools.images.errors import ImageError
from tools.images.push import Pushed, Repository, push_image
from tools.images.variants import EPOCH, VARIANTS, Build, decide, default_base
from workloads.catalog import IMAGES

# The name that stands for every image.
ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChoice:
    """One image to be built, pushed or described, as the options say; "" and None are the variant's own."""

    image: str
    variant: str
    base: str = ""
    tag: str = ""
    requirements: Path | None = None
    non_root: bool = False

    def each(self) -> tuple[str, ...]:
        """The images that are meant: both for `all`."""
        return IMAGES if self.image == ALL else (self.image,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """What can be built; `base` is None where one must be given."""

    image: str
    variant: str
    tag: str
    requirements: str
    base: str | None
    note: str


@dataclass(frozen=True, kw_only=True)
class ImageWork:
    """The images of this checkout."""

    say: Say

    @cached_property
    def source(self) -> Source:
        """This checkout's code, under the tag that the stack gives it."""
        return Source(root=WORKLOADS_FOLDER.parent, files=source_files(), tag=image_tag())

    def rows(self) -> Iterator[ImageRow]:
        """Every image in every variant; a variant that needs a base says why."""
        for image in IMAGES:
            for row in VARIANTS:
                yield ImageRow(
                    image=image,
                    variant=row.name,
                    tag=f"{self.source.tag}{row.suffix}",
                    requirements=row.requirements[image],
                    base=None if row.needs_base else default_base(self.source.root),
                    note=row.needs_base or row.note[image],
                )

    def decided(self, choice: ImageChoice) -> Build:
        """The build of one image. Raises ValueError or ImageError as `variants.decide`."""
        return self._decide(choice, choice.image)

    def build(self, choice: ImageChoice, *, tool: str, bill: Path | None = None) -> Iterator[Built]:
        """Builds what a choice means, one after the other; the bill of a single image is written to `bill`.

        Raises ValueError, or ImageError where no tool works or a build fails.
        """
        if bill and len(choice.each()) > 1:
            raise ValueError("--sbom is the bill of one image; name training or serving")
        builds = [self._decide(choice, image) for image in choice.each()]
        found = builders.find(tool)
        for each in builds:
            self.say(f"building {each.reference} with {found.name} over {each.base}")
            log = home_path() / "images" / f"{each.image}-{each.tag}.log"
            built = build_image(found, each, self.source, log=log, say=self.say)
            if bill:
                write(bill, self.bill(each, tool=found, image_id=built.id))
            yield built

    def push(self, choice: ImageChoice, stack: StackRef, *, tool: str, repository: str = "") -> Iterator[Pushed]:
        """Pushes what a choice means to the stack's repositories, or to `repository` where its outputs cannot be read.

        Raises ValueError; ImageError for the local cloud, which holds no images, or where a push fails.
        """
        if repository and choice.image == ALL:
            raise ValueError("--repository is one image's; name training or serving")
        if not repository and stack.local:
            raise ImageError(
                "the local cloud holds no images: its jobs and endpoints run this checkout, so there is nothing to push.\n"
                "name a stack on AWS: slipway images push all dev"
            )
        # Not above: to list and to build takes neither.
        import boto3

        from tools.flows.reading import outputs

        builds = [self._decide(choice, image, built=True) for image in choice.each()]
        values = {} if repository else outputs(stack)
        found = builders.find(tool)
        for each in builds:
            target = Repository.of(repository or str(values.get(f"{each.image}RepositoryUrl", "")))
            ecr = boto3.client("ecr", region_name=target.region)
            yield push_image(found, each.reference, each.tag, target, ecr, self.say)

    def bill(self, build: Build, *, tool: Tool | None = None, image_id: str = "", rootfs: Path | None = None) -> dict[str, Any]:
        """The bill of materials. The Debian packages come from a root file system, or out of the image itself."""
        lock = build.given_requirements or self.source.root / build.requirements
        packages = sbom.os_packages_of(rootfs) if rootfs else ()
        if tool and not rootfs:
            texts = [builders.read_file(tool, image_id, path) for path in (sbom.DPKG_STATUS, sbom.OS_RELEASE)]
            packages = sbom.os_packages(*texts)
        if not packages:
            self.say(
                "the bill has no packages of the operating system: they are read from an image that was built, or from --rootfs"
            )
        return sbom.document(build, lock.read_text(encoding="utf-8"), packages=packages, image_id=image_id)

    def _decide(self, choice: ImageChoice, image: str, *, built: bool = False) -> Build:
        text = os.environ.get("SOURCE_DATE_EPOCH", "")
        if text and not (text.isascii() and text.isdigit()):
            raise ValueError(f"SOURCE_DATE_EPOCH is {text!r}; give seconds since 1970, or unset it")
        project = tomllib.loads((self.source.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return decide(
            image,
            choice.variant,
            source=self.source.tag,
            root=self.source.root,
            base=choice.base,
            tag=choice.tag,
            requirements=choice.requirements,
            non_root=choice.non_root,
            version=str(project["version"]),
            epoch=int(text or EPOCH),
            built=built,
        )


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Writes a bill to its file."""
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
