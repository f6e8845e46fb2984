"""`slipway images`: the workload images, built with the tool that is there, and pushed to a stack's repositories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, say

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The workload images: list, show, build, push, sbom.\n\nExample: slipway images build serving --variant cpu",
)

Image = Annotated[str, typer.Argument(help="training or serving.")]
VariantName = Annotated[str, typer.Option("--variant", help="cuda, cpu or neuron.")]
ToolName = Annotated[str, typer.Option("--tool", help="docker, podman, buildah, or auto for the first that works.")]
Base = Annotated[str, typer.Option("--base", help="The base image, as name@sha256:... (default: the Dockerfile's).")]
TagName = Annotated[str, typer.Option("--tag", help="The tag (default: src-<hash of the code>, and the variant's ending).")]
Lock = Annotated[
    Path | None, typer.Option("--requirements", help="A hash-locked requirements file to install instead of the variant's.")
]
NonRoot = Annotated[bool, typer.Option("--non-root", help="Run as user 10001, for Kubernetes; SageMaker wants root.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List what can be built: image, variant, tag, base and lock.

    Example: slipway images list
    """
    with errors_said(as_json=as_json):
        from tools.cli.show import images as shown
        from tools.flows.documents.images import row_document
        from tools.flows.image_work import ImageWork

        found = list(ImageWork(say=say).rows())
        if as_json:
            answer([row_document(row) for row in found])
        else:
            shown.rows(found)


@app.command()
def show(
    image: Image,
    variant: VariantName = "cuda",
    base: Base = "",
    tag: TagName = "",
    requirements: Lock = None,
    non_root: NonRoot = False,
    as_json: Json = False,
) -> None:
    """Show what a build would do: its arguments, tag and context. Nothing is built.

    Example: slipway images show serving --variant cpu
    """
    with errors_said(as_json=as_json):
        from tools.cli.show import images as shown
        from tools.flows.documents.images import image_document
        from tools.flows.image_work import ImageChoice, ImageWork

        work = ImageWork(say=say)
        choice = ImageChoice(image=image, variant=variant, base=base, tag=tag, requirements=requirements, non_root=non_root)
        document = image_document(work.decided(choice), work.source)
        if as_json:
            answer(document)
        else:
            shown.described(document)


@app.command()
def build(
    image: Annotated[str, typer.Argument(help="training, serving, or all for both.")] = "all",
    variant: VariantName = "cuda",
    tool: ToolName = "auto",
    base: Base = "",
    tag: TagName = "",
    requirements: Lock = None,
    non_root: NonRoot = False,
    sbom: Annotated[Path | None, typer.Option(help="Also write the image's bill of materials to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Build an image from this checkout and print its digest. Exit code 1 where no tool works, or the build fails.

    Example: slipway images build serving --variant cpu --sbom serving.cdx.json
    """
    with errors_said(as_json=as_json):
        from tools.cli.show import images as shown
        from tools.flows.documents.images import built_document
        from tools.flows.image_work import ALL, ImageChoice, ImageWork

        work = ImageWork(say=say)
        choice = ImageChoice(image=image, variant=variant, base=base, tag=tag, requirements=requirements, non_root=non_root)
        documents = []
        for built in work.build(choice, tool=tool, bill=sbom):
            documents.append(built_document(built, work.source, sbom=sbom))
            if not as_json:
                shown.built(built)
        if as_json:
            answer(documents if image == ALL else documents[0])


@app.command()
def push(
    image: Annotated[str, typer.Argument(help="training, serving, or all for both.")],
    stack: Stack = "local",
    variant: VariantName = "cuda",
    tool: ToolName = "auto",
    tag: TagName = "",
    requirements: Lock = None,
    non_root: NonRoot = False,
    repository: Annotated[str, typer.Option(help="The repository's url, where no stack's outputs can be read (CI).")] = "",
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Push a built image to a stack's repository and print its digest there. A tag that is there with this image is fine.

    Example: slipway images push all dev
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli.show import images as shown
        from tools.engine.stack_ref import StackRef
        from tools.flows.documents.images import pushed_document
        from tools.flows.image_work import ALL, ImageChoice, ImageWork

        choice = ImageChoice(image=image, variant=variant, tag=tag, requirements=requirements, non_root=non_root)
        target = StackRef(name=stack, local=local)
        documents = []
        for pushed in ImageWork(say=say).push(choice, target, tool=tool, repository=repository):
            documents.append(pushed_document(pushed))
            if not as_json:
                shown.pushed(pushed)
        if as_json:
            answer(documents if image == ALL else documents[0])


@app.command()
def sbom(
    image: Image,
    variant: VariantName = "cuda",
    base: Base = "",
    requirements: Lock = None,
    rootfs: Annotated[Path | None, typer.Option(help="The image's unpacked root file system, for its Debian packages.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it here instead of stdout.")] = None,
    as_json: Json = False,
) -> None:
    """Print an image's bill of materials, CycloneDX JSON, from its lock; with --rootfs also the base's Debian packages.

    Example: slipway images sbom serving --variant cpu -o serving.cdx.json
    """
    with errors_said(as_json=as_json):
        from tools.cli.show import images as shown
        from tools.flows.image_work import ImageChoice, ImageWork, write

        work = ImageWork(say=say)
        choice = ImageChoice(image=image, variant=variant, base=base, requirements=requirements)
        document = work.bill(work.decided(choice), rootfs=rootfs)
        if output is None:
            answer(document)
            return
        write(output, document)
        if as_json:
            answer({"sbom": str(output), "components": len(document["components"])})
        else:
            shown.written(str(output))
