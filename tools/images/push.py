"""Pushes a built image to the stack's repository on ECR, under the tag that the stack's jobs and endpoints name."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tools.images.builders import Say, Tool
from tools.images.errors import ImageError

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
_REPOSITORY: Final = re.compile(
    r"(?P<host>\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?)/(?P<name>[a-z0-9._/-]+)"
)
_MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository on ECR: `host` to log in to, `name` in `region`."""

    url: str
    host: str
    name: str
    region: str

    @classmethod
    def of(cls, url: str) -> Repository:
        """The repository of a URL, which is an output of the stack. Raises ImageError for a URL that is not of ECR."""
        found = _REPOSITORY.fullmatch(url)
        if not found:
            raise ImageError(f"{url!r} is no repository on ECR; is the stack up? `slipway outputs <stack>` prints it")
        return cls(url=url, host=found["host"], name=found["name"], region=found["region"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """An image in the registry. `digest` is its manifest's; `already` says that the image was there before the push."""

    reference: str
    digest: str
    already: bool


def push_image(tool: Tool, reference: str, tag: str, repository: Repository, ecr: Any, say: Say) -> Pushed:
    """Pushes the local image `reference` as `tag`. `ecr` is a boto3 client.

    Raises ImageError where the image is not built, or where the tag is another image's already: tags never move.
    """
    image_id = local_id(tool, reference)
    target = f"{repository.url}:{tag}"
    there = existing(ecr, repository.name, tag)
    if there:
        if image_id not in (there.config, there.digest):
            raise ImageError(
                f"{target} is there and is another image ({there.config}, this one is {image_id}). Tags never move: change the "
                "code and the tag changes with it, or give --tag for the same code over another base"
            )
        say(f"{target} is there already, and is this image")
        return Pushed(reference=target, digest=there.digest, already=True)
    user, password = credentials(ecr)
    with logged_in(tool, repository.host, user, password) as environment:
        say(f"pushing {reference} to {target}")
        with TemporaryDirectory() as folder:
            digest = _push(environment, reference, target, Path(folder, "digest"))
    pushed = existing(ecr, repository.name, tag)
    return Pushed(reference=target, digest=pushed.digest if pushed else digest, already=False)


def local_id(tool: Tool, reference: str) -> str:
    """The digest of a local image's configuration. Raises ImageError that says how to build it."""
    arguments = {"buildah": ("inspect", "--type", "image", "--format", "{{.FromImageID}}")}.get(
        tool.name, ("image", "inspect", "--format", "{{.Id}}")
    )
    try:
        found = tool.run(*arguments, reference)
    except ImageError as error:
        raise ImageError(f"{reference} is not built here ({tool.name}); `slipway images build` builds it\n{error}") from None
    return found if found.startswith("sha256:") else f"sha256:{found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """An image in the registry, by the digest of its manifest and of its configuration ("" for an index of several images)."""

    digest: str
    config: str


def existing(ecr: Any, repository: str, tag: str) -> Existing | None:
    """The image that has a tag in a repository; None where no image has it."""
    answer = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}], acceptedMediaTypes=list(_MANIFESTS))
    for image in answer.get("images", ()):
        manifest = json.loads(image["imageManifest"])
        return Existing(digest=image["imageId"]["imageDigest"], config=manifest.get("config", {}).get("digest", ""))
    return None


def credentials(ecr: Any) -> tuple[str, str]:
    """User and password for the registry. They are valid for twelve hours."""
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    return user, password


@contextmanager
def logged_in(tool: Tool, host: str, user: str, password: str) -> Iterator[Tool]:
    """The tool, logged in to a registry. The password goes to it over stdin, and is stored in a temporary folder.

    docker stores its contexts beside its logins, so it uses its usual folder and logs out again.
    """
    with TemporaryDirectory(prefix="slipway-login-") as folder:
        own = {} if tool.name == "docker" else {"REGISTRY_AUTH_FILE": os.path.join(folder, "auth.json")}
        inside = _with(tool, own)
        inside.run("login", "--username", user, "--password-stdin", host, stdin=password)
        try:
            yield inside
        finally:
            inside.run("logout", host)


def _push(tool: Tool, reference: str, target: str, digest_file: Path) -> str:
    if tool.name == "docker":
        tool.run("tag", reference, target)
        output = tool.run("push", target)
        found = re.search(r"digest: (sha256:[0-9a-f]{64})", output)
        return found[1] if found else ""
    tool.run("push", "--digestfile", str(digest_file), reference, f"docker://{target}")
    return digest_file.read_text(encoding="utf-8").strip()


def _with(tool: Tool, environment: Mapping[str, str]) -> Tool:
    return Tool(name=tool.name, probe=tool.probe, extra=tool.extra, environment={**tool.environment, **environment})
