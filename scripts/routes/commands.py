"""Define the commands `routes check`, `explain`, `schema` and `samples`: their flags and their output."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from processor.routing.models import InvalidRoutesError, Problem
from scripts.alma_client.samples import body_of, load_all
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import Output, OutputOption, RoutesOption, StageName
from scripts.cli.plural import plural
from scripts.cli.terminal import escape, json_text
from scripts.routes import schema as route_schema
from scripts.routes.check import ROUTES, compile_checked, target_names, text_of
from scripts.routes.explain import as_data, explain_body
from scripts.routes.permissions import Permission, permissions

routes_app = typer.Typer(help="Check routes and explain what they do with an event.", no_args_is_help=True)


@routes_app.command()
def check(routes: RoutesOption = ROUTES, output: OutputOption = Output.text) -> None:
    """Check a routes file. Print each problem with file, line and route, or the permissions that the routes need.

    Exits 2 if there is a problem.
    """
    text, found, needed, count = text_of(routes), list[Problem](), list[Permission](), 0
    try:
        compiled = compile_checked(text)
        needed, count = permissions(compiled), len(compiled.routes)
    except InvalidRoutesError as error:
        found = error.problems
    if output is Output.json:
        needs = [permission._asdict() for permission in needed]
        _print_json({"file": str(routes), "problems": [vars(problem) for problem in found], "permissions": needs})
    else:
        for problem in found:
            typer.echo(f"{routes}: {problem}")
    if found:
        raise ConfigurationError(f"{routes} has {plural(len(found), 'problem')}; it cannot be deployed.")
    if output is Output.text:
        for permission in needed:
            typer.echo(f"{routes}: {permission}")
        typer.echo(f"{routes}: {plural(count, 'route')}, no problems")


@routes_app.command()
def explain(
    event: Annotated[str, typer.Argument(metavar="FILE|SAMPLE", help="A file with an event, or the name of a sample.")],
    stage: Annotated[StageName, typer.Option(help="The stage whose variables the routes use.")] = StageName.dev,
    profile: Annotated[str, typer.Option("--alma-profile", help="The Alma profile of the event.")] = "alma",
    routes: RoutesOption = ROUTES,
    output: OutputOption = Output.text,
) -> None:
    """Explain which routes match an event, why the others do not, and what each target would receive. Sends nothing.

    Exits 1 if the event would become a dead letter.

    Example: alma-webhooks routes explain job-end-pod --stage prod
    """
    try:
        compiled = compile_checked(text_of(routes))
    except InvalidRoutesError as error:
        raise ConfigurationError(f"{routes}: {error.problems[0]}") from None
    explained = explain_body(body_of(event), compiled, target_names(), stage=stage.value, profile=profile)
    explanation = as_data(explained)
    if output is Output.json:
        _print_json(explanation)
    else:
        _print_text(explanation)
    if explanation["failure"]:
        raise typer.Exit(1)


@routes_app.command()
def schema() -> None:
    """Print the JSON Schema of a routes file for editors; it is also in processor/routes.schema.json."""
    typer.echo(route_schema.text(), nl=False)


@routes_app.command("samples")
def list_samples(output: OutputOption = Output.text) -> None:
    """List the sample events. Pass their names to `send` and `routes explain`."""
    names = [{"sample": sample.name, "event": sample.event} for sample in load_all()]
    if output is Output.json:
        _print_json({"samples": names})
    else:
        width = max(len(each["sample"]) for each in names)
        typer.echo("\n".join(f"{each['sample']:<{width}}  {each['event']}" for each in names))


def _print_json(data: Any) -> None:
    typer.echo(json_text(data))


_CONTENT = ("message", "attributes", "execution_name", "input", "source", "detail_type", "detail", "payload")


def _print_text(explanation: dict[str, Any]) -> None:
    for line in _lines(explanation):
        typer.echo(escape(line))


def _lines(explanation: dict[str, Any]) -> Iterator[str]:
    if explanation["action"] is not None:
        yield f"event    {' '.join(filter(None, (explanation['action'], explanation['event'])))}"
    for route in explanation["routes"]:
        verdict = "fires" if route["fires"] else f"no, {route['reason']}"
        yield f"route    {route['route']}: {verdict}"
    for delivery in explanation["deliveries"]:
        yield f"deliver  {delivery['target']} by route {delivery['route']}"
        for name in _CONTENT:
            if name in delivery:
                yield f"         {name}: {_shown(delivery[name])}"
    if failure := explanation["failure"]:
        where = [f"route {failure['route']}", *filter(None, [failure.get("field")])] if "route" in failure else []
        yield f"dead     {failure['class']}: {failure['reason']}" + (f" ({', '.join(where)})" if where else "")
    elif not explanation["deliveries"]:
        yield "ignored  no route matches this event"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
