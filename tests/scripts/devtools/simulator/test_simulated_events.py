"""Events made fresh: by seed, with ids and people of their own, and as their samples in all else."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

from processor.alma.events import parse
from scripts.cli.exit_codes import ConfigurationError
from scripts.devtools.simulator.simulated_events import KINDS, EventMaker, OddBody, Source, odd_body, parse_mix
from tests.scripts.devtools.simulator.simulated import SOURCES, maker

ALL = [EventMaker(parse_mix(source.name, SOURCES), 1) for source in SOURCES]
FAMILIES = ["LOAN", "JOB_END", "REQUEST", "USER", "BIB", "ITEM", "NOTIFICATION", "HOLDING"]


def test_a_seed_gives_the_same_bytes() -> None:
    """Events are the same at any time and in any order; another seed gives others."""
    first, again = maker(seed=7), maker(seed=7)
    bodies = [first.make(number) for number in range(1, 50)]
    assert bodies == [again.make(number) for number in reversed(range(1, 50))][::-1]
    assert not {body for _, body in bodies} & {maker(seed=8).make(number)[1] for number in range(1, 50)}


@pytest.mark.parametrize(("source", "makes"), list(zip(SOURCES, ALL, strict=True)), ids=[each.name for each in SOURCES])
def test_an_event_is_its_samples_but_for_ids_and_people(source: Source, makes: EventMaker) -> None:
    """The same members, spaces and escapes; every long number and every person is another."""
    made, body = makes.make(1)
    own = rb"[0-9]{10,}|(?<=-patron-)[0-9]+|(?<=-staff-)[0-9]+"
    assert made == source
    assert re.sub(own, b"#", body) == re.sub(own, b"#", source.body)
    assert not set(re.findall(own, body)) & set(re.findall(own, source.body))
    assert parse(body).id != parse(source.body).id


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([*range(1, 25), *range(90, 115)], id="some"),
        pytest.param(range(1, 200), id="all", marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize("makes", ALL, ids=[each.name for each in SOURCES])
def test_no_two_events_share_an_id(makes: EventMaker, numbers: Iterable[int]) -> None:
    """An id is made of the event's number, not by chance: nothing else distinguishes the ends of jobs."""
    ids = [parse(makes.make(number)[1]).id or "" for number in numbers]
    assert len(set(ids)) == len(ids)
    assert {len(each) for each in ids} <= {16, 18, 19}


def test_no_two_seeds_share_an_id() -> None:
    """A second run's jobs are no duplicates of the first one's."""
    ids = [{parse(maker("JOB_END", seed).make(number)[1]).id for number in range(1, 50)} for seed in (1, 2)]
    assert not ids[0] & ids[1]


def test_what_was_equal_stays_equal() -> None:
    """A job's id stands in its instance and its link too, and every one is the new one."""
    _, body = maker("job-end-other").make(3)
    identifier = (parse(body).id or "").encode()
    assert body.count(identifier) == 4


def test_the_mix_is_kept() -> None:
    """Shares against each other; without a weight it is 1, and a family is its samples in JSON."""
    counts = Counter(maker("LOAN=6,JOB_END=2.5, BIB").make(number)[0].family for number in range(1, 4000))
    shares = {family: count / 4000 for family, count in counts.items()}
    assert shares == pytest.approx({"LOAN": 6 / 9.5, "JOB_END": 2.5 / 9.5, "BIB": 1 / 9.5}, abs=0.03)
    [share] = parse_mix("LOAN", SOURCES)
    assert {source.name for source in share.sources} == {
        *("loan-created", "loan-renewed", "loan-due-date", "loan-returned", "loan-lost", "loan-claimed-returned")
    }


def test_a_sample_can_be_asked_for_by_its_name() -> None:
    """Also one in XML, which is posted as that."""
    source, body = maker("loan-lost-xml").make(1)
    assert (source.event, source.content_type, body[:1]) == ("LOAN_LOST", "application/xml", b"<")
    assert maker("loan-lost").make(1)[0].content_type == "application/json"


@pytest.mark.parametrize("mix", ["", "LOAN,", "loan", "LOAN,NOSUCH=2"])
def test_an_unknown_name_is_rejected(mix: str) -> None:
    """The sentence names it, and the families there are."""
    name = {"loan": "loan", "LOAN,NOSUCH=2": "NOSUCH"}.get(mix, "")
    with pytest.raises(ConfigurationError, match=f"--mix: unknown name '{name}'; .* families {', '.join(FAMILIES)}"):
        parse_mix(mix, SOURCES)


@pytest.mark.parametrize("weight", ["", "0", "0.0", "-1", "x", "nan", "inf", "1e3", "1=2"])
def test_a_weight_is_a_number_above_zero(weight: str) -> None:
    """The sentence names the share."""
    with pytest.raises(ConfigurationError, match=r"--mix: invalid weight .* of LOAN; it must be a number above 0"):
        parse_mix(f"BIB,LOAN={weight}", SOURCES)


MADE = [odd_body(f"{number:018}", Random(number)) for number in range(1, 1000)]  # noqa: S311 -- chance for a test
BY_KIND = {odd.kind: odd for odd in MADE}


def test_every_kind_comes_and_the_largest_seldom() -> None:
    """1.2 MB now and then only, so that a long run is not about them."""
    counts = Counter(odd.kind for odd in MADE)
    assert set(counts) == set(KINDS)
    assert min(counts, key=lambda kind: counts[kind]) == "1200-kb"


def test_no_two_are_equal() -> None:
    """They would be one event, and a duplicate that nobody planned."""
    assert len({odd.body for odd in MADE}) == len(MADE)


@pytest.mark.parametrize(
    ("kind", "oddity"),
    [
        ("nul", b"\0"),
        ("invalid-utf-8", b"\xff\xfe"),
        ("u-fffe", b"\xef\xbf\xbe"),
        ("bom", b"\xef\xbb\xbf{"),
        ("deep-nesting", b"[" * 10_000),
        ("300-kb", b"Much. " * 50_000),
        ("1200-kb", b"Much. " * 200_000),
    ],
)
def test_a_kind_has_its_oddity(kind: str, oddity: bytes) -> None:
    """In the bytes themselves, not as an escape."""
    assert oddity in BY_KIND[kind].body


def test_not_json_is_not() -> None:
    """Not even nearly."""
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(BY_KIND["not-json"].body)


@pytest.mark.parametrize("odd", BY_KIND.values(), ids=lambda odd: odd.kind)
def test_no_gateway_changes_the_bytes(odd: OddBody) -> None:
    """API Gateway replaces what is no UTF-8 under a type of text, so that has another type."""
    try:
        odd.body.decode()
    except UnicodeDecodeError:
        assert odd.content_type == "application/octet-stream"
    else:
        assert odd.content_type == "application/json"
    assert (odd.content_type != "application/json") is (odd.kind == "invalid-utf-8")
