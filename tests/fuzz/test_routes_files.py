"""The check reports problems in a routes file with any content, or the file can be used."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given

from processor.alma.events import parse
from processor.errors import Permanent
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError
from processor.routing.router import Router
from scripts.cli.exit_codes import ConfigurationError
from scripts.project.mistakes import text_of
from scripts.routes.check import ROUTES, compile_checked
from scripts.routes.checked_routes import check_file
from tests.fuzz.routes_files import texts
from tests.samples import STAGES, body_of, envelope_of

TEXTS = texts(ROUTES.read_text("utf-8"))
YAML_ENDS_LINES_WITH = "\n\r\x85\u2028\u2029"
SAMPLES = [envelope_of(body_of(name)) for name in ("loan-created", "job-end-pod", "job-end-timdex-daily")]
EVENTS = [(parse(envelope.body), envelope) for envelope in SAMPLES]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("routes") / "routes.yaml"


@example(text='a: "\\UFFFFFFFF"')
@example(text='a: "\\ud800"')
@example(text='a: !!int ""')
@example(text="a: !!timestamp x")
@example(text=f"{STAGES}routes: [{{name: r, when: {'{a: ' * 400}[x]{'}' * 400}, deliver: [{{topic: other}}]}}]")
@example(text=f"{STAGES}routes: [{{name: r, if: 9 ** (9 ** (9 ** 9)), deliver: [{{topic: other}}]}}]")
@given(text=TEXTS)
def test_f35_any_routes_file_can_be_checked(file: Path, text: str) -> None:
    """The check reports each problem with line and reason, and every stage can use a file without problems."""
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        routes = compile_checked(text_of(file))
    except ConfigurationError as error:
        assert str(error).endswith("it is not UTF-8.")
    except InvalidRoutesError as error:
        for problem in error.problems:
            assert problem.reason
            assert 0 <= problem.line <= sum(map(text.count, YAML_ENDS_LINES_WITH)) + 1
            assert str(problem).encode()
    else:
        use(routes)
        checked = check_file(file)
        assert checked.compiled
        assert all(str(found).encode() for found in (*checked.problems, *checked.warnings))


def use(routes: CompiledRoutes) -> None:
    for stage in ("dev", "stg", "prod"):
        router = Router(routes, stage)
        for event, envelope in EVENTS:
            try:
                plan = router.plan(event, envelope)
            except Permanent as failure:
                assert failure.cause_class == "template"
                assert json.dumps(failure.members)
            else:
                assert len(plan.decisions) == len(routes.routes)
