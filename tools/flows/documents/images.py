"""What `images` prints with `--json`. The bill of materials that `images sbom` prints is CycloneDX 1.6."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

if TYPE_CHECKING:
    from tools.flows.image_work import ImageRow
    from tools.images.build import Built
    from tools.images.context import Source
    from tools.images.push import Pushed
    from tools.images.variants import Build


class ImageRowDocument(TypedDict):
    """What can be built."""

    image: Annotated[str, "training or serving."]
    variant: Annotated[str, "cuda, cpu or neuron."]
    tag: Annotated[str, "The tag that a build gets: a hash of the code, and the variant's ending."]
    requirements: Annotated[str, "The lock that is installed."]
    base: Annotated[str | None, "The base image by its digest; null where --base must name one."]
    note: Annotated[str, "What a person must know of the variant."]


class ContextDocument(TypedDict):
    """What goes into a build."""

    files: Annotated[int, "How many files."]
    bytes: Annotated[int, "Their size."]


class ImageDocument(TypedDict):
    """What a build would do."""

    image: Annotated[str, "training or serving."]
    variant: Annotated[str, "cuda, cpu or neuron."]
    reference: Annotated[str, "The image's local name."]
    tag: Annotated[str, "Its tag."]
    base: Annotated[str, "The base image."]
    requirements: Annotated[str, "The lock that is installed."]
    arguments: Annotated[dict[str, str], "The Dockerfile's arguments, by name."]
    context: Annotated[ContextDocument, "What goes into it."]
    note: Annotated[str, "What a person must know of the variant."]


class BuiltDocument(ImageDocument):
    """An image that was built."""

    tool: Annotated[str, "The tool that built it."]
    id: Annotated[str, "The digest of its configuration."]
    digest: Annotated[str | None, "The digest of its manifest; null where the tool knows it only after a push."]
    seconds: Annotated[float, "How long it took."]
    log: Annotated[str, "The file with all that the tool said."]
    sbom: Annotated[str | None, "The file with its bill of materials; null where none was asked for."]


class PushedDocument(TypedDict):
    """An image in a repository."""

    reference: Annotated[str, "Its name there."]
    digest: Annotated[str, "The digest of its manifest."]
    already: Annotated[bool, "Whether the same image was there before."]


class BillDocument(TypedDict):
    """A bill of materials that was written to a file."""

    sbom: Annotated[str, "The file."]
    components: Annotated[int, "How many components it lists."]


def row_document(row: ImageRow) -> ImageRowDocument:
    """The document of what can be built."""
    return cast(ImageRowDocument, asdict(row))


def image_document(build: Build, source: Source) -> ImageDocument:
    """The document of what a build would do."""
    return {
        "image": build.image,
        "variant": build.variant,
        "reference": build.reference,
        "tag": build.tag,
        "base": build.base,
        "requirements": str(build.given_requirements or build.requirements),
        "arguments": dict(build.arguments),
        "context": {"files": len(source.paths()), "bytes": source.bytes()},
        "note": build.note,
    }


def built_document(built: Built, source: Source, *, sbom: Path | None) -> BuiltDocument:
    """The document of an image that was built."""
    return {
        **image_document(built.build, source),
        "tool": built.tool,
        "id": built.id,
        "digest": built.digest or None,
        "seconds": built.seconds,
        "log": str(built.log),
        "sbom": str(sbom) if sbom else None,
    }


def pushed_document(pushed: Pushed) -> PushedDocument:
    """The document of an image in a repository."""
    return {"reference": pushed.reference, "digest": pushed.digest, "already": pushed.already}
