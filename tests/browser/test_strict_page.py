"""The browser tests notice what a page may not do: the tests would otherwise pass for any page."""

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import faults, overflow, violations
from tests.browser.served_page import POLICY, served
from tests.browser.strict_page import strict_context

_SCRIPT = "<script src=/s.js></script>"


@pytest.mark.parametrize(
    ("body", "script", "policy", "offence"),
    [
        ("<p style='color: red'>Text</p>", "", POLICY, "violation of the policy: style-src-attr"),
        ("<script>1</script>", "", POLICY, "violation of the policy: script-src-elem"),
        (_SCRIPT, "try { eval('1') } catch {}", POLICY, "violation of the policy: script-src eval"),
        (_SCRIPT, "console.error('wrong')", POLICY, "console error: wrong"),
        (_SCRIPT, "undefined_function()", POLICY, "script error: undefined_function is not defined"),
        (_SCRIPT, "new Image().src = 'http://a.invalid/'", "", "request to another host: http://a.invalid"),
    ],
)
def test_an_offence_fails_the_test(chromium: Browser, body: str, script: str, policy: str, offence: str) -> None:
    """A violation of the policy, an error of the page and a request to another host are each noticed."""

    def visit(url: str) -> None:
        with strict_context(chromium) as strict:
            strict.page().goto(url, wait_until="networkidle")

    with served(body, script, policy) as url, pytest.raises(AssertionError) as failed:
        visit(url)
    assert offence in str(failed.value)


def test_an_expected_offence_is_allowed(chromium: Browser) -> None:
    """A test may say what it provokes."""
    with served(_SCRIPT, "console.error('wrong')") as url, strict_context(chromium) as strict:
        strict.offences.allow("wrong")
        strict.page().goto(url)


def test_pages_without_scripts_run_none(chromium: Browser) -> None:
    """For axe without JavaScript, the scripts of a page are empty."""
    with served(_SCRIPT, "document.title = 'changed'") as url, strict_context(chromium) as strict:
        strict.without_scripts()
        page = strict.page()
        page.goto(url)
        assert page.title() == "Page"
        assert violations(page) == []


def test_axe_and_the_width_are_checked(chromium: Browser) -> None:
    """A control without a label, and a page that is wider than its window, are found."""
    table = f"<table><tr><td>{'x' * 400}</table><input>"
    with served(table) as url, strict_context(chromium, viewport={"width": 380, "height": 700}) as strict:
        page = strict.page()
        page.goto(url)
        assert [each for each in violations(page) if each.startswith("label:")]
        assert overflow(page) > 0


def test_a_colour_of_the_dark_theme_is_checked(chromium: Browser) -> None:
    """Text that can only be read in the light theme is found."""
    style = ("text/css", "@media (prefers-color-scheme: dark) { html { background: #000000; color: #222222; } }")
    with served("<link rel=stylesheet href=/dark.css>Text", other=style) as url, strict_context(chromium) as strict:
        page = strict.page()
        page.goto(url)
        found = faults(page)
        assert found
        assert [each for each in found if not each.startswith("dark: color-contrast:")] == []
