"""The decisions that precede a build, and the context of the build."""

from __future__ import annotations

import itertools
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools.images.context import Source, staged
from tools.images.errors import ImageError
from tools.images.locks import read
from tools.images.variants import DOCKERFILE, VARIANTS, Build, decide
from workloads.catalog import IMAGES

BASE = f"registry.example/base@sha256:{'a' * 64}"
NAMES = [row.name for row in VARIANTS]


def decided(source: Source, image: str = "serving", variant: str = "cpu", **more: Any) -> Build:
    return decide(image, variant, source=source.tag, root=source.root, **{"base": BASE, **more})


def test_every_variant_of_every_image_has_a_tag_of_its_own(source: Source) -> None:
    tags = {(image, decided(source, image, variant).tag) for image, variant in itertools.product(IMAGES, NAMES)}
    assert len(tags) == len(IMAGES) * len(NAMES)


def test_the_tag_that_the_stack_asks_for_is_the_variant_that_runs_everywhere(source: Source) -> None:
    plain = [variant for variant in NAMES if decided(source, variant=variant).tag == source.tag]
    assert plain == ["cuda"]


def test_another_user_or_other_packages_give_another_tag(source: Source, tmp_path: Path) -> None:
    lock = tmp_path / "mine.txt"
    lock.write_text(f"numpy==2.0.0 --hash=sha256:{'b' * 64}\n")
    tags = [decided(source).tag, decided(source, non_root=True).tag, decided(source, requirements=lock).tag]
    assert len(set(tags)) == 3


def test_every_argument_is_one_that_the_dockerfile_takes(source: Source) -> None:
    text = (source.root / DOCKERFILE).read_text()
    for name in decided(source).arguments:
        assert f"\nARG {name}" in text, name


def test_locks_of_the_variants_are_there_and_the_small_one_has_no_pytorch(source: Source) -> None:
    for image, variant in itertools.product(IMAGES, NAMES):
        pins = read((source.root / decided(source, image, variant).requirements).read_text())
        assert pins
    names = {pin.name for pin in read((source.root / decided(source).requirements).read_text())}
    assert "onnxruntime" in names
    assert not {name for name in names if name == "torch" or name.startswith("nvidia-")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"image": "web"}, "there are training and serving"),
        ({"variant": "tpu"}, "cuda, cpu, neuron"),
        ({"base": "python:3.11"}, "names no digest"),
        ({"base": "--privileged@sha256:" + "a" * 64}, "names no digest"),
        ({"tag": "two words"}, "is no tag"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_valid_ones(source: Source, arguments: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        decided(source, **arguments)
    assert type(error.value) is ValueError, "exit code 2"


def test_neuron_says_where_its_base_comes_from_and_a_built_one_needs_none(source: Source) -> None:
    with pytest.raises(ImageError, match="AWS Deep Learning Container"):
        decided(source, variant="neuron", base="")
    assert decided(source, variant="neuron", base="", built=True).tag.endswith("-neuron")


def test_a_line_of_a_lock_without_a_hash_is_refused() -> None:
    with pytest.raises(ValueError, match=r"numpy==2\.0\.0"):
        read("numpy==2.0.0\n")


def test_the_context_holds_what_the_tag_is_a_hash_of_and_no_data(source: Source) -> None:
    build = decided(source)
    with staged(source, build) as context:
        files = {path.relative_to(context) for path in context.rglob("*") if path.is_file()}
        assert Path("requirements/workloads.txt") in files
        assert Path("workloads/entrypoint.py") in files
        assert Path(DOCKERFILE) in files
        assert not [path for path in files if path.suffix in {".parquet", ".pyc"}]
        assert {stat.S_IMODE((context / path).stat().st_mode) for path in files} == {0o644}
        assert {int((context / path).stat().st_mtime) for path in files} == {int(build.arguments["SOURCE_DATE_EPOCH"])}
    assert not context.exists()


def test_a_given_lock_is_in_the_context_under_the_name_that_the_build_uses(source: Source, tmp_path: Path) -> None:
    lock = tmp_path / "mine.txt"
    lock.write_text("x==1")
    build = decided(source, requirements=lock)
    with staged(source, build) as context:
        assert (context / build.arguments["REQUIREMENTS"]).read_text() == "x==1"


def test_a_missing_source_file_fails_the_build(source: Source) -> None:
    gone = replace(source, files=(*source.files, Path("gone.py")))
    with pytest.raises(FileNotFoundError), staged(gone, decided(source)):
        pass
