"""The zips: reproducible bytes, the right contents, and no dependency on the repository."""

import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import ROUTES
from scripts.cli.product_files import PROJECT
from scripts.deploy import authorities, package
from scripts.deploy.commands import package as package_command
from scripts.deploy.flags import PackageTarget
from scripts.deploy.package import INGEST, NOTIFICATIONS, PROCESSOR, Contents, ForLambda, Package, build, write
from scripts.deploy.runtime import Architecture
from tests.scripts.command import run

# Imports modules from the folder given, with the repository taken off the path (an editable install puts it there).
_IMPORT = """
import importlib, pathlib, sys
folder, repository, *names = sys.argv[1:]
sys.path[:] = [folder] + [p for p in sys.path if pathlib.Path(p or ".").resolve() != pathlib.Path(repository)]
modules = [importlib.import_module(name) for name in names]
assert all(callable(m.lambda_handler) for m in modules if m.__name__.endswith("handler"))
strays = [m.__name__ for m in list(sys.modules.values())
          if str(getattr(m, "__file__", None) or "").startswith(repository) and "/.venv/" not in m.__file__]
assert not strays, strays
"""

SETTINGS = {
    "STAGE": "dev",
    "WEBHOOK_QUEUE_URL": "http://127.0.0.1:9/queue",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/dead-letters",
    "DELIVERIES_TABLE": "table",
    "MAX_RECEIVE_COUNT": "8",
    "VISIBILITY_TIMEOUT": "180",
    "FUNCTION_TIMEOUT": "30",
    "WEBHOOK_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:webhooks",
    "PROFILES": "alma",
    "QUEUE_URL": "http://127.0.0.1:9/queue",
    "OVERFLOW_BUCKET": "bucket",
    "NOTIFICATIONS_QUEUE_URL": "http://127.0.0.1:9/notifications",
    "NOTIFICATION_TOPICS_TABLE": "topics",
    "SENDER_TABLE": "sendings",
    "CONTACTS_TABLE": "contacts",
    "TOPICS": "other",
    "TOPIC_ARN_PREFIX": "arn:aws:sns:us-east-1:000000000000:stack-",
    "STATE_MACHINE_ARNS": "{}",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


def names(package: Package) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(package.content)).namelist()


