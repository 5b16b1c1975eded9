"""The counters of a job, such as the number of its new records.

Alma writes their values as text, and leaves out or empties those that do not apply. A value of another form, such as
`6,342`, is an error: read as zero, it would fire a route that waits for zero.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from processor.routing.template_values import Missing

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")


class UnreadableCounterError(ValueError):
    """The value of a counter is not a number; the text is the counter's type, as the template names it."""


def counted(job_instance: Any, *types: str) -> int | float:
    """Return the sum of a job's counters of these types; those that are missing or empty count as zero.

    Raise UnreadableCounterError for a value that is not a number.
    """
    return sum(_numbers(job_instance, types))


def counter_of(job_instance: Any, type_: str) -> int | float | None:
    """Return the number of a job's counter of this type, the sum of several, or None without one.

    Raise UnreadableCounterError for a value that is not a number.
    """
    numbers = list(_numbers(job_instance, (type_,)))
    return sum(numbers) if numbers else None


@pass_context
def counter(context: Context, type_: str) -> Any:
    """Return the same for the job of the event, as templates call it; a missing value without a counter."""
    number = counter_of(context.resolve("job_instance"), type_)
    return Missing(name="counter") if number is None else number


def _numbers(job_instance: Any, types: Collection[str]) -> Iterator[int | float]:
    counters = job_instance.get("counter") if isinstance(job_instance, Mapping) else None
    for each in counters if isinstance(counters, list) else []:
        kind = each.get("type") if isinstance(each, Mapping) else None
        if isinstance(kind, Mapping) and kind.get("value") in types:
            yield from _number(each.get("value"), str(kind["value"]))


def _number(value: Any, type_: str) -> Iterator[int | float]:
    """Yield the number of a counter, or nothing if it is empty."""
    if value is None or (text := str(value).strip()) == "":
        return
    if isinstance(value, bool) or not _NUMBER.fullmatch(text):
        raise UnreadableCounterError(type_)
    number = float(text)
    yield int(text.partition(".")[0]) if number.is_integer() else number
