"""Output of `explain`: a line for each dead letter, and the next command."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.envelope import Envelope
from processor.errors import Permanent
from processor.routing.compile import load
from scripts.cli.advice import Advice
from scripts.dead_letters.dead_letter import Cause, DeadLetter
from scripts.dead_letters.explain import Explained, explain_dead_letter
from scripts.dead_letters.reports.explain import AdviceContext, as_data, lines, would_succeed
from scripts.dead_letters.store import DeadLetterStore
from scripts.routes.check import ROUTES
from scripts.routes.explain import Explanation
from tests.canary import sung
from tests.samples import body_of
from tests.scripts.aws.targets import targets_of

TOPICS = ("loan-created", "other")
WAY = AdviceContext("--stage dev")


def explained(dead_letters: DeadLetterStore, receipt_id: str, body: bytes, deleted: str = "") -> Explained:
    targets = targets_of(dead_letters.scope, TOPICS, ["timdex", "pod"])
    if deleted:
        dead_letters.scope.aws.sns.delete_topic(TopicArn=deleted)
    sent = Envelope(body, receipt_id, "2026-11-20T00:00:00.000Z", "alma").encode()
    read = dead_letters.reader.read(DeadLetter(f"m-{receipt_id}", "h", sent.body, sent.attributes, datetime.now(UTC)))
    return explain_dead_letter(read, load(ROUTES), targets, stage="dev")


def test_each_dead_letter_has_a_line_and_each_next_step_is_printed_once(dead_letters: DeadLetterStore) -> None:
    """A start, a publication and an ignored event are covered."""
    found = [
        explained(dead_letters, "r1", body_of("job-end-timdex-full")),
        explained(dead_letters, "r2", body_of("loan-created")),
        explained(dead_letters, "r3", body_of("job-end-other")),
        explained(dead_letters, "r 4", body_of("notification")),
    ]
    assert list(lines(found, WAY)) == [
        "r1  would start timdex by route timdex",
        "r2  would publish to loan-created by route loans",
        "r3  would be ignored: no route matches it",
        "r 4  would publish to other by route other",
        "next: alma-webhooks dead-letters replay r1 r2 'r 4' --stage dev --yes --wait",
        "next: change the routes, or: alma-webhooks dead-letters discard r3 --stage dev",
    ]
    assert all(map(would_succeed, found))


def test_a_dead_letter_that_would_fail_again_has_a_reason(dead_letters: DeadLetterStore) -> None:
    """The line has class, reason, route, target and field; causes that a replay cannot fix have another command."""
    found = [
        explained(dead_letters, "r1", body_of("job-end-pod").replace(b"end_time", b"ended")),
        explained(dead_letters, "r2", body_of("loan-lost")),
        explained(dead_letters, "r3", b"poison"),
    ]
    template, target, poison, *nexts = lines(found, WAY)
    assert template.startswith("r1  would fail again: template: ")
    assert template.endswith(" (route pod, target state_machine:pod, field deliver[0].input.filename-prefix)")
    assert target == (
        "r2  would fail again: no-target: the stack has no topic loan-lost (route loans, target topic:loan-lost)"
    )
    assert poison == "r3  would fail again: not-parsed: The body is not valid JSON at line 1, column 1"
    assert nexts[1] == (
        "next: add loan-lost to topics in routes.yaml; then alma-webhooks dead-letters fix r2 --stage dev"
    )
    assert nexts[2].startswith("next: alma-webhooks dead-letters edit r3 --stage dev")
    assert not any(map(would_succeed, found))


def test_f22_the_lines_quote_no_body_and_the_data_has_what_targets_would_get(dead_letters: DeadLetterStore) -> None:
    """JSON has all of it."""
    found = explained(dead_letters, "r1", body_of("loan-created"))
    assert sung("\n".join(lines([found], WAY))) == set()
    data = as_data(found)
    assert (data["id"], data["message_id"], data["failure"]) == ("r1", "m-r1", None)
    assert data["deliveries"][0]["message"].encode() == body_of("loan-created")


@pytest.mark.parametrize(("most", "is_whole"), [("262144", False), ("1048576", True)])
def test_the_data_has_a_pointer_only_above_the_size_of_the_stack(
    dead_letters: DeadLetterStore, most: str, is_whole: bool
) -> None:
    """A large body goes to a topic of the stack whole if its parameter TopicMessageBytes allows it."""
    stack = dead_letters.scope.stack._replace(parameters={"TopicMessageBytes": most})
    store = dead_letters._replace(scope=dead_letters.scope._replace(stack=stack))
    body = body_of("loan-created") + b" " * 300_000
    [delivery] = as_data(explained(store, "r1", body))["deliveries"]
    assert (delivery["message"].encode() == body) is is_whole
    assert ("ExtendedPayloadSize" in delivery["attributes"]) is not is_whole


def test_f49_an_explanation_moves_no_cursor(dead_letters: DeadLetterStore) -> None:
    """IDs and names can come from a body."""
    summary = explained(dead_letters, "r1", b"x").summary._replace(id="\x1b[2J")
    failure = Permanent("no-target", "\x9b1m", target="topic:\u202e")
    assert all(line.isprintable() for line in lines([Explained(summary, Explanation(None, None, (failure,)))], WAY))


def test_f74_a_topic_that_no_parameter_takes_is_not_to_be_added(dead_letters: DeadLetterStore) -> None:
    """The heartbeat topic is reserved; and a name from an event is quoted for the shell."""
    summary = explained(dead_letters, "r1", b"x").summary
    nexts = []
    for name in ("heartbeat", "x; reboot"):
        failure = Permanent("no-target", "the reason", route="a", target=f"topic:{name}")
        nexts.append([*lines([Explained(summary, Explanation(None, None, (failure,)))], WAY)][1])
    assert nexts[0].startswith(
        "next: alma-webhooks dead-letters fix r1 --stage dev, or: alma-webhooks dead-letters edit r1"
    )
    assert "add 'x; reboot' to topics in routes.yaml; then alma-webhooks dead-letters fix" in nexts[1]


def test_f74_the_next_step_of_a_deleted_topic_recreates_it(dead_letters: DeadLetterStore) -> None:
    """A replay before that would fail again."""
    arn = f"arn:aws:sns:us-east-1:123456789012:{dead_letters.scope.stack.name}-loan-created"
    found = explained(dead_letters, "r1", body_of("loan-created"), deleted=arn)
    assert list(lines([found], WAY)) == [
        f"r1  would fail again: refused: the topic {arn} is not there (route loans, target topic:loan-created)",
        "next: alma-webhooks dead-letters fix r1 --stage dev",
    ]
    other = found._replace(fixable=frozenset())
    assert list(lines([other], WAY))[1] == (
        "next: recreate the target, or remove it from the routes and deploy them; then "
        "alma-webhooks dead-letters fix r1 --stage dev"
    )


def test_f74_each_failure_has_its_next_step(dead_letters: DeadLetterStore) -> None:
    """A step that two failures need is printed once; a target that cannot be looked up is one more."""
    found = explained(dead_letters, "r1", body_of("loan-created"))
    broken = [Permanent("template", f"reason {name}", route=name) for name in ("a", "b")]
    outside = Permanent("refused", "gone", route="c", target="queue:q")
    explanation = replace(found.explanation, failures=(*broken, outside))
    doubtful = found._replace(explanation=explanation, doubt="whether topic:x is there", fix=Advice.again.text())
    assert list(lines([doubtful], WAY)) == [
        "r1  would fail again: template: reason a (route a); would fail again: template: reason b (route b); "
        "would fail again: refused: gone (route c, target queue:q); not known: whether topic:x is there",
        "next: alma-webhooks dead-letters fix r1 --stage dev, or: alma-webhooks dead-letters edit r1 --stage dev",
        "next: recreate the target, or remove it from the routes and deploy them; then alma-webhooks dead-letters fix "
        "r1 --stage dev",
        "next: try again in a minute; then alma-webhooks dead-letters explain r1 --stage dev",
    ]
    data = as_data(doubtful)
    assert [each["route"] for each in (data["failure"], *data["other_failures"])] == ["a", "b", "c"]
    certain = doubtful._replace(doubt="")
    assert next(lines([certain], WAY)).endswith("; would publish to loan-created by route loans")


def test_f74_an_unknown_result_is_not_a_success(dead_letters: DeadLetterStore) -> None:
    """Neither a replay nor a verdict; the next step makes it known."""
    found = explained(dead_letters, "r1", body_of("loan-created"))._replace(
        doubt="whether topic:loan-created is there; no answer", fix=Advice.again.text()
    )
    assert list(lines([found], WAY)) == [
        "r1  not known: whether topic:loan-created is there; no answer",
        "next: try again in a minute; then alma-webhooks dead-letters explain r1 --stage dev",
    ]
    assert not would_succeed(found)
    assert as_data(found)["not_known"] == "whether topic:loan-created is there; no answer"


REFUSED = Cause("refused", "AWS returned NotFound", "loans", "topic:loan-created")


@pytest.mark.parametrize(
    ("cause", "command"),
    [
        (REFUSED, "fix r1 --stage dev"),
        (Cause("template", others=(REFUSED,)), "fix r1 --stage dev"),
        (Cause("template", others_omitted=1), "fix r1 --stage dev"),
        (Cause("template", others=(REFUSED._replace(category="transient"),)), "replay r1 --stage dev --yes --wait"),
    ],
)
def test_f74_an_event_that_aws_refused_is_followed_by_fix(
    dead_letters: DeadLetterStore, cause: Cause, command: str
) -> None:
    """It replays nothing to a topic without subscribers, and knows of missing rights; a replay looks for neither."""
    found = explained(dead_letters, "r1", body_of("loan-created"))
    found = found._replace(summary=found.summary._replace(cause=cause))
    assert list(lines([found], WAY))[1] == f"next: alma-webhooks dead-letters {command}"
    context = WAY._replace(deploying="alma-webhooks deploy --stage dev")
    assert list(lines([found], context))[1] == (
        f"next: alma-webhooks deploy --stage dev; then alma-webhooks dead-letters {command}"
    )


def test_f74_undeployed_routes_are_deployed_before_the_replay(dead_letters: DeadLetterStore) -> None:
    """Otherwise the stack would route the events as before."""
    found = explained(dead_letters, "r1", body_of("loan-created"))
    deploying = "alma-webhooks deploy --routes new.yaml --stage dev"
    assert list(lines([found], WAY._replace(deploying=deploying)))[1] == (
        f"next: {deploying}; then alma-webhooks dead-letters replay r1 --stage dev --yes --wait"
    )
