"""The trap: the same listener, with boto3 imported by its first request. To compare with only."""

from typing import Any


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Makes INIT look short: the first request pays for the import, with the function's share of a core."""
    import idiomatic_boto3  # type: ignore[import-not-found] # beside this file where it runs

    answer: dict[str, Any] = idiomatic_boto3.lambda_handler(event, context)
    return answer
