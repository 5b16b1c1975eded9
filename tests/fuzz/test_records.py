"""SQS records with any attributes have an outcome or are retried."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from processor.errors import Transient
from processor.outcomes import Outcome
from tests.fuzz.strict_aws import Processing
from tests.fuzz.values import JSON, TEXTS, mutated
from tests.samples import body_of, envelope_of, record_of

RECORD = record_of(envelope_of(body_of("loan-created")))
COUNTS: st.SearchStrategy[Any] = st.sampled_from(["1", "8", "0", "-1", "x", "", "9" * 30, "9" * 5000, None, [], 1.5])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["envelope_version", "encoding", "profile", "replay", "failure", "receipt_id"]) | TEXTS,
    st.one_of(
        JSON,
        st.fixed_dictionaries({"stringValue": st.sampled_from(["1", "s3", "{}"]) | JSON, "dataType": JSON}),
        st.fixed_dictionaries({"binaryValue": JSON, "dataType": st.just("Binary")}),
    ),
    max_size=12,
)


def check(record: dict[str, Any]) -> None:
    processing = Processing()
    try:
        outcome = processing.process(record)
    except Transient:
        assert processing.line["message"] == "retry"
    else:
        assert processing.line["message"] == "outcome"
        assert (outcome is Outcome.DEAD) == bool(processing.sqs.dead_letters)


@example({**RECORD, "attributes": {"ApproximateReceiveCount": "x"}})
@example({**RECORD, "attributes": {"ApproximateReceiveCount": "0"}, "body": 1})
@example({**RECORD, "attributes": {"MessageGroupId": "a b"}, "body": "no event"})
@given(mutated(st.just(RECORD)).filter(lambda record: isinstance(record, dict) and "receiptHandle" in record))
def test_f23_a_modified_record_has_an_outcome_or_is_retried(record: dict[str, Any]) -> None:
    """A record with missing, null or mistyped members never raises an exception that would stop the batch."""
    check(record)


@given(
    ATTRIBUTES | JSON,
    st.fixed_dictionaries({"ApproximateReceiveCount": COUNTS}, optional={"MessageGroupId": TEXTS | JSON}) | JSON,
    TEXTS | JSON,
)
def test_f23_a_record_with_any_attributes_has_an_outcome_or_is_retried(attributes: Any, system: Any, body: Any) -> None:
    """A record with arbitrary attributes, receive count and group has an outcome or is retried."""
    check({**RECORD, "messageAttributes": attributes, "attributes": system, "body": body})
