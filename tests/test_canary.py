"""Tests of the canary: it finds forbidden words, and the samples contain these words."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.canary import WORDS, CanaryHandler, sung
from tests.samples import EVENTS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("word", WORDS)
def test_a_sample_or_a_test_contains_every_word(word: str) -> None:
    """Every forbidden word occurs in the samples or tests; otherwise the search for it would prove nothing."""
    folder = Path(__file__).parent
    texts = [path.read_text("utf-8") for path in [*EVENTS.glob("*"), *folder.rglob("test_*.py")]]
    assert any(word in text for text in texts)


def test_it_finds_plain_and_escaped_words_and_those_of_one_run() -> None:
    """The search finds plain words, words that JSON escaped, and extra words of one run."""
    assert sung("a loan of invented-patron-7") == {"invented-patron"}
    assert sung(r"Beispiel-\u00d1and\u00fa") == {r"Beispiel-\u00d1and\u00fa"}
    assert sung("the secret is hush", {"hush"}) == {"hush"}
    assert sung("LOAN_CREATED", {"hush"}) == set()


@pytest.mark.parametrize("extra", [{}, {"event": {"item_loan": {"user_id": "invented-patron-1"}}}])
def test_it_searches_a_message_and_its_extras(extra: dict[str, object]) -> None:
    """The handler searches the extras of a log record as well as its message."""
    handler = CanaryHandler()
    logger = logging.Logger("alone")
    logger.addHandler(handler)
    logger.info("nothing" if extra else "invented-patron-%s", *([] if extra else ["1"]), extra=extra)
    assert handler.sung == {"invented-patron"}


PLANTED = """
import io, logging, sys
from aws_lambda_powertools import Logger

def test_a_message():
    logging.getLogger('x').warning('invented-patron-1')

def test_a_logger_of_powertools():
    Logger(service='y', stream=io.StringIO()).warning('n', extra={'user_id': 'invented-patron-1'})

def test_an_extra():
    logging.getLogger('x').warning('n', extra={'event': {'user_id': 'invented-patron-1'}})

def test_output():
    print('invented-patron-1')

def test_errors():
    sys.stderr.write('invented-patron-1')

def test_nothing():
    print('nothing')
"""


def test_f22_a_test_whose_code_logs_content_fails(tmp_path: Path) -> None:
    """A test fails if its code logs or prints content of an event in any of these ways."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import *  # the fixture and the hook of this suite\n")
    (tmp_path / "test_planted.py").write_text(PLANTED)
    completed = subprocess.run(  # noqa: S603 - this interpreter and a generated test
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"::(test_\w+) (?:logged|printed) content of an event", completed.stdout)
    planted = {"test_a_message", "test_a_logger_of_powertools", "test_an_extra", "test_output", "test_errors"}
    assert {*found} == planted, completed.stdout
