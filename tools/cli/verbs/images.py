"""`slipway images`: the workload images, built with the tool that is there, and pushed to a stack's repositories."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.cli.options import Json, Local, Stack
from tools.cli.terminal import answer, console, errors_said, say

if TYPE_CHECKING:
    from tools.images.builders import Tool
    from tools.images.context import Source
    from tools.images.variants import Build

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
        rows = list(_rows(_source()))
        if as_json:
            answer(rows)
            return
        for row in rows:
            console().print(f"[bold]{row['image']} {row['variant']}[/]  {row['tag']}", highlight=False)
            for key in ("requirements", "base", "note"):
                console().print(f"    {key}: {row[key]}", markup=False)


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
        source = _source()
        shown = _described(_decided(source, image, variant, base, tag, requirements, non_root), source)
        _said(as_json, shown, "\n".join(_lines(shown)))


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
        from tools.engine.home import home_path
        from tools.images import builders
        from tools.images.build import build_image
        from tools.images.variants import IMAGES

        wanted = IMAGES if image == "all" else (image,)
        if sbom and len(wanted) > 1:
            raise ValueError("--sbom is the bill of one image; name training or serving")
        source = _source()
        builds = [_decided(source, name, variant, base, tag, requirements, non_root) for name in wanted]
        found = builders.find(tool)
        documents = []
        for each in builds:
            say(f"building {each.reference} with {found.name} over {each.base}")
            log = home_path() / "images" / f"{each.image}-{each.tag}.log"
            built = build_image(found, each, source, log=log, say=say)
            if sbom:
                _write(sbom, _bill(each, source, tool=found, image_id=built.id))
            documents.append(
                {
                    **_described(each, source),
                    "tool": built.tool,
                    "id": built.id,
                    "digest": built.digest or None,
                    "seconds": built.seconds,
                    "log": str(built.log),
                    "sbom": str(sbom) if sbom else None,
                }
            )
            if not as_json:
                console().print(f"{each.reference}  {built.digest or built.id}  {built.seconds} s", markup=False)
        if as_json:
            answer(documents if image == "all" else documents[0])


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
        from tools.images.errors import ImageError
        from tools.images.variants import IMAGES

        if repository and image == "all":
            raise ValueError("--repository is one image's; name training or serving")
        if not repository and (local or stack == "local"):
            raise ImageError(
                "the local cloud holds no images: its jobs and endpoints run this checkout, so there is nothing to push.\n"
                "name a stack on AWS: slipway images push all dev"
            )
        import boto3

        from tools.engine.sessions import reader
        from tools.images import builders
        from tools.images.push import Repository, push_image

        source = _source()
        wanted = IMAGES if image == "all" else (image,)
        builds = [_decided(source, name, variant, "", tag, requirements, non_root, built=True) for name in wanted]
        outputs = {} if repository else reader(stack, local=local).outputs()
        found = builders.find(tool)
        documents = []
        for each in builds:
            target = Repository.of(repository or str(outputs.get(f"{each.image}RepositoryUrl", "")))
            ecr = boto3.client("ecr", region_name=target.region)
            pushed = push_image(found, each.reference, each.tag, target, ecr, say)
            documents.append({"reference": pushed.reference, "digest": pushed.digest, "already": pushed.already})
            if not as_json:
                console().print(f"{pushed.reference}  {pushed.digest}", markup=False)
        if as_json:
            answer(documents if image == "all" else documents[0])


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
        source = _source()
        document = _bill(_decided(source, image, variant, base, "", requirements, False), source, rootfs=rootfs)
        if output is None:
            answer(document)
            return
        _write(output, document)
        _said(as_json, {"sbom": str(output), "components": len(document["components"])}, str(output))


def _source() -> Source:
    """This checkout's code, under the tag that the stack gives it."""
    from infra.registry.source_digest import WORKLOADS, image_tag, source_files
    from tools.images.context import Source

    return Source(root=WORKLOADS.parent, files=source_files(), tag=image_tag())


def _decided(
    source: Source,
    image: str,
    variant: str,
    base: str,
    tag: str,
    requirements: Path | None,
    non_root: bool,
    *,
    built: bool = False,
) -> Build:
    from tools.images.variants import EPOCH, decide

    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError(f"SOURCE_DATE_EPOCH is {text!r}; give seconds since 1970, or unset it")
    return decide(
        image,
        variant,
        source=source.tag,
        root=source.root,
        base=base,
        tag=tag,
        requirements=requirements,
        non_root=non_root,
        version=_version(source.root),
        epoch=int(text or EPOCH),
        built=built,
    )


def _version(root: Path) -> str:
    import tomllib

    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _rows(source: Source) -> Iterator[dict[str, Any]]:
    """Every image in every variant; one that needs a base says why."""
    from tools.images.variants import IMAGES, VARIANTS, default_base

    for image in IMAGES:
        for row in VARIANTS:
            yield {
                "image": image,
                "variant": row.name,
                "tag": f"{source.tag}{row.suffix}",
                "requirements": row.requirements[image],
                "base": None if row.needs_base else default_base(source.root),
                "note": row.needs_base or row.note[image],
            }


def _described(build: Build, source: Source) -> dict[str, Any]:
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


def _lines(shown: Mapping[str, Any]) -> Iterator[str]:
    context = shown["context"]
    yield f"{shown['reference']}  ({shown['note']})"
    yield f"context  {context['files']} files, {context['bytes'] / 1000:.0f} kB"
    for name, value in shown["arguments"].items():
        if value:
            yield f"  {name}={value}"


def _bill(
    build: Build, source: Source, *, tool: Tool | None = None, image_id: str = "", rootfs: Path | None = None
) -> dict[str, Any]:
    """The bill of materials. The Debian packages come from a root file system, or out of the image itself."""
    from tools.images import builders, sbom

    lock = build.given_requirements or source.root / build.requirements
    packages = sbom.os_packages_of(rootfs) if rootfs else ()
    if tool and not rootfs:
        texts = [builders.read_file(tool, image_id, path) for path in (sbom.DPKG_STATUS, sbom.OS_RELEASE)]
        packages = sbom.os_packages(*texts)
    if not packages:
        say("the bill has no packages of the operating system: they are read from an image that was built, or from --rootfs")
    return sbom.document(build, lock.read_text(encoding="utf-8"), packages=packages, image_id=image_id)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _said(as_json: bool, document: Mapping[str, Any], words: str) -> None:
    if as_json:
        answer(document)
    else:
        console().print(words, markup=False)
