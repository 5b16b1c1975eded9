"""The list of events: its selection, and what is visible."""

from scripts.watch.event_list import EventList
from tests.scripts.watch.events import event_of


def list_of(count: int, most: int = 1000) -> EventList:
    events = EventList(most)
    events.add(event_of(number) for number in range(count))
    return events


def shown(events: EventList, rows: int) -> list[str]:
    return [f"{'>' if is_selected else ''}{event.receipt_id}" for event, is_selected in events.visible(rows)]


def test_without_events_none_is_selected() -> None:
    """Keys change nothing."""
    events = list_of(0)
    events.move(-1)
    assert (events.selected, shown(events, 3)) == (None, [])


def test_the_newest_event_is_selected_and_followed() -> None:
    """Until another one is selected."""
    events = list_of(5)
    assert shown(events, 3) == ["r2", "r3", ">r4"]
    events.add([event_of(5)])
    assert shown(events, 3) == ["r3", "r4", ">r5"]


def test_a_selected_event_stays_selected_and_visible() -> None:
    """New events do not move it."""
    events = list_of(5)
    shown(events, 3)
    events.move(-1)
    events.add([event_of(5), event_of(6)])
    assert shown(events, 3) == ["r2", ">r3", "r4"]
    events.move(1)
    assert shown(events, 3) == ["r2", "r3", ">r4"]
    events.move(1)
    assert shown(events, 3) == ["r3", "r4", ">r5"]
    events.move(1_000_000)
    assert shown(events, 3) == ["r4", "r5", ">r6"]


def test_the_selection_stops_at_both_ends() -> None:
    """The list scrolls with it."""
    events = list_of(5)
    events.move(-1_000_000)
    events.move(-1)
    assert shown(events, 2) == [">r0", "r1"]
    events.move(10)
    assert shown(events, 2) == ["r3", ">r4"]


def test_old_events_are_forgotten() -> None:
    """Their number is limited; a selected one stays selected until it is forgotten itself."""
    events = list_of(5, most=5)
    events.move(-2)
    events.add([event_of(5), event_of(6)])
    assert shown(events, 5) == [">r2", "r3", "r4", "r5", "r6"]
    events.add([event_of(7)])
    assert shown(events, 5) == [">r3", "r4", "r5", "r6", "r7"]
    assert events.count == 8
