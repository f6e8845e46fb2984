"""The bill of materials, against CycloneDX's published schema (schemas/, as its Python library ships them)."""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.tools.images.test_variants import decided
from tools.images.context import Source
from tools.images.locks import read
from tools.images.sbom import OsPackage, document, os_packages, os_packages_of

SCHEMAS = Path(__file__).parent / "schemas"
STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


@cache
def schema(name: str) -> Any:
    return json.loads(gzip.decompress((SCHEMAS / f"{name}.schema.json.gz").read_bytes()))


@cache
def validator() -> Any:
    def named(name: str) -> Any:
        return Resource.from_contents(schema(name), default_specification=DRAFT7)

    registry = Registry().with_resources(
        [(schema(name)["$id"], named(name)) for name in ("spdx", "jsf-0.82")]
        + [(f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", named(name)) for name in ("spdx", "jsf-0.82")]
    )
    return jsonschema.Draft7Validator(schema("bom-1.6"), registry=registry)


def bill(source: Source, variant: str = "cpu", **more: Any) -> dict[str, Any]:
    build = decided(source, variant=variant)
    return document(build, (source.root / build.requirements).read_text(), **more)


@pytest.mark.parametrize("variant", ["cuda", "cpu", "neuron"])
def test_the_bill_is_valid_by_the_published_schema(source: Source, variant: str) -> None:
    found = bill(source, variant, packages=os_packages(STATUS, "ID=debian"), image_id="sha256:" + "e" * 64)
    assert [error.message for error in validator().iter_errors(found)] == []


def test_the_schema_would_say_what_is_wrong(source: Source) -> None:
    broken = copy.deepcopy(bill(source))
    broken["components"][1]["type"] = "wheel"
    assert list(validator().iter_errors(broken))


def test_every_locked_package_is_on_the_bill_with_its_allowed_hashes(source: Source) -> None:
    lock = (source.root / "workloads/images/serving-cpu.txt").read_text()
    components = {each["name"]: each for each in bill(source)["components"]}
    for pin in read(lock):
        component = components[pin.name]
        hashes = {each["content"] for each in component.get("hashes", ())}
        hashes |= {each["value"] for each in component.get("properties", ())}
        assert component["purl"] == f"pkg:pypi/{pin.name}@{pin.version}"
        assert hashes == set(pin.hashes)


def test_the_base_image_is_on_the_bill_by_its_digest(source: Source) -> None:
    (base,) = [each for each in bill(source)["components"] if each["bom-ref"] == "base"]
    assert base["hashes"][0]["content"] == "a" * 64


def test_the_same_image_is_the_same_document_and_another_is_not(source: Source) -> None:
    assert bill(source) == bill(source)
    assert bill(source)["serialNumber"] != bill(source, "cuda")["serialNumber"]


def test_debian_s_packages_are_those_that_are_installed(tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    (found,) = os_packages_of(tmp_path)
    assert found == OsPackage(distribution="debian", name="libc6", version="2.36-9+deb12u10", architecture="amd64")
    assert found.purl == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64"
