"""The templates keep to the policy of the pages: what it forbids would fail without a word in the browser."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from scripts.console.page import STATIC

TEMPLATES: Final = sorted((STATIC.parent / "templates").rglob("*.html"))
SCRIPTS: Final = [path for path in sorted(STATIC.glob("*.js")) if path.name != "htmx.min.js"]

# pragma: allowlist nextline secret -- the digest of a published file
HTMX_2_0_11: Final = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""Of dist/htmx.min.js in the npm package htmx.org 2.0.11."""

FORBIDDEN: Final = {
    "an attribute that needs eval": r"\bhx-on\b|\bhx-on[:-]|\bjs:|\bhx-vars\b",
    "a trigger with a filter, which needs eval": r"hx-trigger=\"[^\"]*\[",
    "an extension, or a stream": r"\bhx-ext\b|\bsse-|\bws-connect\b|EventSource|WebSocket",
    "a script without a file": r"<script(?![^>]*\bsrc=\"/static/)",
    "an inline style": r"<style|\sstyle=",
    "an inline handler": r"\son[a-z]+\s*=",
    "a URL that is code": r"javascript:|data:text",
    "something from another host": r"(?:href|src|action|hx-\w+)\s*=\s*[\"'](?:https?:)?//",
    "markup that is not escaped": r"\|\s*safe\b|autoescape\s+false|Markup\(",
    "an attribute without quotes around a value": r"<[^>]*\s[\w-]+=\{\{",
    "a path with an ID that can leave it, unlike that of event_path": r"/events/\{\{",
    "a form that sends its fields by GET to a change": r"<form[^>]*method=\"get\"[^>]*action=\"[^\"]*/(?:run|confirm)",
    "a window that can navigate this one": r"target=\"_blank\"(?![^>]*noopener)",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_f84_no_template_has_what_the_policy_forbids(what: str) -> None:
    """Each finding is listed with its file."""
    found = {path.name: re.findall(FORBIDDEN[what], path.read_text("utf-8"), re.IGNORECASE) for path in TEMPLATES}
    assert {name: matches for name, matches in found.items() if matches} == {}, what


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("an attribute that needs eval", '<p hx-on:click="x()">'),
        ("an attribute that needs eval", "<p hx-vals='js:{a: 1}'>"),
        ("a trigger with a filter, which needs eval", '<p hx-trigger="every 2s [isVisible()]">'),
        ("a script without a file", "<script>alert(1)</script>"),
        ("an inline style", '<p style="color: red">'),
        ("an inline handler", '<a onclick="x()">'),
        ("something from another host", '<img src="//evil.example/a.png">'),
        ("markup that is not escaped", "{{ body | safe }}"),
        ("an attribute without quotes around a value", "<a title={{ id }}>"),
        ("a path with an ID that can leave it, unlike that of event_path", '<a href="/events/{{ id | urlencode }}">'),
    ],
)
def test_the_search_finds_what_is_forbidden(what: str, text: str) -> None:
    """Otherwise it would show nothing."""
    assert re.search(FORBIDDEN[what], text, re.IGNORECASE)


def test_f86_every_posted_form_has_the_csrf_field() -> None:
    """A form without it is rejected, which its page would only find out when it is used."""
    forms = [
        (path.name, form)
        for path in TEMPLATES
        for form in re.findall(r"<form.*?</form>", path.read_text("utf-8"), re.DOTALL)
        if 'method="post"' in form.partition(">")[0]
    ]
    assert [name for name, form in forms if "csrf_field()" not in form] == []
    pages = "".join(path.read_text("utf-8") for path in TEMPLATES)
    assert set(re.findall(r"<form[^>]*method=\"(\w+)\"", pages)) <= {"get", "post"}


def test_f84_htmx_keeps_nothing_and_evaluates_nothing() -> None:
    """Its settings: no eval, no styles of its own, requests to the console only, and no copy of a page."""
    [config] = re.findall(
        r"name=\"htmx-config\" content='([^']*)'", (TEMPLATES[0].parent / "base.html").read_text("utf-8")
    )
    switched_off = ("allowEval", "allowScriptTags", "includeIndicatorStyles")
    expected = dict.fromkeys(switched_off, False) | {"selfRequestsOnly": True, "historyCacheSize": 0}
    assert json.loads(config).items() >= expected.items()
    assert 'hx-history="false"' in (TEMPLATES[0].parent / "base.html").read_text("utf-8")


def test_the_vendored_htmx_is_the_published_file() -> None:
    """Byte for byte, with its license beside it."""
    assert sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() == HTMX_2_0_11
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE").read_text("utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_our_own_script_keeps_nothing_and_evaluates_nothing(path: Path) -> None:
    """It writes no markup, stores nothing, and asks no other host."""
    forbidden = r"\beval\b|new Function|innerHTML|outerHTML|document\.write|Storage\b(?!\.clear\(\))|\bcookie\b|https?:"
    assert re.findall(forbidden, path.read_text("utf-8")) == []


def test_f84_every_template_is_read_by_the_console() -> None:
    """The search above looks at the folder that pages are made from, with its parts."""
    assert {"base.html", "macros.html", "problem.html"} <= {path.name for path in TEMPLATES}
