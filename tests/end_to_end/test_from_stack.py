"""`init --from-stack` on the emulator: the folder that it writes deploys the same stack again."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.aws import emulator, ports
from scripts.aws.clients import Aws
from scripts.cli.signals import Interrupts
from scripts.project import folder
from tests.end_to_end.running import ROOT
from tests.scripts.command import run

pytestmark = pytest.mark.full  # a deployment of some seconds

STACK = "library-webhooks"
OUTSIDE = "arn:aws:states:us-east-1:000000000000:stateMachine:outside"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:"
PROJECT = f"""\
schema: 1
name: library
stages:
  dev:
    stack: {STACK}
    alma_profiles: [alma, acquisitions]
    alarm_email: alarms@library.example
    log_retention_days: 30
    parameters:
      ProcessorTimeout: 20
      ParkOlderThanDays: "30"
      QueueArns: {QUEUE}chosen-by-hand
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a state machine of its own, with rights, one outside the stack, and a queue in a route."""
    made = tmp_path / "library"
    shutil.copytree(ROOT / "examples" / "complete", made)
    (made / folder.FILE).write_text(PROJECT, "utf-8")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    (made / "state-machines" / "pod.policy.json").write_text(json.dumps(policy), "utf-8")
    routes = (made / "routes.yaml").read_text("utf-8")
    routes = routes.replace(
        "pod: {definition: state-machines/pod.asl.json}",
        "pod: {definition: state-machines/pod.asl.json, policy: state-machines/pod.policy.json}\n"
        f'  outside: {{arn: {{dev: "{OUTSIDE}"}}}}',
    )
    routes += (
        f"\n  - name: to-a-queue\n    when: {{action: [LOAN]}}\n    deliver: [{{queue: {QUEUE}named-by-a-route}}]\n"
    )
    (made / "routes.yaml").write_text(routes, "utf-8")
    return made


def machine_files(project: Path) -> dict[str, object]:
    """Return the content of each file in the folder of state machines."""
    return {path.name: json.loads(path.read_text("utf-8")) for path in (project / "state-machines").iterdir()}


def test_the_folder_of_a_stack_deploys_the_same_stack(project: Path, tmp_path: Path) -> None:
    """A dry run from the written folder finds no difference, and its routes are the deployed ones."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        where = ("--stage=dev", f"--endpoint-url={started.endpoint_url}")
        deployed = run("deploy", *where, f"--project={project}", "--yes")
        assert deployed.returncode == 0, deployed.stderr
        written = tmp_path / "written"
        made = run("init", str(written), "--from-stack", f"--stack={STACK}", *where)
        assert made.returncode == 0, made.stderr
        assert "project library" in made.stderr
        planned = run("deploy", *where, f"--project={written}", "--dry-run", "--exit-code", "--output=json")
        assert (planned.returncode, planned.stdout) == (0, planned.stdout), planned.stderr + planned.stdout
        assert json.loads(planned.stdout)["differences"] == []
        assert Aws.local(started.endpoint_url, emulator.REGION).sts.get_caller_identity()["Account"] in made.stderr
    assert (written / "routes.yaml").read_bytes() == (project / "routes.yaml").read_bytes()
    assert machine_files(written) == machine_files(project)
    before, after = folder.read(project / folder.FILE), folder.read(written / folder.FILE)
    ignored = {"account", "alarms"}
    assert after.name == "library"
    assert after.stages["dev"].model_dump(exclude=ignored) == before.stages["dev"].model_dump(exclude=ignored)
