"""Find dead letters by ID, in a scan that ends as soon as all are found."""

from collections.abc import Collection, Iterator

from scripts.dead_letters.dead_letter import CRASHED
from scripts.dead_letters.reader import ReadDeadLetter, Reader
from scripts.dead_letters.scan import Scan


def find_dead_letters(scan: Scan, reader: Reader, ids: Collection[str]) -> Iterator[ReadDeadLetter]:
    """Yield the dead letters with these IDs, each once, as they are found. Raise botocore's errors.

    Of copies, yield the one with a cause; for one without a cause the scan continues to its end.
    """
    wanted = set(ids)
    crashed: dict[str, ReadDeadLetter] = {}
    for dead_letter in scan.dead_letters():
        if not wanted & {dead_letter.id, dead_letter.message_id}:
            continue
        if dead_letter.cause.category == CRASHED:
            crashed.setdefault(dead_letter.copy_key, reader.read(dead_letter))
            continue
        crashed.pop(dead_letter.copy_key, None)
        wanted -= {dead_letter.id, dead_letter.message_id}
        yield reader.read(dead_letter)
        if not wanted:
            return
    yield from crashed.values()
