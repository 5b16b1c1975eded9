"""Declared state machines: their ARNs, and what they add to the templates."""

import json
from typing import Any

import pytest

from processor.routing.models import RoutesFile, read
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import state_machines
from scripts.deploy.expansion import expanded
from scripts.deploy.retained import Place
from scripts.deploy.state_machines import StateMachine, added_to, declared
from scripts.routes.state_machine_files import StateMachineFiles

PLACE = Place("library-dev", "123456789012", "eu-west-1", partition="aws-cn")
OUTSIDE = "arn:aws:states:us-east-1:123456789012:stateMachine:outside"
DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed", "Comment": "${bucket} ${Unknown}"}}}
POLICY = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${bucket}/*"}]}
FILES = StateMachineFiles(DEFINITION, None)
POD = StateMachine("pod-export", "arn:pod", FILES)
ELSEWHERE = StateMachine("elsewhere", OUTSIDE, None)
BUCKET = {"bucket": "library"}


def routes(**machines: str) -> RoutesFile:
    """A routes file that declares these state machines, from line 2 on."""
    lines = "".join(f"  {name.replace('_', '-')}: {form}\n" for name, form in machines.items())
    return read(f'state_machines:\n{lines}routes:\n  - {{name: all, fallback: true, deliver: [{{queue: "arn:q"}}]}}\n')


def pipeline(*machines: StateMachine, topics: str = "") -> dict[str, Any]:
    """The resources of the expanded pipeline with these state machines."""
    found: dict[str, Any] = added_to(expanded(load(PIPELINE), {"Topics": topics}), machines, BUCKET)["Resources"]
    return found


def test_each_form_has_an_arn() -> None:
    """One of the stack by its names, one that the file gives, and one that the file gives for some stages."""
    files = {"pod-export": FILES, "both": FILES}
    by_stage = f'{{definition: b.json, arn: {{prod: "{OUTSIDE}"}}}}'
    file = routes(pod_export="{definition: p.json}", outside=f'{{arn: "{OUTSIDE}"}}', both=by_stage)
    own = "arn:aws-cn:states:eu-west-1:123456789012:stateMachine:library-dev-"
    pod = StateMachine("pod-export", f"{own}pod-export", FILES)
    outside = StateMachine("outside", OUTSIDE, None)
    assert declared(file, files, "dev", PLACE) == [pod, outside, StateMachine("both", f"{own}both", FILES)]
    assert declared(file, files, "prod", PLACE)[2] == StateMachine("both", OUTSIDE, None)


def test_a_stage_without_arn_and_definition_is_an_error() -> None:
    """It names the stage and the line."""
    file = routes(outside=f'{{arn: {{prod: "{OUTSIDE}"}}}}')
    assert declared(file, {}, "prod", PLACE)
    with pytest.raises(ConfigurationError) as raised:
        declared(file, {}, "stg", PLACE)
    assert str(raised.value) == (
        "routes.yaml: line 2, state_machines.outside: the state machine outside has neither a definition nor an ARN "
        "for the stage stg."
    )


def test_two_names_must_not_become_one_resource() -> None:
    """Hyphens are left out of logical ids, so one would replace the other."""
    files = {"pod-9": FILES, "pod9": FILES}
    with pytest.raises(ConfigurationError, match=r"the state machines pod-9 and pod9 both become Pod9\. Rename one"):
        declared(routes(pod_9="{definition: a.json}", pod9="{definition: b.json}"), files, "dev", PLACE)


def test_the_parameters_list_all_state_machines_in_order() -> None:
    """Those outside the stack too: the processor may start them, and alarms watch them."""
    assert state_machines.parameters([POD, ELSEWHERE]) == {
        "DeclaredStateMachineArns": f"arn:pod,{OUTSIDE}",
        "StateMachineArns": f'{{"pod-export": "arn:pod", "elsewhere": "{OUTSIDE}"}}',
        "StateMachines": "PodExport,Elsewhere",
    }
    assert tuple(state_machines.parameters([])) == state_machines.KEYS


@pytest.mark.parametrize("qualifiers", [("PROD",), ("PROD", "3")])
def test_f51_the_processor_may_start_the_state_machine_of_an_alias(qualifiers: tuple[str, ...]) -> None:
    """AWS checks rights on the ARN without version and alias; the processor gets the ARN that the file gives."""
    machines = [StateMachine(name, f"{OUTSIDE}:{name}", None) for name in qualifiers]
    found = state_machines.parameters(machines)
    assert found["DeclaredStateMachineArns"] == OUTSIDE
    assert json.loads(found["StateMachineArns"]) == {each.name: each.arn for each in machines}


def test_the_stack_creates_a_state_machine_with_a_definition() -> None:
    """Its resource has the stack's name before its own, and the stage's values; unknown `${NAME}` stay."""
    made = pipeline(POD)
    properties = made["PodExportStateMachine"]["Properties"]
    assert made["PodExportStateMachine"]["Type"] == "AWS::StepFunctions::StateMachine"
    assert properties["StateMachineName"] == {"Fn::Sub": "${AWS::StackName}-pod-export"}
    assert properties["RoleArn"] == {"Fn::GetAtt": ["PodExportStateMachineRole", "Arn"]}
    assert properties["Definition"]["States"]["Done"]["Comment"] == "library ${Unknown}"


def test_its_role_is_only_for_step_functions_of_this_account() -> None:
    """Without a policy it has no rights; the library's permissions boundary limits it."""
    made = pipeline(POD)
    role = made["PodExportStateMachineRole"]["Properties"]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "states.amazonaws.com"}
    assert trusted["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert "Policies" not in role
    assert role["PermissionsBoundary"] == made["ProcessorRole"]["Properties"]["PermissionsBoundary"]


def test_its_policy_gives_its_role_rights() -> None:
    """The stage's values are replaced in it too."""
    made = pipeline(POD._replace(files=StateMachineFiles(DEFINITION, POLICY)))
    (policy,) = made["PodExportStateMachineRole"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"][0]["Resource"] == "arn:aws:s3:::library/*"


def test_the_processor_waits_for_its_targets() -> None:
    """Topics and state machines are made before the code whose routes use them; one outside adds nothing."""
    made = pipeline(POD, ELSEWHERE, topics="loans")
    assert set(made["ProcessorFunction"]["DependsOn"]) == {"Topicloans", "HeartbeatTopic", "PodExportStateMachine"}
    assert [name for name in made if name.startswith("Elsewhere")] == []


def test_the_given_template_is_left_as_it_is() -> None:
    """It is used again, for other stages and lists."""
    template = expanded(load(PIPELINE), {"Topics": "loans"})
    added_to(template, [POD], BUCKET)
    assert template == expanded(load(PIPELINE), {"Topics": "loans"})


MAPPED: dict[str, Any] = {
    "Mappings": {"StateMachines": {"Any": {"Name": "x", "Arn": "y"}}},
    "Resources": {
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Arn": [{"Fn::FindInMap": ["StateMachines", "PodExport", "Arn"]}],
                "Text": {"Fn::Sub": ["${AWS::StackName} ${Name}", {"Name": {"Fn::FindInMap": [
                    "StateMachines", "PodExport", "Name"]}}]},
                "Other": {"Fn::FindInMap": ["Others", "PodExport", "Name"]},
            },
        }
    },
}  # fmt: skip


def test_what_the_mapping_says_of_state_machines_becomes_literals() -> None:
    """The mapping itself goes; another mapping and what is read from it stay."""
    others = {"Others": {"PodExport": {"Name": "z"}}}
    for more in ({}, others):
        made = added_to(MAPPED | {"Mappings": MAPPED["Mappings"] | more}, [POD], {})
        assert made.get("Mappings") == (more or None)
        assert made["Resources"]["Alarm"]["Properties"] == {
            "Arn": ["arn:pod"],
            "Text": {"Fn::Sub": "${AWS::StackName} pod-export"},
            "Other": {"Fn::FindInMap": ["Others", "PodExport", "Name"]},
        }


@pytest.mark.parametrize("machines", [(), (POD,), (POD, ELSEWHERE)], ids=len)
def test_the_alarms_watch_each_state_machine(machines: tuple[StateMachine, ...]) -> None:
    """Also those outside the stack; without state machines the template has no trace of them."""
    chosen = state_machines.parameters(machines) | {"Topics": "loans", "AlmaProfiles": "alma"}
    made = added_to(expanded(load(OBSERVABILITY), chosen), machines, {})
    text = str(made)
    assert "'StateMachines'" not in text
    assert [each.arn in text for each in (POD, ELSEWHERE)] == [each in machines for each in (POD, ELSEWHERE)]
    assert not [name for name, one in made["Resources"].items() if one["Type"] == "AWS::StepFunctions::StateMachine"]


def test_alarms_watch_the_state_machine_of_an_alias() -> None:
    """Its metrics count the executions of all aliases ("Monitoring Step Functions metrics using Amazon CloudWatch")."""
    machine = ELSEWHERE._replace(arn=f"{OUTSIDE}:PROD")
    chosen = state_machines.parameters([machine]) | {"Topics": "loans", "AlmaProfiles": "alma"}
    made = added_to(expanded(load(OBSERVABILITY), chosen), [machine], {})
    watched = [one["Properties"].get("Dimensions") for one in made["Resources"].values()]
    assert watched.count([{"Name": "StateMachineArn", "Value": OUTSIDE}]) == 3
    assert "PROD" not in str(made)


def test_state_machines_of_a_deployed_stack_are_known_by_name_and_arn() -> None:
    """What they consist of is not."""
    assert state_machines.of_stack({"pod-export": "arn:pod"}) == [StateMachine("pod-export", "arn:pod", None)]
