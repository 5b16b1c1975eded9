"""Let moto alone answer the processor's calls: its kept connections would send each of them to AWS too."""

from processor.kept_connections import KeptConnections


def let_moto_answer() -> None:
    """Switch the kept connections off for clients that are made afterwards, so before the handler is imported."""
    KeptConnections.send = lambda *_, **__: None  # type: ignore[assignment,method-assign] # botocore goes on
