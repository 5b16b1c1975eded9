"""The zip of a further part: its code, the product's packages, and their requirements."""

import io
import zipfile
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import package, part_package
from scripts.deploy.commands import package as package_command
from scripts.deploy.installer import EVERY_SERVICE
from scripts.deploy.package import Contents, ForLambda, Package
from scripts.deploy.runtime import Architecture
from scripts.deploy.stack_part import PIPELINE_PART, further
from scripts.project.folder import Project
from tests.further_part import PART, write_part
from tests.scripts.deploy.projects import project_in


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write_part(tmp_path)
    (tmp_path / "shelf" / "texts").mkdir()
    (tmp_path / "shelf" / "texts" / "due.j2").write_text("Due: {{ title }}\n", "utf-8")
    (tmp_path / "shelf" / "__pycache__").mkdir()
    (tmp_path / "shelf" / "__pycache__" / "old.pyc").write_bytes(b"")
    (tmp_path / "requirements.txt").write_text("", "utf-8")
    (tmp_path / "bare.yaml").write_text("Resources: {Bare: {Type: AWS::SNS::Topic}}\n", "utf-8")
    bare = {"template": "bare.yaml"}
    return project_in(tmp_path, parts={"shelf": PART | {"requirements": "requirements.txt"}, "bare": bare})


def test_the_zip_of_the_emulator_has_the_code_and_the_modules_of_the_product(project: Project) -> None:
    """Also files that are not Python, but none that Python makes; the same files give the same key."""
    made = part_package.build(project, "shelf", None)
    assert made is not None
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        names = set(archive.namelist())
    assert {name for name in names if name.startswith("shelf/")} == {
        "shelf/__init__.py",
        "shelf/handler.py",
        "shelf/texts/due.j2",
    }
    assert {"processor/dead_letters.py", "notifications/pacing.py", "ingest/envelope.py"} <= names
    assert "processor/routes.yaml" not in names
    assert part_package.build(project, "shelf", None) == made
    assert made.key.startswith("shelf/")


def test_the_parts_get_the_keys_of_their_zips(project: Project) -> None:
    """A part without code has no zip, nor have the parts of the product."""
    parts, zips = part_package.build_all(project, (PIPELINE_PART, *further(project)), None)
    assert [each.name for each in zips] == ["shelf"]
    assert [part.code_key for part in parts] == ["", zips[0].key, ""]
    assert package.names([*zips, Package("ingest", b""), Package("processor", _routes())]).keys() == {
        "IngestCodeKey",
        "ProcessorCodeKey",
        "RoutesDigest",
    }


def test_parts_are_built_by_name(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A part without code has no zip, and an unknown name is an error."""
    assert [each.name for each in part_package.build_named(project.folder, ["bare", "shelf"], None)] == ["shelf"]
    with pytest.raises(ConfigurationError, match="has no part other; its parts: shelf, bare"):
        part_package.build_named(project.folder, ["other"], None)
    out = project.folder / "build"
    package_command(part=["shelf"], project=project.folder, out=out)
    assert (out / "shelf.zip").is_file()
    assert "shelf/" in capsys.readouterr().out


def _routes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(package.ROUTES_IN_ZIP, "routes: []\n")
    return buffer.getvalue()


def test_the_zip_for_lambda_has_the_packages_of_three_files(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the processor, of the notifications and of the part, with the descriptions of every service."""
    asked: list[tuple[Contents, ForLambda]] = []

    def build(contents: Contents, *, target: ForLambda, more: dict[str, Path]) -> Package:
        asked.append((contents, target))
        assert "shelf/handler.py" in more
        return Package(contents.name, b"")

    monkeypatch.setattr(package, "build", build)
    target = ForLambda(Architecture.arm64, None, (package.REQUIREMENTS / "processor.txt",))
    part_package.build(project, "shelf", target)
    [(contents, used)] = asked
    assert contents.services == EVERY_SERVICE
    assert [path.name for path in used.requirements] == ["processor.txt", "notifications.txt", "requirements.txt"]
    assert used.requirements[-1].parent == project.folder
