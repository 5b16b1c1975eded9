"""The stacks of a deployment as parts: their names, templates and values."""

from pathlib import Path

from scripts.aws import mark
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART, further
from tests.further_part import PART, write_part
from tests.scripts.deploy.projects import project_in


def test_a_further_part_has_the_name_of_its_project_and_what_is_added(tmp_path: Path) -> None:
    """The parts of the product are loaded as they are."""
    write_part(tmp_path)
    project = project_in(tmp_path, parts={"shelf": PART})
    [part] = further(project)
    assert (part.suffix, part.mark, part.is_further) == ("-shelf", "shelf", True)
    assert mark.is_further(part.load())
    assert "ReturnsQueueAgeAlarm" in part.load()["Resources"]
    assert not PIPELINE_PART.is_further
    assert mark.part_of_template(OBSERVABILITY_PART.load()) == "observability"


def test_a_further_part_gets_values_of_the_pipeline_and_the_key_of_its_zip(tmp_path: Path) -> None:
    """Defaults of the pipeline, chosen values, then outputs; other parts get only what is chosen for them."""
    write_part(tmp_path)
    [part] = further(project_in(tmp_path, parts={"shelf": PART}))
    values = part._replace(code_key="shelf/1.zip").chosen({"Runtime": "python3.14"}, {"TopicArnPrefix": "arn"})
    assert {values[name] for name in ("Runtime", "TopicArnPrefix", "CodeKey")} == {"python3.14", "arn", "shelf/1.zip"}
    assert values["Architecture"] == "arm64"
    assert OBSERVABILITY_PART.chosen({"a": "1"}, {"b": "2"}) == {"a": "1", "b": "2"}
