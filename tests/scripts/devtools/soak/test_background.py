"""Work in the background: while entered and no longer."""

import threading

from scripts.devtools.soak.background import Background


class Waiting(Background):
    """Says that it works, and waits for its end."""

    def __init__(self) -> None:
        super().__init__()
        self.works = threading.Event()

    def work(self) -> None:
        self.works.set()
        self.ended.wait()


def test_it_works_while_entered_and_is_done_afterwards() -> None:
    """Whoever leaves the block waits for the thread's end."""
    with Waiting() as waiting:
        assert waiting.works.wait(10)
        assert not waiting.ended.is_set()
    assert waiting.ended.is_set()
    assert not [thread for thread in threading.enumerate() if thread is waiting._thread]
