"""Try the transform on files of an export: print what would be sent, and then what is rejected, with the totals.

    python try_transform.py BIB_7_1.xml.gz

Nothing is sent. The files can be in any container that the function reads.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import export_transform
from export_transform.causes import ArtifactError
from export_transform.limits import Limits
from export_transform.record_cutter import cut_file
from export_transform.records import Reject
from export_transform.rejects import reject_line
from export_transform.totals import Totals
from export_transform.transform import Transform, Transformed, load, transformed


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 1 if a file cannot be read to its end."""
    parser = ArgumentParser(description="Try the transform on files of an export. Nothing is sent.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--transform", default="my_transform.py", help="a file in export_transform [%(default)s]")
    given = parser.parse_args(arguments)
    totals = Totals()
    try:
        transform = load(Path(export_transform.__file__).with_name(given.transform))
        for each in _results(given.files, transform):
            totals = totals.plus(each)
            _show(each)
    except (ArtifactError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.write(", ".join(f"{count} {name}" for name, count in totals._asdict().items()) + "\n")
    return 0


def _results(files: Iterable[Path], transform: Transform) -> Iterator[Transformed | Reject]:
    for path in files:
        with path.open("rb") as stream:
            yield from transformed(cut_file(stream, path.name, Limits()), transform)


def _show(result: Transformed | Reject) -> None:
    if isinstance(result, Reject):
        sys.stderr.write(reject_line(result).decode())
    elif result.body is not None:
        sys.stdout.buffer.write(result.body + b"\n")


if __name__ == "__main__":
    sys.exit(main())
