from pathlib import Path

import pytest

from tools.engine import build, locate, scripts
from tools.engine.binary import VERSION, Engine, version_of
from tools.engine.errors import EngineMissing


def fake_pulumi(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\necho v{version}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path / "bin"), "SLIPWAY_CACHE": str(tmp_path / "cache")}


def test_a_new_enough_pulumi_on_path_is_taken_first(tmp_path: Path, env: dict[str, str]) -> None:
    fake_pulumi(tmp_path / "bin", "3.260.1")
    fake_pulumi(tmp_path / "cache" / "engine" / VERSION / "bin", VERSION)
    found = locate.find(env)
    assert found is not None
    assert (found.source, found.version) == ("PATH", "3.260.1")


def test_an_old_pulumi_on_path_is_passed_over_for_the_cache(tmp_path: Path, env: dict[str, str]) -> None:
    fake_pulumi(tmp_path / "bin", "3.100.0")
    cached = fake_pulumi(tmp_path / "cache" / "engine" / VERSION / "bin", VERSION)
    found = locate.find(env)
    assert found == Engine(path=cached, version=VERSION, source="cache")


def test_a_machine_without_an_engine_finds_none_and_starts_no_work(env: dict[str, str]) -> None:
    assert locate.find(env) is None


def test_a_version_is_asked_once_and_again_when_the_binary_changes(tmp_path: Path, env: dict[str, str]) -> None:
    path = fake_pulumi(tmp_path / "bin", "3.260.1")
    assert version_of(path, env) == "3.260.1"
    stamps = list((tmp_path / "cache" / "engine" / "versions").iterdir())
    assert len(stamps) == 1
    stamps[0].write_text("3.999.0")
    assert version_of(path, env) == "3.999.0", "the kept answer is used"
    path.write_text("#!/bin/sh\necho v3.261.0  # another\n")
    assert version_of(path, env) == "3.261.0"


def test_a_binary_that_does_not_run_is_named(tmp_path: Path, env: dict[str, str]) -> None:
    path = tmp_path / "pulumi"
    path.write_text("#!/bin/sh\nexit 3\n")
    path.chmod(0o755)
    with pytest.raises(EngineMissing, match="does not run"):
        version_of(path, env)


def test_the_ways_are_tried_in_order_and_the_first_that_works_ends_it() -> None:
    asked: list[str] = []
    engine = Engine(path=Path("/x"), version="3.259.0", source="second")

    def way(name: str, result: Engine | None) -> locate.Way:
        def call() -> Engine:
            asked.append(name)
            if result is None:
                raise EngineMissing(f"{name} has none")
            return result

        return call

    assert locate.first_of((("a", way("a", None)), ("b", way("b", engine)), ("c", way("c", engine)))) is engine
    assert asked == ["a", "b"]


def test_when_all_four_ways_fail_each_is_named_with_its_reason(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> Engine:
        raise EngineMissing("it failed: name not resolved")

    monkeypatch.setattr(build, "install_official", offline)
    with pytest.raises(EngineMissing) as caught:
        locate.ensure(env)
    message = str(caught.value)
    for part in (
        "1. a pulumi on PATH: there is none",
        "2. the cache:",
        "3. the official installer: it failed",
        "4. a build from Go modules",
    ):
        assert part in message
    assert "no `go` on PATH" in message
    assert "Way out" in message


def fake_go(folder: Path, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "go").chmod(0o755)


# `-o` is followed by the target: find it among the arguments as the real compiler does.
GOOD_GO = 'while [ "$1" != "-o" ]; do shift; done; printf "#!/bin/sh\\necho v3.259.0\\n" > "$2"; /bin/chmod +x "$2"'


def test_a_build_is_published_whole_or_not_at_all(tmp_path: Path) -> None:
    fake_go(tmp_path / "bin", GOOD_GO)
    root = tmp_path / "engine"
    env = {"PATH": f"{tmp_path / 'bin'}:/bin:/usr/bin", "SLIPWAY_CACHE": str(tmp_path / "cache")}
    made = build.build_from_modules(root, env=env)
    assert (made.version, made.source) == ("3.259.0", "Go build")
    assert made.path == root / "bin" / "pulumi"
    assert not list(root.glob("making-*")), "the scratch folder is gone"


def test_a_second_process_takes_the_engine_that_the_first_made(tmp_path: Path) -> None:
    root = tmp_path / "engine"
    fake_pulumi(root / "bin", "3.259.0")
    fake_go(tmp_path / "bin", "exit 1")
    made = build.build_from_modules(root, env={"PATH": f"{tmp_path / 'bin'}:/bin", "SLIPWAY_CACHE": str(tmp_path / "cache")})
    assert made.source == "cache"


def test_a_failed_build_reports_the_compilers_message_and_leaves_no_file(tmp_path: Path) -> None:
    fake_go(tmp_path / "bin", "echo 'module not available' >&2; exit 1")
    with pytest.raises(EngineMissing, match="module not available"):
        build.build_from_modules(tmp_path / "engine", env={"PATH": f"{tmp_path / 'bin'}:/bin"})
    assert not (tmp_path / "engine" / "bin").exists()


def test_the_pinned_module_is_the_version_that_is_built() -> None:
    assert f"github.com/pulumi/pulumi/pkg/v3 v{VERSION}" in (build.MODULE / "go.mod").read_text()


def test_the_scripts_are_written_once_and_run_the_sdk_modules(tmp_path: Path) -> None:
    folder = scripts.write(tmp_path / "scripts")
    first = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    scripts.write(folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == first
    assert set(first) == {"pulumi-resource-pulumi-python", "pulumi-analyzer-policy-python"}
    assert "-m pulumi.dynamic" in (folder / "pulumi-resource-pulumi-python").read_text()
