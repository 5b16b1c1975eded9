"""The same listener, with boto3 imported by its first request. For comparison only."""

from typing import Any


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Handle one request. INIT looks short, but the first request pays for the import, with a throttled CPU."""
    import idiomatic_boto3  # type: ignore[import-not-found] # beside this file where it runs

    answer: dict[str, Any] = idiomatic_boto3.lambda_handler(event, context)
    return answer
