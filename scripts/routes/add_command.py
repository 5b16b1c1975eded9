"""The command `routes add`: adds a route to the project, with its topic and a sample event."""

from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from shutil import copymode
from typing import Annotated, NamedTuple

import typer

from processor.alma.events import parse
from processor.delivery import Delivery
from processor.routing.models import InvalidRoutesError
from processor.routing.patterns import Pattern
from scripts.alma_client.samples import Sample, load_all, read_samples
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.options import Output, OutputOption, ProjectOption
from scripts.cli.output import notices, print_result
from scripts.cli.terminal import escape
from scripts.project.folder import EXAMPLE, Project, needed
from scripts.project.yaml_text import scalar
from scripts.routes.check import compile_checked
from scripts.routes.checked_routes import check_deployable, check_file, warning_lines
from scripts.routes.route_text import NewRoute, with_route
from scripts.routes.sample_expectations import deliveries_of


class Addition(NamedTuple):
    """What is added: the new content of each file by its path, and the sample event, or else why none is added."""

    files: dict[Path, bytes]
    sample: str | None
    obstacle: str = ""


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the new route.")],
    action: Annotated[
        list[str] | None, typer.Option(help="Accept events with this action, such as LOAN; repeatable.")
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option(help="Accept events with this event.value, such as LOAN_LOST; repeatable.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="The topic that gets them; default: NAME.")] = None,
    project: ProjectOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Add a route to the project's routes.yaml, with its topic, and a sample event that it accepts.

    Comments and the other routes stay as they are. Exits 2, and changes nothing, if the route cannot be added.

    Example: alma-webhooks routes add overdue --event LOAN_LOST --event LOAN_DUE_DATE
    """
    if not action and not event:
        raise ConfigurationError("Pass --action or --event, so that the route does not match every event.")
    route = NewRoute(name, topic or name, action or (), event or ())
    used = needed(project)
    made = _addition(used, route)
    _write(made.files)
    notices(warning_lines(used.routes, [each for each in check_file(used.routes).warnings if each.route == name]))
    data = {"folder": str(used.folder), "route": name, "topic": route.topic, "sample": made.sample}
    flag = f" --project {quote(str(project))}" if project else ""
    print_result(output, data, map(escape, _lines(used, route, made, flag)))


def _lines(used: Project, route: NewRoute, made: Addition, flag: str) -> Iterator[str]:
    yield f"added the route {route.name}, which delivers to the topic {route.topic}, to {used.routes}"
    if made.sample:
        yield f"added the sample event {route.name}, a copy of {made.sample}, to {used.folder / 'events'}"
    else:
        yield f"added no sample event: {made.obstacle}"
    yield f"next: alma-webhooks routes test{flag}; then alma-webhooks deploy --dry-run{flag}"


def _addition(used: Project, route: NewRoute) -> Addition:
    """Return what the route adds. Raise ConfigurationError for files with mistakes, and for an invalid route."""
    check_deployable(used.routes)
    before = used.routes.read_bytes()
    text = with_route(before.decode(), route)
    try:
        compiled = compile_checked(text)
    except InvalidRoutesError as error:
        reasons = [f"{each.field}: {each.reason}" for each in error.problems]
        raise ConfigurationError("The route is not valid. Nothing was changed.", reasons) from None
    files = {used.routes: text.encode()}
    sample = _fitting(route)
    own = used.folder / "events"
    if sample is None:
        return Addition(files, None, "no shipped one has this action and event")
    deliveries = deliveries_of(sample, compiled)
    if not deliveries:
        return Addition(files, None, f"these routes fail on the shipped one, {sample.name}")
    if not _is_free(own, route.name):
        return Addition(files, None, f"{own} has one of this name, or files without an index.yaml")
    file = own / f"{route.name}.{sample.format}"
    index = own / "index.yaml"
    entries = index.read_bytes() if index.is_file() else b""
    entries += b"" if not entries or entries.endswith(b"\n") else b"\n"
    entry = _entry(route.name, file.name, sample, deliveries)
    return Addition({file: sample.body, index: entries + entry.encode(), **files}, sample.name)


def _fitting(route: NewRoute) -> Sample | None:
    """Return the first shipped sample event with an accepted action and an accepted event value."""
    pattern = Pattern(route.pattern)
    fitting = (each for each in load_all(EXAMPLE / "events") if not pattern.mismatch(parse(each.body).fields))
    return next((each for each in fitting if not each.profile), None)


def _is_free(folder: Path, name: str) -> bool:
    """Return whether the folder has no sample of this name. Raise ConfigurationError if it has mistakes."""
    if not (folder / "index.yaml").is_file():
        return not folder.is_dir()
    samples, problems = read_samples(folder)
    if problems:
        raise ConfigurationError(f"{folder} has mistakes. Nothing was changed.", problems)
    return name not in {each.name for each in samples} and not any(folder.glob(f"{name}.*"))


def _entry(name: str, file: str, sample: Sample, made: list[Delivery]) -> str:
    """Return the sample's entry in the index, which expects these deliveries."""
    deliveries = "".join(f'      - {{route: {scalar(one.route)}, target: "{one.target}"}}\n' for one in made)
    return (
        f"{scalar(name)}:\n  file: {scalar(file)}\n  provenance: A copy of the shipped sample event {sample.name}.\n"
        f"  expect:\n    outcome: delivered\n    deliveries:\n{deliveries}"
    )


def _write(files: dict[Path, bytes]) -> None:
    """Write the files, routes.yaml as the last one. A link stays, and its file is written. Raise FailedError."""
    for path, content in files.items():
        file = path.resolve()
        made = file.with_name(f".{file.name}.new")
        try:
            file.parent.mkdir(exist_ok=True)
            made.write_bytes(content)
            if file.exists():
                copymode(file, made)
            made.replace(file)
        except OSError as error:
            made.unlink(missing_ok=True)
            raise FailedError(f"{path} cannot be written: {error.strerror}. The route was not added.") from None
