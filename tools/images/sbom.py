"""A software bill of materials as CycloneDX 1.6 JSON: the packages of an image, from its lock and from the image itself.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tools.images.locks import Pin, read
from tools.images.variants import Build

SPEC_VERSION: Final = "1.6"
# The file in which Debian and Ubuntu, one of which every base image here is, list the installed packages.
DPKG_STATUS: Final = "var/lib/dpkg/status"
OS_RELEASE: Final = "etc/os-release"


@dataclass(frozen=True, slots=True, kw_only=True)
class OsPackage:
    """An installed package of the distribution (`debian`, `ubuntu`)."""

    distribution: str
    name: str
    version: str
    architecture: str

    @property
    def purl(self) -> str:
        """The package's URL, by https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md."""
        version = quote(self.version, safe="")
        return f"pkg:deb/{self.distribution}/{quote(self.name, safe='')}@{version}?arch={self.architecture}"


def document(build: Build, lock: str, *, packages: Sequence[OsPackage] = (), image_id: str = "") -> dict[str, Any]:
    """The bill of materials of one image. `lock` is the text of its requirements; `image_id` is the digest of a built image.

    The same image gives the same document: the serial number is a hash of the rest, and the time is the build's epoch.
    """
    pins = read(lock, build.requirements)
    name, _, digest = build.base.partition("@sha256:")
    image = {
        "type": "container",
        "bom-ref": "image",
        "name": f"slipway-{build.image}",
        "version": build.tag,
        **({"hashes": [{"alg": "SHA-256", "content": image_id.removeprefix("sha256:")}]} if image_id else {}),
    }
    base = {
        "type": "container",
        "bom-ref": "base",
        "name": name,
        "version": f"sha256:{digest}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    components = [base, *(_python(pin) for pin in pins), *_os(packages)]
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(build.arguments["SOURCE_DATE_EPOCH"]), UTC).isoformat(),
            "component": image,
            "properties": [
                {"name": "slipway:variant", "value": build.variant},
                {"name": "slipway:requirements", "value": build.requirements},
            ],
        },
        "components": components,
        "dependencies": [{"ref": "image", "dependsOn": sorted(each["bom-ref"] for each in components)}],
    }
    serial = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    return {"serialNumber": f"urn:uuid:{uuid.UUID(bytes=serial[:16], version=4)}", **body}


def os_packages(status: str, os_release: str) -> tuple[OsPackage, ...]:
    """The installed packages by the text of dpkg's status file; `os_release` names the distribution."""
    identity = re.search(r'^ID="?([a-z0-9._-]+)"?$', os_release, re.MULTILINE)
    found = []
    for paragraph in re.split(r"\n\s*\n", status):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed") and {"Package", "Version", "Architecture"} <= fields.keys():
            found.append(
                OsPackage(
                    distribution=identity[1] if identity else "debian",
                    name=fields["Package"],
                    version=fields["Version"],
                    architecture=fields["Architecture"],
                )
            )
    return tuple(sorted(found, key=lambda package: (package.name, package.architecture)))


def os_packages_of(folder: Path) -> tuple[OsPackage, ...]:
    """The installed packages of the root file system in `folder`. Raises FileNotFoundError where that has no dpkg."""
    release = folder / OS_RELEASE
    return os_packages(
        (folder / DPKG_STATUS).read_text(encoding="utf-8"), release.read_text(encoding="utf-8") if release.is_file() else ""
    )


def _python(pin: Pin) -> dict[str, Any]:
    purl = f"pkg:pypi/{pin.name}@{quote(pin.version, safe='')}"
    component: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": pin.name, "version": pin.version, "purl": purl}
    # A lock allows several files of a package, one a platform. Only where there is one file is the installed one known.
    if len(pin.hashes) == 1:
        return {**component, "hashes": [{"alg": "SHA-256", "content": pin.hashes[0]}]}
    allowed = [{"name": "slipway:allowed-sha256", "value": each} for each in sorted(pin.hashes)]
    return {**component, "properties": allowed}


def _os(packages: Sequence[OsPackage]) -> Iterator[dict[str, Any]]:
    for package in packages:
        purl = package.purl
        yield {"type": "library", "bom-ref": purl, "name": package.name, "version": package.version, "purl": purl}
