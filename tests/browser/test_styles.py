"""Every state that a badge can have, and every kind of button, has enough contrast in both themes."""

import re

from playwright.sync_api import Page, expect

from scripts.console.page import STATIC
from tests.browser.accessibility import faults

_SHOW = """(classes) => {
  const main = document.querySelector("main");
  for (const parent of [main, main.appendChild(document.createElement("div"))]) {
    if (parent !== main) parent.className = "panel";
    for (const name of classes) {
      const element = parent.appendChild(document.createElement(name.startsWith("badge") ? "span" : "button"));
      element.className = name.startsWith("badge") ? `badge ${name}` : name;
      element.textContent = `State ${name}`;
    }
  }
}"""


def test_every_badge_and_button_has_contrast(page: Page) -> None:
    """Also those whose state no stack of the tests has, on the page and in a panel, and a button under the pointer."""
    badges = sorted({*re.findall(r"\.(badge-[\w-]+)", (STATIC / "console.css").read_text("utf-8"))})
    assert len(badges) > 5
    page.goto("/plans")
    page.evaluate(_SHOW, [*badges, "", "quiet", "danger"])
    expect(page.get_by_text("State badge-dead")).to_have_count(2)
    for button in page.locator("main button").all():
        button.hover()
        button.focus()
    assert faults(page) == []
