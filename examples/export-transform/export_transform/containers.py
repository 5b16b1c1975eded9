"""Read the XML files of an export out of their container: plain XML, gzip, zip, tar or tar.gz, as a stream."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from export_transform.limits import Limits


class Readable(Protocol):
    """A stream of bytes that is read once, from its beginning: a file, an S3 body, an SFTP file."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none only at the end."""


class Member(NamedTuple):
    """One XML file. `name` is a label, never a path: the member's in an archive, else that of the file itself."""

    name: str
    stream: Readable


def open_parts(stream: Readable, name: str, limits: Limits) -> Iterator[Member]:
    """Yield each XML file in a file of an export; its kind is known by its first bytes, not by its name.

    The stream of a member can be read until the next one is taken. What is left of it is then read and checked. Only
    who takes all members knows that the file is whole: the end marks come last. Nothing is extracted to a path, and
    memory does not grow with the size of the file.

    Raise ArtifactError: `artifact-truncated` if the file ends before its end mark (also if it is empty), and
    `artifact-refused` if it breaks a limit, is damaged, has bytes after its end mark, or contains another archive,
    a link or an encrypted member.
    """
    raise NotImplementedError
