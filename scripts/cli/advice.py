"""Every next step that `doctor` and `dead-letters explain` can print. A test runs each, or has the reason not to.

A Fix is made of these alone, so that nothing is advised that was never tried (tests/end_to_end/test_advice.py).
"""

from enum import Enum
from typing import Final, NewType

Fix = NewType("Fix", str)
"""What to do next, for people."""

NO_FIX: Final = Fix("")

_OURS: Final = "alma-webhooks"
_REPLAY: Final = f"{_OURS} dead-letters replay {{ids}} {{options}}"


class Advice(Enum):
    """One kind of advice each, with the values that it needs.

    `{options}` lead to the stack. Those of a deployment keep its routes (`deploy_options`).
    """

    # what the doctor can do itself, and what a deployment changes
    doctor_fix = f"{_OURS} doctor --fix {{options}}"
    deploy = f"{_OURS} deploy {{options}}"
    deploy_parameter = f"{_OURS} deploy --parameter {{name}}={{value}} {{options}}"
    deploy_own_state_machine = (
        f"create it again, or name another one: {_OURS} deploy --parameter {{name}}=ARN --allow-removal {{arn}} "
        "{options}, ARN being its ARN"
    )
    raise_throttle = (
        f"if they were Alma's: {_OURS} deploy --parameter ThrottlingRateLimit={{value}} {{options}}; their events are "
        "lost, so have Alma's job or letters run again"
    )
    correct_deployed_routes = f"correct the routes, then {_OURS} deploy --routes FILE {{options}}"
    correct_routes = f"correct it, and check it: {_OURS} routes check --routes {{file}}"
    deploy_routes = "{deploying}"

    # secrets and events
    secret_create = f"{_OURS} secret create {{profile}} {{options}}"
    secret_rotate = f"{_OURS} secret rotate {{profile}} {{options}}"
    secret_retire = f"{_OURS} secret retire {{profile}} {{options}}"
    end_retirement = (
        f"{_OURS} deploy --alma-profile {{profile}} {{deploy_options}}, or: "
        f"{_OURS} secret delete {{profile}} {{options}}"
    )
    secret_status = f"{_OURS} secret status {{profile}} {{options}}"
    list_dead_letters = f"{_OURS} dead-letters list {{options}}"
    reconcile = f"if that is unusual, look at the profile in Alma, and run {_OURS} reconcile --since 24h {{options}}"

    # AWS' own command line
    delete_mapping = "aws lambda delete-event-source-mapping --uuid {uuid}"
    subscribe = "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS"
    enable_alarm = "aws cloudwatch enable-alarm-actions --alarm-names {name}"

    # what people do
    alarm_description = "{description}"
    fetch_again = "fetch from Alma what those events were about: no limit of the gateway's can be raised"
    confirm = "follow the link in the mail from AWS Notifications; it is good for two days, then subscribe again"
    create_target = "create it again, or take it out of the routes and deploy them"
    use_standard = "use a STANDARD one: an EXPRESS one may run twice for one event, and not at all by its name"
    reach_listener = "check that this computer reaches it: network, proxy, DNS"
    read_ingest_log = "read ingest's log, {group}"
    read_retries = 'see the mapping above, and the "retry" lines of {group}'
    set_clock = "set this computer's clock, by NTP for instance"
    grant = "let your role have {right}"
    again = "try again in a minute"
    later = "look again in a few minutes"

    # after `dead-letters explain`
    replay = _REPLAY
    discard = f"change the routes, or: {_OURS} dead-letters discard {{ids}} {{options}}"
    change_route = f"change the route and deploy it, or: {_OURS} dead-letters edit ID --with FILE {{options}}"
    edit = f"{_OURS} dead-letters edit ID --with FILE {{options}}, or: {_OURS} dead-letters discard {{ids}} {{options}}"
    smaller_input = f"give the route a smaller input and deploy it; then {_REPLAY}"
    show = f"{_OURS} dead-letters show {{ids}} {{options}}; one that cannot be read can only be discarded"
    fix_then_replay = f"{_OURS} doctor --fix {{options}}; then {_REPLAY}"
    create_then_replay = f"create the target again, or take it out of the routes and deploy them; then {_REPLAY}"
    add_topic = f"{_OURS} deploy --parameter Topics={{value}} {{deploy_options}}; then {_REPLAY}"
    change_target = f"use the target's ARN in the route and deploy it; then {_REPLAY}"
    deploy_then_replay = f"{{deploying}}; then {_REPLAY}"
    look_again = f"{{fix}}; then {_OURS} dead-letters explain {{ids}} {{options}}"

    def text(self, **values: str) -> Fix:
        """Return the advice with its values."""
        return Fix(self.value.format(**values))
