"""Tests of the template: what its functions may do, its queues and its subscriptions."""

from typing import Any

from loan_cache.queue_worker import SENT_AGAIN

from tests.examples.loan_cache.template import TEMPLATE, properties

RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource["Type"] == kind]


def rights(role: str) -> dict[tuple[str, ...], set[str]]:
    """Return the actions of a role by the logical ids of their resources."""
    found: dict[tuple[str, ...], set[str]] = {}
    for statement in properties(role)["Policies"][0]["PolicyDocument"]["Statement"]:
        given = statement["Resource"]
        resources = tuple(each["Fn::GetAtt"][0] for each in (given if isinstance(given, list) else [given]))
        actions = statement["Action"]
        found.setdefault(resources, set()).update([actions] if isinstance(actions, str) else actions)
    return found


def test_the_event_function_may_do_what_it_does_and_no_more() -> None:
    """It cannot read what is stored, except to delete what a forgotten patron had."""
    assert rights("EventRole") == {
        ("EventLogGroup",): {"logs:CreateLogStream", "logs:PutLogEvents"},
        ("LoanQueue",): {
            *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")
        },
        ("LoanDeadLetterQueue", "FillQueue"): {"sqs:SendMessage"},
        ("UsersTable",): {"dynamodb:GetItem"},
        ("LoansTable", "RequestsTable"): {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchWriteItem"},
    }


def test_the_forget_function_can_only_delete() -> None:
    """And put the marker."""
    assert rights("ForgetRole") == {
        ("ForgetLogGroup",): {"logs:CreateLogStream", "logs:PutLogEvents"},
        ("UsersTable",): {"dynamodb:PutItem"},
        ("LoansTable", "RequestsTable"): {"dynamodb:Query", "dynamodb:BatchWriteItem"},
    }


def test_both_topics_send_raw_messages_to_the_queue_of_events() -> None:
    """So the body is Alma's and the attributes are the product's; what SNS cannot deliver is a dead letter."""
    subscriptions = [properties(name) for name in of_type("AWS::SNS::Subscription")]
    assert {each["TopicArn"]["Fn::Sub"] for each in subscriptions} == {
        "${TopicArnPrefix}loans",
        "${TopicArnPrefix}requests",
    }
    for each in subscriptions:
        assert each["RawMessageDelivery"] is True
        assert each["Endpoint"] == {"Fn::GetAtt": ["LoanQueue", "Arn"]}
        assert each["RedrivePolicy"] == {"deadLetterTargetArn": {"Fn::GetAtt": ["LoanDeadLetterQueue", "Arn"]}}


def test_a_message_comes_back_only_after_the_function_has_ended() -> None:
    """The visibility timeout is six times the timeout, and the function knows the numbers of its queue."""
    function, queue = properties("EventFunction"), properties("LoanQueue")
    variables = function["Environment"]["Variables"]
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"] == int(variables["VISIBILITY_TIMEOUT"])
    assert int(variables["FUNCTION_TIMEOUT"]) == function["Timeout"]
    assert int(variables["MAX_RECEIVE_COUNT"]) == queue["RedrivePolicy"]["maxReceiveCount"]
    assert properties("EventMapping")["BatchSize"] == 1


def test_every_queue_is_encrypted_and_rejects_plain_http() -> None:
    """And each is in a policy."""
    queues = set(of_type("AWS::SQS::Queue"))
    assert all(properties(name)["SqsManagedSseEnabled"] for name in queues)
    denied = set()
    for policy in of_type("AWS::SQS::QueuePolicy"):
        [statement] = [
            each for each in properties(policy)["PolicyDocument"]["Statement"] if each.get("Sid") == "TlsOnly"
        ]
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        denied |= {each["Fn::GetAtt"][0] for each in statement["Resource"]}
    assert denied == queues


def test_dead_letters_are_kept_longer_than_messages_wait() -> None:
    """SQS counts from the first enqueue when it moves a message itself."""
    for name in of_type("AWS::SQS::Queue"):
        if policy := properties(name).get("RedrivePolicy"):
            dead = properties(policy["deadLetterTargetArn"]["Fn::GetAtt"][0])
            assert dead["MessageRetentionPeriod"] > properties(name)["MessageRetentionPeriod"]


def test_only_the_markers_survive_the_stack() -> None:
    """Loans and requests can be filled again, and are patrons' data."""
    policies = {name: RESOURCES[name]["DeletionPolicy"] for name in of_type("AWS::DynamoDB::Table")}
    assert policies.pop("UsersTable") == "RetainExceptOnCreate"
    assert policies == dict.fromkeys(("LoansTable", "RequestsTable", "PaceTable"), "Delete")


def test_items_that_dynamodb_does_not_delete_are_counted() -> None:
    """The filter looks for the fact that the event function logs."""
    filtered = properties("OverdueItems")
    assert (filtered["FilterPattern"], filtered["LogGroupName"]) == (
        "{ $.is_overdue IS TRUE }",
        {"Ref": "EventLogGroup"},
    )


def test_patrons_who_wait_for_alma_raise_an_alarm() -> None:
    """They never become dead letters, and the age of the queue does not show them; the function logs the outcome."""
    filtered, alarm = properties("WaitingFills"), properties("WaitingFillsAlarm")
    assert filtered["FilterPattern"] == f'{{ $.outcome = "{SENT_AGAIN}" }}'
    assert filtered["LogGroupName"] == {"Ref": "FillLogGroup"}
    [metric] = filtered["MetricTransformations"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (metric["MetricNamespace"], metric["MetricName"])
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert {RESOURCES[name]["Condition"] for name in ("WaitingFills", "WaitingFillsAlarm")} == {"HasAlarms"}


def test_a_read_api_that_fails_raises_an_alarm() -> None:
    """Its callers get 5XX, and no queue shows it."""
    alarm = properties("ReadFailuresAlarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "Api"}}]
    assert RESOURCES["ReadFailuresAlarm"]["Condition"] == "HasAlarms"


def test_the_queue_of_fills_rings_only_after_three_receives() -> None:
    """Until then a message that is throttled is hidden each time for as long as SQS can."""
    hidden = 3 * 43_200
    assert hidden < TEMPLATE["Parameters"]["FillsAgeLimit"]["Default"]
