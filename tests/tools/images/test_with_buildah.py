"""Reading an image with the genuine buildah, where it is installed. The workload images take minutes (docs/images.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.images import builders, push, sbom
from tools.images.errors import ImageError

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed (apt install buildah)"),
]
STATUS = "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> builders.Tool:
    storage = tmp_path / "storage.conf"
    storage.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path}/root"\nrunroot = "{tmp_path}/run"\n')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(storage))
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    return builders.find("buildah")


def test_an_image_has_an_id_a_digest_and_files_that_can_be_read(tool: builders.Tool, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "status").write_text(STATUS)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY status /var/lib/dpkg/status\n")
    log, id_file = tmp_path / "log", tmp_path / "id"
    said: list[str] = []
    command = [
        "buildah",
        "build",
        "--format",
        "docker",
        "--timestamp",
        "0",
        "--iidfile",
        str(id_file),
        "-t",
        "ours:1",
        str(context),
    ]
    builders.run_build(tool, command, log, said.append)
    image_id = push.local_id(tool, "ours:1")
    assert image_id.removeprefix("sha256:") == id_file.read_text().removeprefix("sha256:")
    assert builders.digest_of(tool, image_id.removeprefix("sha256:")).startswith("sha256:")
    assert builders.read_file(tool, image_id, sbom.DPKG_STATUS) == STATUS
    assert builders.read_file(tool, image_id, sbom.OS_RELEASE) == "", "scratch has none"
    assert any(line.startswith("STEP") for line in said)
    with pytest.raises(ImageError, match="is not built here"):
        push.local_id(tool, "ours:2")
