"""Make the sample exports of a run: MARCXML with invented records."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

_BEGIN = '<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
_END = "</collection>\n"


def record(number: int, title: str, status: str = "n") -> str:
    """Return a record. Its status is n (new), c (changed) or d (deleted); a deleted one has no title."""
    field = (
        f'<datafield tag="245" ind1="1" ind2="0"><subfield code="a">{escape(title)}</subfield></datafield>'
        if status != "d"
        else ""
    )
    return (
        f"<record><leader>00000{status}am a2200000 a 4500</leader>"
        f'<controlfield tag="001">99{number:010}</controlfield>{field}</record>\n'
    )


def document(records: Iterable[str]) -> bytes:
    """Return a file of MARCXML."""
    return (_BEGIN + "".join(records) + _END).encode()


def bib_export() -> dict[str, bytes]:
    """Return the files of the bibliographic export by their names: two parts, and a record with a broken leader."""
    first = [record(number, f"Invented title {number}") for number in range(1, 5)]
    second = [record(number, f"Invented title {number}", "c") for number in range(5, 8)]
    second[1] = second[1].replace("<leader>00000", "<leader>")
    name = "BIBEXP_20260513"
    return {f"{name}_1.xml": document(first), f"{name}_2.xml.gz": gzip.compress(document(second))}


def catalog_export() -> dict[str, bytes]:
    """Return the file of the publishing job by its name: three new, three changed and one deleted record."""
    statuses = "nnncccd"
    records = [record(number, f"Catalog title {number}", each) for number, each in enumerate(statuses, 11)]
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for part, content in ((1, document(records[:4])), (2, document(records[4:]))):
            member = tarfile.TarInfo(f"catalog_{part}.xml")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return {"catalog_new.tar.gz": made.getvalue()}