def project(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def imported(folder: Path, *modules: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-I", "-c", _IMPORT, str(folder), str(PROJECT), *modules],
        env=SETTINGS,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files of all zips, with other times and rights."""
    copy = project(tmp_path_factory.mktemp("copy"), "ingest", "processor", "notifications")
    for file in copy.rglob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(0o600)
    return copy


@pytest.mark.parametrize("contents", [INGEST, PROCESSOR, NOTIFICATIONS], ids=lambda contents: contents.name)
def test_the_same_files_make_the_same_bytes(contents: Contents, copied: Path) -> None:
    """Another folder and other file times make no other zip, and so no other key."""
    assert build(contents) == build(contents, copied)


def test_other_files_make_another_key(tmp_path: Path) -> None:
    """The key holds the digest: CloudFormation would not see new code under an old key."""
    copy = project(tmp_path, "ingest")
    before = build(INGEST, copy).key
    (copy / "ingest" / "envelope.py").write_text("changed = True\n")
    assert build(INGEST, copy).key != before


def test_ingest_holds_its_own_modules_only() -> None:
    """Lambda 1 needs nothing but the standard library."""
    found = names(build(INGEST))
    assert {"ingest/__init__.py", "ingest/envelope.py", "ingest/handler.py"} <= set(found)
    assert all(Path(name).parent == Path("ingest") and name.endswith(".py") for name in found)


def test_the_processor_holds_its_modules_the_routes_and_the_envelope() -> None:
    """Lambda 2 shares the envelope with Lambda 1, and nothing else of it is shipped twice. It has the notifications."""
    found = set(names(build(PROCESSOR)))
    assert {"processor/handler.py", "processor/routes.yaml"} <= found
    shared = {f"ingest/{name}.py" for name in ("__init__", "envelope", "lite_namedtuple", "sqs_text")}
    assert {name for name in found if not name.startswith(("processor/", "notifications/"))} == shared


def test_the_processor_queues_notifications_from_its_zip_alone(tmp_path: Path) -> None:
    """The target's modules are in the zip of the processor, and need none of the packages that only the sender has."""
    zipfile.ZipFile(io.BytesIO(build(PROCESSOR).content)).extractall(tmp_path)
    blocked = "import sys; sys.modules |= dict.fromkeys(['requests', 'standardwebhooks', 'cryptography'])\n"
    (tmp_path / "blocked.py").write_text(blocked)
    done = imported(tmp_path, "blocked", "processor.targets.notifications")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_notification_functions_hold_what_they_import(tmp_path: Path) -> None:
    """Every module of theirs can be imported from the zip alone. It has no routes file."""
    zipped = build(NOTIFICATIONS)
    zipfile.ZipFile(io.BytesIO(zipped.content)).extractall(tmp_path)
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in names(zipped)
        if name.startswith("notifications/")
    ]
    assert {"notifications", "notifications.notification", "notifications.integrations.integration"} <= set(modules)
    assert "processor/routes.yaml" not in names(zipped)
    done = imported(tmp_path, *modules)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_leftovers_are_shipped() -> None:
    """No compiled files, no tests, no hidden files; names in order."""
    for contents in (INGEST, PROCESSOR, NOTIFICATIONS):
        found = names(build(contents))
        assert found == sorted(found)
        assert not [name for name in found if "__pycache__" in name or "test" in name or "/." in name]


@pytest.mark.parametrize("contents", [INGEST, PROCESSOR], ids=lambda contents: contents.name)
def test_an_unpacked_zip_is_complete(contents: Contents, tmp_path: Path) -> None:
    """The handler can be imported from the zip alone, with the installed packages and without the repository."""
    zipfile.ZipFile(io.BytesIO(build(contents).content)).extractall(tmp_path)
    done = imported(tmp_path, f"{contents.name}.handler")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A pattern that finds nothing is a mistake, not an empty zip."""
    with pytest.raises(ConfigurationError, match=r"No file matches ingest/\*\.py in"):
        build(INGEST, tmp_path)


def test_zips_are_written_side_by_side(tmp_path: Path) -> None:
    """A folder that is not there yet is made."""
    [path] = write([build(INGEST)], tmp_path / "new" / "build")
    assert path == tmp_path / "new" / "build" / "ingest.zip"
    assert zipfile.is_zipfile(path)


def test_the_command_writes_both_zips(tmp_path: Path) -> None:
    """`package` prints each zip's path, size and key."""
    done = run("package", "--target", "host", "--out", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ingest.zip", "processor.zip"]
    assert build(INGEST).key in done.stdout


def test_the_command_writes_the_zip_of_notifications_on_request(tmp_path: Path) -> None:
    """Its key is that of a deployment, for the parameter NotificationsCodeKey."""
    done = run("package", "--notifications", "--out", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ingest.zip", "notifications.zip", "processor.zip"]
    assert build(NOTIFICATIONS).key in done.stdout


def test_zips_for_lambda_ask_for_its_python(tmp_path: Path) -> None:
    """One that is named must be of its version; nothing is written then."""
    done = run("package", "--target", "lambda", "--python", str(tmp_path / "python"), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "is not Python 3.13" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def for_lambda() -> Package:
    """Ingest's zip for Lambda, compiled by whichever Python: here that of the tests."""
    return build(INGEST, target=ForLambda(Architecture.arm64, Path(sys.executable), ()))


def test_ingests_zip_for_lambda_holds_its_authorities_and_every_module_compiled(for_lambda: Package) -> None:
    """And nothing else."""
    found = names(for_lambda)
    modules = {name for name in found if name.endswith(".py")}
    assert modules == {name for name in names(build(INGEST)) if name.endswith(".py")}
    cached = {f"ingest/__pycache__/{Path(name).stem}.{sys.implementation.cache_tag}.pyc" for name in modules}
    assert set(found) == modules | cached | {f"ingest/authorities/{name}" for name in authorities.made()}


def test_ingests_zip_for_lambda_stays_small(for_lambda: Package) -> None:
    """Lambda fetches and unpacks it at each cold start: what would double it is a decision."""
    assert len(for_lambda.content) < 130_000


def test_compiled_modules_are_valid_without_a_look_at_their_source(for_lambda: Package) -> None:
    """A module that Lambda has to compile anew takes twice as long: PEP 552's unchecked form, of this very source."""
    zipped = zipfile.ZipFile(io.BytesIO(for_lambda.content))
    for name in (name for name in zipped.namelist() if name.endswith(".pyc")):
        magic, flags, digest = (zipped.read(name)[start:end] for start, end in ((0, 4), (4, 8), (8, 16)))
        source = f"ingest/{Path(name).name.partition('.')[0]}.py"
        assert magic == importlib.util.MAGIC_NUMBER
        assert flags == (1).to_bytes(4, "little")  # by a digest, not to be checked
        assert digest == importlib.util.source_hash(zipped.read(source))


def test_without_lambdas_python_the_zip_has_the_same_files_without_compiled_ones(
    for_lambda: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes at each build, and on every computer that lacks it; the authorities are there."""
    monkeypatch.setattr("scripts.deploy.runtime.find", lambda given, version: None)  # noqa: ARG005 -- its signature
    targets = [package.for_lambda("arm64", None, with_sentry=False) for _ in range(2)]
    assert [target.python for target in targets] == [None, None]
    one, another = (build(INGEST, target=target) for target in targets)
    assert one == another
    assert names(one) == [name for name in names(for_lambda) if not name.endswith(".pyc")]
    assert "ingest/authorities/ce5e74ef.0" in names(one)
    assert len(one.content) < len(for_lambda.content)


def test_the_command_says_that_modules_are_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with the cost; the zips are written nevertheless."""
    monkeypatch.setattr("scripts.deploy.runtime.find", lambda given, version: None)  # noqa: ARG005 -- its signature
    monkeypatch.setattr(package, "install_for_lambda", lambda *_: [])
    package_command(target=PackageTarget.lambda_, out=tmp_path)
    shown = capsys.readouterr()
    assert shown.err.startswith("note: Python 3.13 was not found, so the zips have no compiled modules")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ingest.zip", "processor.zip"]


def test_what_is_shipped_has_no_markers() -> None:
    """They would be judged by the Python that packages, not by Lambda's."""
    for name in ("processor.txt", "sentry.txt", "notifications.txt"):
        marked = [line for line in (PROJECT / "requirements" / name).read_text("utf-8").splitlines() if ";" in line]
        assert [line for line in marked if "!= 'PyPy'" not in line] == [], "both Pythons are CPython"


def test_the_notification_functions_have_packages_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The requirements of the processor and of Sentry are replaced, and boto3 knows the services that they call."""
    asked: list[tuple[object, ...]] = []

    def install(*given: object) -> list[Path]:
        asked.append(given)
        return []

    monkeypatch.setattr(package, "install_for_lambda", install)
    target = ForLambda(Architecture.arm64, None, (PROJECT / "requirements" / "processor.txt",))
    assert package.build_notifications(target).name == "notifications"
    [(requirements, architecture, _, services, version)] = asked
    assert requirements == (PROJECT / "requirements" / "notifications.txt",)
    assert (architecture, version) == (Architecture.arm64, target.version)
    assert services == {"dynamodb", "sesv2", "sns", "sqs", "ssm"}
    assert package.build_notifications(None) == build(NOTIFICATIONS)


def test_the_zips_for_the_emulator_hold_the_routes_file_and_are_named(tmp_path: Path) -> None:
    """Byte for byte: the digest is that of the file."""
    routes = tmp_path / "routes.yaml"
    routes.write_bytes(b"stages: {dev: {}}\nroutes: []\n")
    packages = package.build_product(None, routes)
    ingest, processor = packages
    with zipfile.ZipFile(io.BytesIO(processor.content)) as archive:
        assert archive.read("processor/routes.yaml") == routes.read_bytes()
    assert package.names(packages) == {
        "IngestCodeKey": ingest.key,
        "ProcessorCodeKey": processor.key,
        "RoutesDigest": hashlib.sha256(routes.read_bytes()).hexdigest(),
    }


def test_f74_what_is_stored_is_the_file_in_the_zip() -> None:
    """The shipped file, byte for byte, from the zip that is built of it."""
    built = package.build_product(None, ROUTES)
    assert package.routes_in(built).content == ROUTES.read_bytes()
