"""A report as a benchmark would make it, invented: every part, and ingest at the goals' edge."""

from typing import Any

from benchmarks.bench_events import BODY_SIZES
from benchmarks.emulator_pair import FORWARDING, PAIRS, RETURNING, RUN
from benchmarks.notification_part import BOTO3_AND_JSON, PRODUCER, SENDER
from benchmarks.parts import STATES
from benchmarks.processor_part import PROCESSOR, SAME_CLIENTS
from benchmarks.rows import BARE, BOTO3, FLOOR, INGEST, LAZY, POWERTOOLS, RAW
from benchmarks.share_part import ALL, REQUEST, SIZES

PEER = "mine:handle<r>"


def figures(median: float) -> dict[str, float]:
    return {"median": median, "low": median * 0.9, "high": median * 1.1, "of": 4}


def cold_row(milliseconds: float) -> dict[str, Any]:
    names = ("cold_ms", "first_200_ms", "init_ms", "handler_ms", "cpu_ms", "rss_mb", "modules")
    return {name: figures(milliseconds) for name in names}


def share_row(row: str, megabytes: int, init: str, milliseconds: float) -> dict[str, Any]:
    return {
        "row": row,
        "megabytes": megabytes,
        "share": 0.07,
        "init": init,
        "total_ms": figures(milliseconds),
        "handler_ms": figures(1),
        "slowest_ms": milliseconds,
        "statuses": [200] if milliseconds < 9000 else [200, 503],
        "is_within_budget": milliseconds <= 5000,
    }


def export_row(records: int) -> dict[str, Any]:
    seconds = {"pymarc_s": records / 5000, "check_s": records / 100_000, "transform_s": records / 10_000}
    return {"records": records, **seconds, "ratio": 0.55, "before_mb": 25.0, "added_mb": 2.5}


def decade(events: int) -> dict[str, float]:
    own = {"own_cpu_ms": 7.25, "functions_mb": 480.0, "run_mb": 144.0}
    return {"events": events, "ms_per_event": 16.5, **own, "emulator_cpu_ms": 6.75, "emulator_mb": 110.0 + events}


def commands(megabytes: float) -> dict[str, Any]:
    calls = {"cloudformation:DescribeStacks": 1, "sqs:ReceiveMessage": 501}
    figures = {"seconds": 12.5, "calls": calls, "peak_mb": megabytes, "cpu_s": 3.5, "usd": 0.000251}
    return dict.fromkeys(("list", "replay all"), figures)


def listeners() -> dict[str, Any]:
    times = {BARE: 10.0, RAW: 35.0, FLOOR: 28.0, INGEST: 30.0, BOTO3: 240.0, POWERTOOLS: 300.0, PEER: 50.0}
    against = {other: figures(ratio) for other, ratio in ((BARE, 2.9), (RAW, 0.86), (BOTO3, 0.125))}
    warm = {f"{size} {unit}": figures(100) for size in BODY_SIZES for unit in ("cpu_us", "wall_us")}
    return {
        "rounds": 4,
        "cold": {row: cold_row(time) for row, time in times.items()},
        "cold_ratios": {"cold_ms": {INGEST: against}, "rss_mb": {INGEST: {BOTO3: figures(0.37)}}},
        "warm": {row: warm for row in times if row != BARE},
        "warm_ratios": {f"{size} cpu": {INGEST: {FLOOR: figures(1.15)}} for size in BODY_SIZES},
    }


def report() -> dict[str, Any]:
    topic = {"sns:Publish": 1.0, "dynamodb:PutItem": 1.0, "dynamodb:UpdateItem": 1.0}
    messages = {
        kind: {"calls": topic, "cpu_ms": figures(2), "wall_ms": figures(3)} for kind in ("topic", "topic, 200 KB")
    }
    messages["state machine"] = {**messages["topic"], "calls": {"states:StartExecution": 2.0, "dynamodb:PutItem": 1.0}}
    shares = [
        share_row(row, megabytes, init, milliseconds * 128 / megabytes)
        for row, milliseconds in ((RAW, 700.0), (INGEST, 800.0), (BOTO3, 9100.0))
        for megabytes in SIZES
        for init in (ALL, REQUEST)
    ]
    shares += [share_row(LAZY, megabytes, REQUEST, 8600.0) for megabytes in SIZES]
    growth = [{"events": 10**n, "us_per_event": 100.0, "rss_mb": 20.0, "bytes_per_event": 0.0} for n in range(3)]
    return {
        "machine": {
            "python": "3.13.0",
            "machine": "x86_64",
            "system": "Linux",
            "processor": "invented",
            "cores": 2,
            "load": 0.5,
            "ingest_zip_bytes": 40_000,
        },
        "ingest": listeners(),
        "shares": {"available": True, "rounds": 2, "rows": shares},
        "reconnects": {
            "row": INGEST,
            "states": {state: {"wall_ms": figures(1), "cpu_ms": figures(1)} for state in STATES},
        },
        "processor": {
            "rounds": 4,
            "cold": {row: cold_row(200) for row in (BARE, SAME_CLIENTS, PROCESSOR)},
            "cold_ratios": {"cold_ms": {PROCESSOR: {SAME_CLIENTS: figures(1.6)}}},
            "messages": messages,
            "messages_before": {kind: {**found, "cpu_ms": figures(2.5)} for kind, found in messages.items()},
            "cpu_ratios": dict.fromkeys(messages, figures(0.7)),
        },
        "notifications": {
            "rounds": 4,
            "cold": {row: cold_row(300) for row in (BARE, BOTO3_AND_JSON, PROCESSOR, PRODUCER, SENDER)},
            "cold_ratios": {"cold_ms": {PRODUCER: {BOTO3_AND_JSON: figures(1.4)}}},
        },
        "console": {
            "dead_letters": 5_000,
            "pages_ms": {"/": {**figures(20), "slowest": 40.0}, "/dead-letters": {**figures(50), "slowest": 300.0}},
            "rss_mb_before": 90.0,
            "rss_mb": [120.0, 125.0, 126.0],
            "snapshot_s": [14.0, 13.0, 13.0],
            "while_reading_ms": {**figures(60), "slowest": 200.0},
        },
        "drain": {
            "messages": 540,
            "runs": 560,
            "retried": 20,
            "concurrency": 5,
            "run_ms": figures(60),
            "between_ms": 35.0,
            "soak_s": {"half": 3.1, "nine tenths": 6.2},
            "simulated_s": {"half": figures(3.0), "nine tenths": figures(6.0)},
            "ratios": {"half": figures(0.97), "nine tenths": figures(0.97)},
        },
        "throughput": {
            "events": 1_000,
            "decades": {row: [decade(events) for events in (1, 10, 100, 1_000)] for row in (RUN, *PAIRS)},
            "rates": {RUN: figures(60), FORWARDING: figures(75), RETURNING: figures(200)},
            "shares": {FORWARDING: figures(0.8), RETURNING: figures(0.3)},
        },
        "operators": {"commands": {"500": commands(80.0), "5000": commands(90.0)}},
        "growth": {"ingest": growth, "processor": growth[:2]},
        "transform": {"rows": [export_row(10_000), export_row(100_000)]},
        "seconds": 100.0,
    }
