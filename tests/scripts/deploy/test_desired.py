"""What a project wants for one stage: values of its file, of flags, and of its routes."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.desired import ARNS, DesiredStack, ReadSsm, desired
from scripts.deploy.retained import Place
from scripts.project.folder import Project
from tests.scripts.deploy.projects import project_in

TEMPLATES = [load(PIPELINE), load(OBSERVABILITY)]
PLACE = Place("library-dev", "123456789012", "us-east-1")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:"
ROUTES = f"""\
topics: [loans, returns]
state_machines:
  pod: {{definition: state-machines/pod.asl.json}}
  outside: {{arn: "{MACHINE}outside"}}
stages:
  dev: {{queue: dev-q, bucket: b}}
  stg: {{queue: stg-q, bucket: b}}
  prod: {{queue: prod-q, bucket: b}}
routes:
  - name: all
    fallback: true
    deliver:
      - queue: "{QUEUE}{{{{ queue }}}}"
      - {{state_machine: outside, input: {{}}}}
      - {{state_machine: "{MACHINE}outside", input: {{}}, name: again}}
      - {{state_machine: "{MACHINE}other", input: {{}}}}
"""


def read_ssm(name: str) -> str:
    return {"/sentry": "https://key@sentry.invalid/1", "/limit": "7"}[name]


def of(
    project: Project, flags: dict[str, str] | None = None, read: ReadSsm | None = read_ssm, routes: Path | None = None
) -> DesiredStack:
    return desired(project, "dev", PLACE, TEMPLATES, flags or {}, read, routes=routes)


def test_each_key_of_a_stage_sets_its_parameter(tmp_path: Path) -> None:
    """The keys that a project has for what most libraries choose, and the runtime of the whole project."""
    stage: dict[str, Any] = {"alarms": "full", "alarm_email": "a@b.org", "log_retention_days": 30}
    project = project_in(tmp_path, profiles=("alma", "second"), **stage)
    project = project._replace(file=project.file.model_copy(update={"runtime": "python3.12"}))
    expected = {
        "Profiles": "alma,second",
        "Alarms": "full",
        "AlarmEmail": "a@b.org",
        "LogRetentionDays": "30",
        "Runtime": "python3.12",
    }
    values = of(project).values
    assert {name: values[name] for name in expected} == expected


def test_the_processor_gets_to_know_of_notifications(tmp_path: Path) -> None:
    """The key of the stage decides, and no parameter of the file or flag."""
    assert "Notifications" not in of(project_in(tmp_path)).values
    assert of(project_in(tmp_path, notifications=True)).values["Notifications"] == "true"
    with pytest.raises(ConfigurationError, match="Notifications"):
        of(project_in(tmp_path), {"Notifications": "true"})
    with pytest.raises(ConfigurationError, match="Notifications"):
        of(project_in(tmp_path, parameters={"Notifications": "true"}))


def test_what_the_file_does_not_set_keeps_the_default_of_the_template(tmp_path: Path) -> None:
    """Only the tier of alarms and the profiles have a default of the project file."""
    assert set(of(project_in(tmp_path)).values) == {
        "Profiles", "Alarms", "Topics", "DeclaredStateMachineArns", "StateMachineArns", "StateMachines", *ARNS,
    }  # fmt: skip


def test_parameters_of_the_file_are_texts(tmp_path: Path) -> None:
    """Whole numbers too."""
    values = of(project_in(tmp_path, parameters={"MaxReceiveCount": 9, "Tracing": "Active"})).values
    assert (values["MaxReceiveCount"], values["Tracing"]) == ("9", "Active")


def test_a_flag_goes_before_the_file_and_is_noted_if_it_deviates(tmp_path: Path) -> None:
    """The next deployment takes such a value back; a flag that repeats the file changes nothing."""
    project = project_in(tmp_path, parameters={"MaxReceiveCount": 9, "Tracing": "Active"})
    flags = {"MaxReceiveCount": "7", "Tracing": "Active", "Architecture": "x86_64"}
    found = of(project, flags)
    assert {name: found.values[name] for name in flags} == flags
    assert found.beyond_file == {"MaxReceiveCount", "Architecture"}


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"Topics": "loans"}, "The parameter Topics is set by this command"),
        ({"StateMachines": "Pod"}, "The parameter StateMachines is set by this command"),
        ({"Runtime": "python3.12"}, "The parameter Runtime is set by this command"),
        ({"WebhookUrlBase": "https://x.invalid"}, "The parameter WebhookUrlBase is set by this command"),
        ({"Nonsense": "x"}, "The template has no parameter Nonsense"),
        ({"MaxReceiveCount": "many"}, "The parameter MaxReceiveCount must be a number"),
    ],
)
def test_file_and_flags_have_the_same_rules(parameters: dict[str, str], problem: str, tmp_path: Path) -> None:
    """What the command decides cannot be chosen, and the rest follows the template."""
    for project, flags in ((project_in(tmp_path, parameters=parameters), {}), (project_in(tmp_path), parameters)):
        with pytest.raises(ConfigurationError, match=f"^{problem}"):
            of(project, flags)


@pytest.mark.parametrize(
    ("name", "value"),
    [("Profiles", "alma"), ("Alarms", "full"), ("AlarmEmail", "a@b.org"), ("LogRetentionDays", "30")],
)
def test_a_flag_cannot_set_what_has_a_key_of_its_own(name: str, value: str, tmp_path: Path) -> None:
    """There is one place for each of them."""
    with pytest.raises(ConfigurationError, match=f"^The parameter {name} is set by this command"):
        of(project_in(tmp_path), {name: value})


def test_values_of_own_keys_follow_the_template_too(tmp_path: Path) -> None:
    """A wrong one is found before anything is changed."""
    with pytest.raises(ConfigurationError, match=r"^The parameter AlarmEmail must be empty or an e-mail address"):
        of(project_in(tmp_path, alarm_email="nobody"))


def test_a_secret_value_must_not_stand_in_the_file_or_the_command(tmp_path: Path) -> None:
    """The sentence says where to put it, and does not repeat it; an empty value is no secret."""
    secret = "https://key@sentry.invalid/1"
    for project, flags in (
        (project_in(tmp_path, parameters={"SentryDsn": secret}), {}),
        (project_in(tmp_path), {"SentryDsn": secret}),
    ):
        with pytest.raises(ConfigurationError) as raised:
            of(project, flags)
        assert str(raised.value) == (
            "The parameter SentryDsn is secret, so its value must not be in a file or a command line. Store it in "
            "SSM, and write SentryDsn: {ssm: NAME} under stages.dev.parameters in "
            f"{tmp_path / 'alma-webhooks.yaml'}."
        )
    assert of(project_in(tmp_path), {"SentryDsn": ""}).values["SentryDsn"] == ""


def test_a_value_can_be_in_ssm(tmp_path: Path) -> None:
    """It is read by name and checked like others; a command that does not read SSM leaves the parameter out."""
    project = project_in(tmp_path, parameters={"SentryDsn": {"ssm": "/sentry"}, "MaxReceiveCount": {"ssm": "/limit"}})
    values = of(project).values
    assert (values["SentryDsn"], values["MaxReceiveCount"]) == ("https://key@sentry.invalid/1", "7")
    assert {"SentryDsn", "MaxReceiveCount"} & set(of(project, read=None).values) == set()
    with pytest.raises(ConfigurationError, match="The parameter MaxReceiveCount must be a number"):
        of(project, read=lambda _: "https://key@sentry.invalid/1")


def test_the_arns_of_the_routes_are_allowed(tmp_path: Path) -> None:
    """Those of this stage besides the chosen ones, each once; declared state machines have their own parameter."""
    chosen = f"{QUEUE}mine,{QUEUE}dev-q"
    values = of(project_in(tmp_path, routes=ROUTES, parameters={"QueueArns": chosen})).values
    assert {name: values[name] for name in ARNS} == dict.fromkeys(ARNS, "") | {
        "QueueArns": chosen,
        "OutsideStateMachineArns": f"{MACHINE}other",
    }
    values = of(project_in(tmp_path, routes=ROUTES), {"QueueArns": f"{QUEUE}flag"}).values
    assert values["QueueArns"] == f"{QUEUE}flag,{QUEUE}dev-q"


def test_f51_the_state_machine_of_an_alias_is_allowed_once(tmp_path: Path) -> None:
    """AWS checks rights on the ARN without version and alias; that of a declared one is in its own parameter."""
    routes = ROUTES.replace('other"', 'other:PROD"').replace("name: again", "name: again}\n      - {X")
    routes = routes.replace("{X", f'{{state_machine: "{MACHINE}outside:2", input: {{}}').replace(
        'outside"}', 'outside:1"}'
    )
    values = of(project_in(tmp_path, routes=routes)).values
    assert values["OutsideStateMachineArns"] == f"{MACHINE}other"
    assert values["DeclaredStateMachineArns"] == f"{MACHINE}library-dev-pod,{MACHINE}outside"
    assert json.loads(values["StateMachineArns"])["outside"] == f"{MACHINE}outside:1"


def test_the_routes_decide_topics_and_state_machines(tmp_path: Path) -> None:
    """In their order, with the files of those that the stack creates."""
    found = of(project_in(tmp_path, routes=ROUTES))
    arns = {"pod": f"{MACHINE}library-dev-pod", "outside": f"{MACHINE}outside"}
    assert found.values["Topics"] == "loans,returns"
    assert (
        json.loads(found.values["StateMachineArns"]) == arns == {each.name: each.arn for each in found.state_machines}
    )
    assert [bool(each.files) for each in found.state_machines] == [True, False]


def test_definitions_can_use_the_stages_variables_and_the_place(tmp_path: Path) -> None:
    """The names of the place cannot be replaced by variables of the routes."""
    text = ROUTES.replace("bucket: b", "Stage: x, bucket: b")
    assert of(project_in(tmp_path, routes=text)).substitutions == {
        "queue": "dev-q",
        "bucket": "b",
        "Stage": "dev",
        "StackName": "library-dev",
        "AccountId": "123456789012",
        "Region": "us-east-1",
        "Partition": "aws",
    }


def test_another_routes_file_can_be_used(tmp_path: Path) -> None:
    """Paths of definitions are relative to it."""
    project = project_in(tmp_path, routes=ROUTES)
    other = tmp_path / "other"
    other.mkdir()
    (other / "new.yaml").write_text(ROUTES.replace("state-machines/", "").replace("returns", "new"), "utf-8")
    (other / "pod.asl.json").write_bytes((tmp_path / "state-machines" / "pod.asl.json").read_bytes())
    found = of(project, routes=other / "new.yaml")
    assert (found.values["Topics"], found.routes_path) == ("loans,new", other / "new.yaml")
    assert of(project).routes_path == tmp_path / "routes.yaml"


def test_problems_of_the_definitions_stop_it(tmp_path: Path) -> None:
    """Nothing is asked of AWS before the files are right."""
    project = project_in(tmp_path, routes=ROUTES)
    (tmp_path / "state-machines" / "pod.asl.json").unlink()
    with pytest.raises(ConfigurationError, match=r"^1 problem with state machines"):
        of(project, read=None)
