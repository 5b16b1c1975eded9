"""The alarms of the queues of a further part: dead letters, and messages that wait too long.

They use the topic of the pipeline's alarm stack. Its policy and its key allow only alarms whose names begin with the
name of that stack.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from scripts.deploy.part_template import QueueIds

_HAS_ALARMS: Final = "HasQueueAlarms"
_HAS_ALARMS_ON_AWS: Final = "HasQueueAlarmsOnAws"
_TOPIC: Final = {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${AlarmStack}-alarms"}
_TICKET: Final = {"TreatMissingData": "notBreaching", "AlarmActions": [_TOPIC], "OKActions": [_TOPIC]}


def conditions() -> dict[str, Any]:
    """Return the conditions of the alarms. The emulator does not support the alarm on two metrics."""
    has_tier = {"Fn::Not": [{"Fn::Equals": [{"Ref": "Alarms"}, "none"]}]}
    has_topic = {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmStack"}, ""]}]}
    on_aws = {"Fn::Equals": [{"Ref": "Emulated"}, "false"]}
    return {
        _HAS_ALARMS: {"Fn::And": [has_tier, has_topic]},
        _HAS_ALARMS_ON_AWS: {"Fn::And": [{"Condition": _HAS_ALARMS}, on_aws]},
    }


def alarms_of(queue: "QueueIds", part: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield both alarms of a queue with their logical ids."""
    yield f"{queue.prefix}DeadLettersAlarm", _alarm(_HAS_ALARMS_ON_AWS, _dead_letters(queue, part))
    yield f"{queue.prefix}QueueAgeAlarm", _alarm(_HAS_ALARMS, _queue_age(queue, part))


def _alarm(condition: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Condition": condition, "Properties": {**properties, **_TICKET}}


def _dead_letters(queue: "QueueIds", part: str) -> dict[str, Any]:
    """Return the alarm on dead letters, hidden ones included, by the expression of the pipeline's alarm stack."""
    metrics = {"visible": "ApproximateNumberOfMessagesVisible", "hidden": "ApproximateNumberOfMessagesNotVisible"}
    return {
        "AlarmName": {"Fn::Sub": f"${{AlarmStack}}-{part}-{queue.name}-dead-letters"},
        "AlarmDescription": {
            "Fn::Sub": f"Ticket. Messages failed permanently and are on the queue ${{{queue.dead_letters}.QueueName}}; "
            "AWS deletes each at the end of the retention of that queue. First: alma-webhooks dead-letters list "
            f"--queue {queue.name} --stage ${{Stage}}"
        },
        "Metrics": [
            *(_measured(id_, metric, queue.dead_letters) for id_, metric in metrics.items()),
            {"Id": "dead_letters", "Label": "Dead letters", "Expression": "visible + FILL(hidden, 0)"},
        ],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
    }


def _measured(id_: str, metric: str, queue: str) -> dict[str, Any]:
    metric_stat = {
        "Stat": "Maximum",
        "Period": 60,
        "Metric": {"Namespace": "AWS/SQS", "MetricName": metric, "Dimensions": _dimensions(queue)},
    }
    return {"Id": id_, "ReturnData": False, "MetricStat": metric_stat}


def _queue_age(queue: "QueueIds", part: str) -> dict[str, Any]:
    return {
        "AlarmName": {"Fn::Sub": f"${{AlarmStack}}-{part}-{queue.name}-queue-age"},
        "AlarmDescription": {
            "Fn::Sub": f"Ticket. Messages wait on the queue ${{{queue.queue}.QueueName}} longer than {queue.age_limit} "
            f"allows: the function of the part {part} does not run, or fails. First: alma-webhooks doctor --stage "
            "${Stage}"
        },
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": _dimensions(queue.queue),
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": {"Ref": queue.age_limit},
    }


def _dimensions(queue: str) -> list[dict[str, Any]]:
    return [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
