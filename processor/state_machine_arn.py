"""ARNs of state machines, which can end with a version or an alias: `…:stateMachine:NAME:PROD`."""


def unqualified(arn: str) -> str:
    """Return the ARN of the state machine itself, without version and alias.

    AWS checks rights on it ("Authorization for versions and aliases", AWS Step Functions Developer Guide).
    """
    place, separator, name = arn.partition(":stateMachine:")
    return f"{place}{separator}{name.partition(':')[0]}"


def execution_arn(arn: str, name: str) -> str:
    """Return the ARN of an execution. A version or alias that started it is not part of it.

    "Associating executions with a version or alias", AWS Step Functions Developer Guide.
    """
    return f"{unqualified(arn).replace(':stateMachine:', ':execution:')}:{name}"
