"""Define every next step that `doctor` and `dead-letters explain` can print.

A Fix can be built only from these, so that all advice is tested: tests/end_to_end/test_advice.py runs each command, or
states why it does not.
"""

from enum import Enum
from typing import Final, NewType

Fix = NewType("Fix", str)
"""The next step, as text for people."""

NO_FIX: Final = Fix("")

_OURS: Final = "alma-webhooks"
_REPLAY: Final = f"{_OURS} dead-letters replay {{ids}} {{options}} --yes --wait"
_FIX: Final = f"{_OURS} dead-letters fix {{ids}} {{options}}"
_DISCARD: Final = f"{_OURS} dead-letters discard {{ids}} {{options}}"


class Advice(Enum):
    """The kinds of advice. Placeholders in braces are filled by `text`.

    `{options}` are the flags that select the stack; `{aws_options}` are those of the AWS CLI.
    """

    # fixes by the doctor itself and by a deployment
    doctor_fix = f"{_OURS} doctor --fix {{options}}"
    deploy = f"{_OURS} deploy {{options}}"
    deploy_own_state_machine = (
        f"recreate it, or change its ARN in routes.yaml; then {_OURS} deploy --allow-removal {{name}} {{options}}"
    )
    raise_throttle = (
        "their events are lost: if Alma sent them, run the job again in Alma, or send the letters again, and set "
        f"ThrottlingRateLimit: {{value}} under parameters in alma-webhooks.yaml; then {_OURS} deploy {{options}}"
    )
    correct_deployed_routes = f"correct routes.yaml; then {_OURS} deploy {{options}}"
    correct_routes = f"correct the file, then check it: {_OURS} routes check --routes {{file}}"
    deploy_routes = "{deploying}"

    # secrets and events
    secret_create = f"{_OURS} secret create {{profile}} {{options}}"
    secret_rotate = f"{_OURS} secret rotate {{profile}} {{options}}"
    secret_retire = f"{_OURS} secret retire {{profile}} {{options}}"
    end_retirement = (
        f"add {{profile}} to alma_profiles in alma-webhooks.yaml; then {_OURS} deploy {{options}}, or: "
        f"{_OURS} secret delete {{profile}} {{options}}"
    )
    secret_status = f"{_OURS} secret status {{profile}} {{options}}"
    list_dead_letters = f"{_OURS} dead-letters list {{options}}"
    reconcile = f"if that is unusual, check the profile in Alma, and run {_OURS} reconcile --since 24h {{options}}"

    # AWS CLI
    delete_mapping = "aws lambda delete-event-source-mapping --uuid {uuid} {aws_options}"
    subscribe = (
        f"set alarm_email: ADDRESS of the stage {{stage}} in alma-webhooks.yaml; then {_OURS} deploy {{options}}, or: "
        "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS {aws_options}"
    )
    enable_alarm = "aws cloudwatch enable-alarm-actions --alarm-names {name} {aws_options}"

    # notifications
    list_dead_notifications = f"{_OURS} dead-letters list --queue notifications {{options}}"
    list_dead_messages = f"{_OURS} dead-letters list --queue {{queue}} {{options}}"
    apply_topics = f"{_OURS} topics apply {{options}}"
    delete_topic = f"add it to notifications.yaml, or: {_OURS} topics delete {{name}} {{options}}"
    correct_topics = f"correct notifications.yaml; then {_OURS} topics apply {{options}}"
    store_topic_secret = f"{_OURS} topics secret {{name}} {{options}}"
    create_api_key = f"{_OURS} topics api-key create {{options}}"
    retire_api_key = f"{_OURS} topics api-key retire {{options}}"
    put_parameter = (
        "store it, from a file with nothing else in it: "
        "aws ssm put-parameter --name {name} --type SecureString --overwrite --value file://FILE {aws_options}"
    )
    set_parameter = (
        f"set {{name}}: {{value}} under parameters of the stage in alma-webhooks.yaml; then {_OURS} deploy {{options}}"
    )
    verify_identity = (
        "create and verify it: aws sesv2 create-email-identity --email-identity {identity} {aws_options}; then add the "
        "DNS records of the domain, or follow the link in the mail to the address"
    )
    finish_verification = (
        "add the DNS records of the domain, or follow the link in the mail to the address: the console of Amazon SES "
        "shows them under Identities"
    )
    change_sender = "use an address of that identity as `from`, or another EmailIdentity"
    leave_ses_sandbox = "request production access in the console of Amazon SES, under Account dashboard"
    ask_aws_about_email = "read the reason in the console of Amazon SES, under Account dashboard, and answer AWS there"
    raise_email_quota = "request a higher sending quota of Amazon SES in the console of Service Quotas"
    leave_sms_sandbox = "exit the SMS sandbox in the console of Amazon SNS, under Text messaging (SMS)"
    raise_sms_limit = (
        "request a higher limit for SMS spending in the console of Service Quotas, then set it in the console of "
        "Amazon SNS, under Text messaging (SMS)"
    )
    log_sms = "switch on the delivery status logs of SMS in the console of Amazon SNS, under Text messaging (SMS)"
    new_flow_address = (
        "create a flow in the app Workflows of Teams, with a shared account as its owner, and store the flow's URL as "
        "the secret instead"
    )
    read_sender_log = "read the log of the sender: {group}"

    # manual steps
    alarm_description = "{description}"
    fetch_again = "fetch the data of those events from Alma: the size limit of the gateway cannot be raised"
    confirm = "follow the link in the mail from AWS Notifications; it expires after two days, then subscribe again"
    create_target = "recreate it, or remove it from the routes and deploy them"
    use_standard = "use a STANDARD state machine: an EXPRESS one may run twice for the same event"
    reach_listener = "check the network, the proxy and DNS between this computer and the URL"
    read_ingest_log = "read the log of ingest: {group}"
    read_retries = 'check the mapping above, and the "retry" lines in {group}'
    set_clock = "set the local clock, for example with NTP"
    grant = "grant your role {right}"
    again = "try again in a minute"
    later = "check again in a few minutes"

    # after `dead-letters explain` and `dead-letters fix`
    replay = _REPLAY
    discard = f"change the routes, or: {_DISCARD}"
    change_route = f"{_FIX}, or: {_OURS} dead-letters edit {{first}} {{options}}"
    change_at = f"change {{place}}; then {_FIX}"
    edit = f"{_OURS} dead-letters edit {{first}} {{options}}, or: {_DISCARD}"
    smaller_input = f"give the route a smaller input or message; then {_FIX}"
    redeliver = (
        f"if it was not received: {_OURS} dead-letters replay {{ids}} {{options}} --redeliver --yes --wait, or: "
        f"{_DISCARD}"
    )
    discard_accepted = _DISCARD
    store_secret = f"{_OURS} topics secret {{name}} {{options}}; then {_REPLAY}"
    show = f"{_OURS} dead-letters show {{ids}} {{options}}; an unreadable dead letter can only be discarded"
    fix_and_replay = _FIX
    create_then_fix = f"recreate the target, or remove it from the routes and deploy them; then {_FIX}"
    subscribe_first = f"let the subscribers of {{topic}} subscribe again; then {_REPLAY}"
    read_subscriptions = f"the subscriptions of {{topic}} cannot be read: {{fix}}; then {_FIX}"
    check_refused = (
        "AWS refused the delivery to {targets}, and the reason is not recorded: check the rights of the processor"
        f"{{subscriptions}}; then {_REPLAY}"
    )
    check_unrecorded = (
        "the dead letter has no room for {failures}, and AWS may have refused a delivery: check the rights of the "
        f"processor for every target, and the subscriptions of every topic; then {_REPLAY}"
    )
    allow = f"add this statement to the policy of {{policy}}; then {_REPLAY}"
    too_old = f"if no target has the event: {_REPLAY}, or: {_DISCARD}"
    add_topic = f"add {{name}} to topics in routes.yaml; then {_FIX}"
    apply_topic = f"correct the topic in notifications.yaml and apply it, or correct the route; then {_REPLAY}"
    change_target = f"use the target's ARN in the route; then {_FIX}"
    deploy_then_replay = f"{{deploying}}; then {_REPLAY}"
    deploy_then_fix = f"{{deploying}}; then {_FIX}"
    look_again = f"{{fix}}; then {_OURS} dead-letters explain {{ids}} {{options}}"

    def text(self, **values: str) -> Fix:
        """Return the advice with its placeholders filled."""
        return Fix(self.value.format(**values))
