"""Output of `list`, as text and as JSON."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.find import Listing
from scripts.dead_letters.reader import Summary
from scripts.dead_letters.reports.cells import time_left
from scripts.dead_letters.reports.listing import as_data, groups_by_cause, lines
from scripts.dead_letters.store import DeadLetterStore

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CAUSE = Cause("no-target", "the stack has no topic loan-created", "loans", "topic:loan-created", attempts=1)
DEAD_LETTER = Summary(
    *("r1", "m1", "k1", "LOAN", "LOAN_CREATED", "01EXAMPLE_INST", "alma", CAUSE),
    *(NOW - timedelta(days=2, minutes=7), NOW + timedelta(days=11, hours=23), 0),
    is_edited=False,
)
CRASHED = DEAD_LETTER._replace(id="r2", action="", event="", institution="", cause=Cause("crashed"))
FOUND = Listing([DEAD_LETTER, CRASHED], seen=2, about=2, hidden=0, twice=0, unjudged=0)


@pytest.fixture
def opened(dead_letters: DeadLetterStore) -> DeadLetterStore:
    return dead_letters._replace(now=NOW)


def text(opened: DeadLetterStore, listing: Listing, *, grouped: bool = False, width: int | None = None) -> list[str]:
    return list(lines(as_data(opened, listing, grouped=grouped), width))


def test_a_listing_is_a_table_with_its_count(opened: DeadLetterStore) -> None:
    """Unknown values are hyphens; in a file nothing is cut."""
    assert text(opened, FOUND) == [
        "receipt id  event         institution     route  target              cause      attempts  received           "
        "expires in",
        "r1          LOAN_CREATED  01EXAMPLE_INST  loans  topic:loan-created  no-target  1         2026-11-22 11:53Z  "
        "11 d 23 h",
        "r2          -             -               -      -                   crashed    -         2026-11-22 11:53Z  "
        "11 d 23 h",
        "",
        "2 dead letters",
    ]


def test_a_listing_fits_a_terminal(opened: DeadLetterStore) -> None:
    """Columns without room are named."""
    shown = text(opened, FOUND, width=80)
    assert max(map(len, shown[:3])) <= 80
    assert shown[0] == "receipt id  event         cause      received           expires in"
    assert (
        shown[-2]
        == "columns left out: institution, route, target, attempts; a wider terminal or --output json shows them"
    )


def test_groups_are_a_table_too(opened: DeadLetterStore) -> None:
    """Each group has an example ID for `show`."""
    assert text(opened, FOUND, grouped=True)[:3] == [
        "count  cause      route  target              field  first received     last received      example",
        "1      crashed    -      -                   -      2026-11-22 11:53Z  2026-11-22 11:53Z  r2",
        "1      no-target  loans  topic:loan-created  -      2026-11-22 11:53Z  2026-11-22 11:53Z  r1",
    ]


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (Listing([], 0, 0, 0, 0, 0), ["No dead letters."]),
        (Listing([], 5, 5, 0, 0, 0), ["None of 5 dead letters matches."]),
        (
            Listing([], 4_987, 5_000, 0, 0, 2),
            [
                "None of 4,987 dead letters matches.",
                "4,987 of about 5,000 seen; SQS counts are approximate",
                "2 dead letters lack an event with the fields that --where names",
            ],
        ),
        (
            Listing([DEAD_LETTER], 2, 5, 3, 1, 0),
            [
                "1 dead letter",
                "2 of about 5 seen; SQS counts are approximate, and another reader held about 3 of them. "
                "Try again later",
                "1 copy of the same dead letters not shown",
            ],
        ),
        (
            Listing([], 0, 3, 3, 0, 0),
            [
                "None of 0 dead letters matches.",
                "0 of about 3 seen; SQS counts are approximate, and another reader held about 3 of them. "
                "Try again later",
            ],
        ),
    ],
    ids=["nothing", "no match", "fewer than counted", "held and copies", "all held"],
)
def test_counts_of_seen_and_unseen_dead_letters_are_printed(
    opened: DeadLetterStore, listing: Listing, expected: list[str]
) -> None:
    """So half a queue is not taken for all of it, nor a filter without a match for an empty queue."""
    assert text(opened, listing)[-len(expected) :] == expected


def test_f49_a_dead_letters_text_is_escaped(opened: DeadLetterStore) -> None:
    """A foreign message moves no cursor."""
    hostile = DEAD_LETTER._replace(
        id="\x1b[2J", event="\x9b1m", cause=CAUSE._replace(route="\x1b]0;a\x07", target="\u202e")
    )
    for grouped in (False, True):
        shown = text(opened, Listing([hostile], 1, 1, 0, 0, 0), grouped=grouped)
        assert all(line.isprintable() for line in shown)
        assert "\\x1b[2J" in "".join(shown)


def test_json_has_everything(opened: DeadLetterStore) -> None:
    """Times are in RFC 3339, the cause has the names of its attribute, and unknown values are null."""
    data = as_data(opened, FOUND, grouped=False)
    assert (data["stack"], data["read_at"]) == ("alma-webhooks-dev", "2026-11-24T12:00:00.000Z")
    counts = {name: count for name, count in data.items() if isinstance(count, int)}
    rest = {"held_by_others": 0, "copies": 0, "not_judged_by_where": 0}
    assert counts == {"matching": 2, "seen": 2, "about": 2} | rest
    assert data["dead_letters"][0] == {
        "id": "r1",
        "message_id": "m1",
        "action": "LOAN",
        "event": "LOAN_CREATED",
        "institution": "01EXAMPLE_INST",
        "profile": "alma",
        "cause": {
            "class": "no-target",
            "reason": "the stack has no topic loan-created",
            "route": "loans",
            "target": "topic:loan-created",
            "field": None,
            "attempts": 1,
            "at": None,
            "others": [],
            "others_omitted": 0,
        },
        "received_at": "2026-11-22T11:53:00.000Z",
        "expires_at": "2026-12-06T11:00:00.000Z",
        "expires_in_seconds": 1_033_200,
        "replays": 0,
        "edited": False,
    }
    assert data["dead_letters"][1]["event"] is None


def test_json_has_groups_on_request(opened: DeadLetterStore) -> None:
    """The groups replace the dead letters."""
    data = as_data(opened, FOUND, grouped=True)
    assert "dead_letters" not in data
    assert [(group["class"], group["route"], group["count"], group["example"]) for group in data["groups"]] == [
        ("crashed", None, 1, "r2"),
        ("no-target", "loans", 1, "r1"),
    ]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=13, hours=23, minutes=59), "13 d 23 h"),
        (timedelta(hours=23, minutes=59, seconds=59), "23 h 59 min"),
        (timedelta(seconds=119), "1 min"),
        (timedelta(0), "any moment"),
        (timedelta(days=-1), "any moment"),
    ],
)
def test_the_time_left_is_never_too_long(left: timedelta, expected: str) -> None:
    """It is rounded down."""
    assert time_left(left) == expected


def summary_of(number: int, cause: Cause) -> Summary:
    at = NOW + timedelta(minutes=number)
    return Summary(f"r{number}", f"m{number}", f"k{number}", "", "", "", "alma", cause, at, at, 0, is_edited=False)


def test_groups_are_by_cause_and_never_by_its_text() -> None:
    """The largest first, each with its time span and its first dead letter."""
    no_target = Cause("no-target", "the stack has no topic a", "loans", "topic:a")
    template = [Cause("template", f"reason {number}", "pod", field="let.name") for number in range(3)]
    dead_letters = [summary_of(number, cause) for number, cause in enumerate([no_target, *template])]
    first, second, third = (f"2026-11-24T12:0{minute}:00.000Z" for minute in (0, 1, 3))
    named = ("class", "route", "target", "field", "count", "first_received_at", "last_received_at", "example")
    assert [tuple(group[name] for name in named) for group in groups_by_cause(dead_letters)] == [
        ("template", "pod", None, "let.name", 3, second, third, "r1"),
        ("no-target", "loans", "topic:a", None, 1, first, first, "r0"),
    ]
