"""Define the commands of `routes`: their flags and their output."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.alma_client.samples import body_of, load_with_shipped
from scripts.aws import part_files
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output, OutputOption, ProjectOption, StageName
from scripts.cli.output import notices, print_result
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.project import folder_contents
from scripts.project import schema as project_schema
from scripts.project.used import used_project
from scripts.routes import add_command, state_machine_files
from scripts.routes import schema as route_schema
from scripts.routes.check_report import check_report, summary_line
from scripts.routes.checked_routes import check_deployable, check_file
from scripts.routes.explain import explain as explain_at
from scripts.routes.explain import received_now
from scripts.routes.explain_report import full_data, lines, lines_of_all
from scripts.routes.notification_topics import target_names
from scripts.routes.topic_limit import USUAL, limits_of

EventsArgument = Annotated[
    list[str],
    typer.Argument(metavar="FILE|SAMPLE", help="Files with an event, - for standard input, or names of samples."),
]
FolderArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FOLDER", help="The folder; default: the project's.", file_okay=False),
]

ProjectRoutesOption = Annotated[
    Path | None, typer.Option("--routes", help="The routes file; default: the project's.", dir_okay=False)
]

StrictOption = Annotated[bool, typer.Option("--strict", help="Exit 2 for warnings too.")]


class SchemaName(StrEnum):
    """The formats that have a schema."""

    routes = "routes"
    project = "project"


routes_app = typer.Typer(help="Check routes and explain what they do with an event.", no_args_is_help=True)
routes_app.command("add")(add_command.add)


@routes_app.command()
def check(
    routes: ProjectRoutesOption = None,
    strict: StrictOption = False,  # noqa: FBT002 -- a flag
    project: ProjectOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Check a routes file. Print each problem with file, line and route, or the permissions that the routes need.

    Warns of members and values that no known event has; `alma-webhooks events` lists the known ones. A comment on the
    line, "# alma-webhooks: ignore", silences a warning. Checks the state machines and further parts too, and the files
    of its project folder for secrets and for names that not every computer can have. Exits 2 if there is a problem.

    Example: alma-webhooks routes check --routes examples/complete/routes.yaml
    """
    routes = routes or used_project(project).routes
    checked = check_file(routes)
    files = [*folder_contents.problems_beside(routes), *part_files.problems_beside(routes)]
    if checked.compiled:
        files += state_machine_files.problems(routes.parent, checked.compiled.file)
    data, lines = check_report(routes, checked, files)
    print_result(output, data, map(escape, lines))
    if count := len(checked.problems) + len(files):
        raise ConfigurationError(f"{routes} has {plural(count, 'problem')}; it cannot be deployed.")
    if strict and checked.warnings:
        raise ConfigurationError(
            f"{routes} has {plural(len(checked.warnings), 'warning')}, which --strict does not allow."
        )
    if output is Output.text:
        print_result(output, {}, [summary_line(routes, checked)])


@routes_app.command()
def explain(
    events: EventsArgument,
    stage: Annotated[StageName, typer.Option(help="The stage whose variables the routes use.")] = StageName.dev,
    profile: Annotated[str, typer.Option("--alma-profile", help="The Alma profile of the events.")] = "alma",
    routes: ProjectRoutesOption = None,
    project: ProjectOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Explain which routes match events, why the others do not, and what each target would receive. Sends nothing.

    For each condition that failed it shows the value in the event. Exits 1 if an event would become a dead letter.

    Example: alma-webhooks routes explain job-end-pod --stage prod
    """
    if events.count("-") > 1:
        raise ConfigurationError("Standard input (-) can be read only once; name it once.")
    used = used_project(project)
    compiled = check_deployable(file := routes or used.routes)
    bodies, targets = [(name, body_of(name, used.samples)) for name in events], target_names(file, compiled)
    limit = limits_of(used.file).get(stage.value, USUAL)
    explanations = []
    for name, body in bodies:
        explained = explain_at(received_now(body, profile), compiled, targets, stage=stage.value, topic_limit=limit)
        explanations.append(full_data(name, explained, compiled, stage.value))
    if len(explanations) == 1:
        print_result(output, explanations[0], lines(explanations[0]))
    else:
        print_result(output, {"events": explanations}, lines_of_all(explanations))
    if any(explanation["failure"] for explanation in explanations):
        raise typer.Exit(1)


@routes_app.command("test")
def compare(
    folder: FolderArgument = None,
    stage: Annotated[StageName, typer.Option(help="The stage of the events that name none.")] = StageName.dev,
    project: ProjectOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Compare what routes do with a folder's sample events with the expected deliveries. Calls no AWS.

    The folder has routes.yaml, events/index.yaml and the event files. Exits 0 if all events are as expected, 1 if some
    differ, 2 if the folder has mistakes.

    Example: alma-webhooks routes test my-library
    """
    from scripts.routes import expected

    where = folder or used_project(project).folder
    read = expected.read_folder(where / "routes.yaml", where / "events")
    notices(read.warnings)
    found = list(expected.verdicts(read, stage.value))
    data = expected.as_json(where, stage.value, found)
    print_result(output, data, map(escape, expected.lines(found)))
    if data["differ"]:
        raise typer.Exit(1)


@routes_app.command()
def schema(
    file: Annotated[
        SchemaName, typer.Argument(metavar="FORMAT", help="The file that the schema is for: routes or project.")
    ] = SchemaName.routes,
) -> None:
    """Print the JSON Schema for editors: of a routes file, or of alma-webhooks.yaml with `project`.

    The schemas are also in processor/routes.schema.json and scripts/project/project.schema.json.

    Example: alma-webhooks routes schema project
    """
    text = route_schema.text() if file is SchemaName.routes else project_schema.text()
    typer.echo(text, nl=False)


@routes_app.command("samples")
def list_samples(project: ProjectOption = None, output: OutputOption = Output.text) -> None:
    """List the sample events of the project, then the shipped ones. Pass their names to `send` and `routes explain`.

    Example: alma-webhooks routes samples --output json
    """
    samples = load_with_shipped(used_project(project).samples)
    names = [{"sample": sample.name, "event": sample.event} for sample in samples]
    width = max(len(each["sample"]) for each in names)
    print_result(output, {"samples": names}, (f"{each['sample']:<{width}}  {each['event']}" for each in names))
