"""The page of dead letters: the filters as a form, a table of what matches, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.times import time_of
from scripts.console.form_numbers import number_of
from scripts.console.page import console_of, render, see_other
from scripts.console.posting import posted, text_in
from scripts.console.readings.dead_letter_filters import (
    CODES,
    OF_NOTIFICATIONS,
    TIMES,
    address,
    carried,
    filters_in,
    keep_condition,
    queue_in,
)
from scripts.console.readings.dead_letter_snapshot import dead_letters, is_outdated, mark_changed
from scripts.console.snapshot import Snapshot
from scripts.dead_letters.filters import CAUSES, Filters, Selection
from scripts.dead_letters.find import Listing
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.reader import Summary
from scripts.dead_letters.reports import cells

ROWS: Final = 50
"""How many dead letters a page of the table has."""


class TablePage(NamedTuple):
    """A page of the table: its rows, its number from 1, how many pages there are, and how many dead letters match."""

    rows: Sequence[Summary]
    number: int
    pages: int
    matching: int

    @classmethod
    def of(cls, found: Sequence[Summary], wanted: str) -> "TablePage":
        """Return the wanted page, or the nearest that there is."""
        pages = max(1, -(-len(found) // ROWS))
        number = min(max(1, number_of(wanted) or 1), pages)
        return cls(found[(number - 1) * ROWS : number * ROWS], number, pages, len(found))


def matching(listing: Listing, filters: Filters, now: datetime) -> list[Summary]:
    """Return the dead letters of a snapshot that match. Its scan has applied the condition on the event."""
    selection = Selection(replace(filters, where=""), now)
    return [summary for summary in listing.dead_letters if selection.matches_summary(summary)]


async def show(request: Request) -> Response:
    """Show the dead letters that match."""
    console, fields = console_of(request), request.query_params
    try:
        queue, filters = queue_in(fields), filters_in(console, fields, console.clock())
    except ConfigurationError as error:
        values = _values(fields, QueueName.webhooks, Filters())
        return render(request, "dead_letters.html", HTTPStatus.BAD_REQUEST, **values, problem=str(error), snapshot=None)
    snapshot = dead_letters(console, queue, filters.where)
    if is_changed := is_outdated(console, snapshot, queue, filters.where):
        snapshot = snapshot._replace(value=None, taken_at=None)
    found = matching(snapshot.value, filters, console.clock()) if snapshot.value else []
    table = TablePage.of(found, fields.get("page", "1"))
    return render(
        request,
        "dead_letters.html",
        **_values(fields, queue, filters),
        problem="",
        snapshot=snapshot,
        is_changed=is_changed,
        table=table,
        first_row=(table.number - 1) * ROWS + 1,
        is_newer=False,
        age_address=_age_address(fields, _taken(snapshot)),
    )


def _values(fields: QueryParams, queue: QueueName, filters: Filters) -> dict[str, Any]:
    is_of_notifications = queue == QueueName.notifications
    fields_shown = {name: each for name, each in CODES.items() if name in OF_NOTIFICATIONS or not is_of_notifications}
    return {
        "queue": queue,
        "is_of_notifications": is_of_notifications,
        "carried": carried(fields),
        "fields": [(name, label, ", ".join(getattr(filters, codes))) for name, (codes, label) in fields_shown.items()],
        "times": [(name, getattr(filters, name)) for name in TIMES],
        "where": filters.where,
        "causes": CAUSES,
        "address": lambda **more: address(carried(fields), **more),
        "cells": cells,
    }


def _age_address(fields: QueryParams, taken: str) -> str:
    """Return where a page learns how old its list is, which was read at the time `taken`."""
    return address([*carried(fields), ("taken", taken)]).replace("?", "/age?", 1)


async def age(request: Request) -> Response:
    """Show how old the list is. Load the whole page again once there is a first list."""
    console, fields = console_of(request), request.query_params
    queue, filters = queue_in(fields), filters_in(console, fields, console.clock())
    snapshot = dead_letters(console, queue, filters.where, reads_again=False)
    taken = fields.get("taken", "")
    if not taken and snapshot.value is not None and not is_outdated(console, snapshot, queue, filters.where):
        return Response(headers={"HX-Refresh": "true"})
    is_newer, again = bool(taken) and _taken(snapshot) != taken, _age_address(fields, taken)
    return render(request, "dead_letters_age.html", snapshot=snapshot, is_newer=is_newer, age_address=again)


def _taken(snapshot: Snapshot[Listing]) -> str:
    return time_of(snapshot.taken_at) if snapshot.taken_at else ""


@posted
async def set_condition(request: Request, form: FormData) -> Response:
    """Keep the typed condition on the server, and show the dead letters that meet it."""
    console, where = console_of(request), text_in(form, "where").strip()
    fields = [(name, value) for name, value in carried(form) if name != "condition"]
    if not where:
        return see_other(address(fields))
    Selection(Filters(where=where), console.clock())  # raises for what is not a condition
    return see_other(address(fields, condition=keep_condition(console, where)))


@posted
async def read_again(request: Request, form: FormData) -> Response:
    """Read the dead letters again, however old the list is."""
    mark_changed(console_of(request), queue_in(form))
    return see_other(address(carried(form)))


ROUTES: Final = [
    Route("/dead-letters", show),
    Route("/dead-letters/age", age),
    Route("/dead-letters/condition", set_condition, methods=["POST"]),
    Route("/dead-letters/read", read_again, methods=["POST"]),
]
