"""An overflow bucket in memory; `tests/processor/test_overflow_bucket.py` runs the real one's contract against it."""

from ingest.envelope import EnvelopeError, Pointer, pointer_to
from processor.errors import Permanent
from processor.overflow_bucket import OverflowBucket


class FakeOverflowBucket(OverflowBucket):
    """Keeps bodies by key. Each of the `errors` is raised once, one for each read."""

    def __init__(self, name: str = "bucket", *errors: Exception) -> None:
        self.name = name
        self.errors = list(errors)
        self.bodies: dict[str, bytes] = {}

    def read(self, pointer: Pointer) -> bytes:
        if self.errors:
            raise self.errors.pop(0)
        if pointer.bucket != self.name:
            raise EnvelopeError("The message's pointer names a bucket other than the stack's overflow bucket.")
        if pointer.key not in self.bodies:
            raise Permanent("envelope", "the body could not be read from the overflow bucket: AWS returned NoSuchKey")
        return self.bodies[pointer.key][: pointer.bytes + 1]

    def put(self, body: bytes) -> Pointer:
        pointer = pointer_to(body, self.name)
        self.bodies[pointer.key] = body
        return pointer
