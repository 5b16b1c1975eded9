"""Why the files of an export cannot be used: a closed list of causes, and the error that names one."""

from typing import Literal

Cause = Literal["artifact-missing", "artifact-incomplete", "artifact-truncated", "artifact-refused"]
"""`artifact-missing` and `artifact-incomplete` may be cured by waiting; so may `artifact-truncated`, if a file is still
being written. `artifact-refused` is permanent: the file breaks a limit, or is not what this example reads."""


class ArtifactError(Exception):
    """The files of an export cannot be used. `cause` is for programs; the text is one sentence for people."""

    def __init__(self, cause: Cause, sentence: str) -> None:
        super().__init__(sentence)
        self.cause: Cause = cause


def truncated(sentence: str) -> ArtifactError:
    """Return the error for a file that ends before its end mark."""
    return ArtifactError("artifact-truncated", sentence)


def refused(sentence: str) -> ArtifactError:
    """Return the error for a file that breaks a limit or is not what this example reads."""
    return ArtifactError("artifact-refused", sentence)
