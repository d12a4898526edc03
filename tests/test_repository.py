"""What holds for the tree as a whole: the locks, the README's commands, the example."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[1]
LOCKS = {
    "requirements.lock": (),
    "requirements-test.lock": ("test", "docs", "smt", "app", "browser", "keras", "cluster"),
}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_what_is_asked_with_hashes_and_names_no_place(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:[0-9a-f]{64}( \\)?$)", text, re.MULTILINE)
    pinned = {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==\S+(?: ;.*)? \\$", text, re.MULTILINE)}
    assert len(pinned) > 10
    project = _project()
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    for extra in LOCKS[lock]:
        asked += project["project"]["optional-dependencies"][extra]
    names = {_normal(re.match(r"[A-Za-z0-9._-]+", item)[0]) for item in asked}
    assert names - pinned == set()


def _pins(lock: str) -> set[str]:
    return set(re.findall(r"^\S+==\S+(?: ;.*?)?(?= \\$)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def test_locks_agree():
    assert _pins("requirements.lock") <= _pins("requirements-test.lock")


@pytest.mark.parametrize(
    ("heading", "lock", "last"),
    [
        ("Certify a network", "requirements.lock", "certify chain"),
        ("Run the tests", "requirements-test.lock", "pytest"),
    ],
)
def test_readme_commands_set_up_everything(heading, lock, last):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    commands = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    for command in commands[:2]:
        steps = command.split("&&")
        assert "venv" in steps[0]
        assert f"--require-hashes -r {lock}" in command
        assert last in steps[-1]
        for path in re.findall(r"docs/\S+", command):
            assert (ROOT / path).exists()


def test_every_test_folder_is_mapped():
    mapped = (ROOT / "tests/README.md").read_text(encoding="utf-8")
    top = ROOT / "tests"
    folders = sorted({item.parent.relative_to(top).as_posix() for item in top.rglob("*.py")} - {"."})
    assert len(folders) > 20
    assert [name for name in folders if f"`{name}/`" not in mapped] == []


def test_the_map_of_the_tests_names_what_there_is():
    mapped = (ROOT / "tests/README.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([a-z_]+/[a-z_/]*(?:\w+\.py)?)(?: --slow)?`", mapped):
        assert (ROOT / "tests" / name).exists() or (ROOT / name).exists(), name


def test_links_lead_somewhere():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    # Written by every build of the documentation, which warns of what leads nowhere.
    built = tuple(str(ROOT / line) for line in ignored if line.startswith("docs/reference/"))
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/howto").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            place = (page.parent / target).resolve()
            assert place.exists() or str(place).startswith(built), f"{page.name} links to {target}"


def test_example_is_small_and_is_what_the_readme_says():
    path = ROOT / "docs/examples/digits_mlp.safetensors"
    tensors = load_file(path)
    widths = [64, 96, 96, 96, 96, 10]
    assert path.stat().st_size < 500_000
    assert {name: value.shape for name, value in tensors.items()} == {
        **{f"layers.{i}.weight": (widths[i + 1], widths[i]) for i in range(5)},
        **{f"layers.{i}.bias": (widths[i + 1],) for i in range(5)},
    }
    assert {str(value.dtype) for value in tensors.values()} == {"float32"}
    assert "64 → 96 → 96 → 96 → 96 → 10" in (ROOT / "README.md").read_text(encoding="utf-8")
