"""The sample transforms, on sample records: replace both with yours, and keep the test."""

import io
import json
from pathlib import Path

import export_transform
import pytest
from export_transform.limits import Limits
from export_transform.record_cutter import cut_file
from export_transform.transform import Transformed, load, transformed

from tests.examples.export_transform.marc_samples import document

SAMPLE = b"""
<record>
  <leader>01142cam  2200301 a 4500</leader>
  <controlfield tag="001">990000000017141</controlfield>
  <datafield tag="020" ind1=" " ind2=" "><subfield code="a">9780000000002</subfield></datafield>
  <datafield tag="020" ind1=" " ind2=" "><subfield code="z">9780000000019</subfield></datafield>
  <datafield tag="100" ind1="1" ind2=" "><subfield code="a">Sample, Sam,</subfield></datafield>
  <datafield tag="245" ind1="1" ind2="0">
    <subfield code="a">Invented title :</subfield><subfield code="b">a part /</subfield>
  </datafield>
</record>
"""
DELETED = SAMPLE.replace(b"01142cam", b"01142dam")
ONLY_ID = b'<record><leader>00000nam  2200000 a 4500</leader><controlfield tag="001">7</controlfield></record>'


def results(name: str) -> list[object]:
    """Return what a transform of the package makes of the three samples."""
    transform = load(Path(export_transform.__file__).with_name(name))
    cuts = cut_file(io.BytesIO(document([SAMPLE, DELETED, ONLY_ID])), "a.xml", Limits())
    made = list(transformed(cuts, transform))
    return [json.loads(each.body or b"null") if isinstance(each, Transformed) else each for each in made]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "my_transform.py",
            [
                {
                    "id": "990000000017141",
                    "title": "Invented title : a part",
                    "creator": "Sample, Sam",
                    "identifiers": ["9780000000002"],
                },
                {"delete": {"id": "990000000017141"}},
                {"id": "7", "title": "", "creator": "", "identifiers": []},
            ],
        ),
        (
            "record.json.j2",
            [
                {"id": "990000000017141", "title": "Invented title : a part /", "status": "updated"},
                {"id": "990000000017141", "status": "deleted"},
                {"id": "7", "title": None, "status": "new"},
            ],
        ),
    ],
)
def test_the_samples_are_transformed(name: str, expected: list[object]) -> None:
    """A whole record, a deleted one, and one with nothing but its ID."""
    assert results(name) == expected
