"""The commands `routes check` and `routes explain`: flags and printing, no checking or explaining."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from processor.route_checks import load
from scripts.deploy.check import ROUTES, problems
from scripts.errors import ConfigurationError
from scripts.operate.explain import as_data, explain_file
from scripts.options import Output, OutputOption, StageName

routes_app = typer.Typer(help="Check the routes, and explain what they do with an event.", no_args_is_help=True)


RoutesOption = Annotated[Path, typer.Option("--routes", help="The routes file.", dir_okay=False)]


@routes_app.command()
def check(routes: RoutesOption = ROUTES, output: OutputOption = Output.text) -> None:
    """Checks the routes: file, line, route and reason for everything that is wrong. Exits 2 if anything is."""
    found = problems(routes)
    if output is Output.json:
        _print_json({"file": str(routes), "problems": [vars(problem) for problem in found]})
    else:
        for problem in found:
            typer.echo(f"{routes}: {problem}")
    if found:
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        raise ConfigurationError(f"{routes} has {count}; it cannot be deployed.")
    if output is Output.text:
        typer.echo(f"{routes}: {len(load(routes).routes)} routes, no problems")


@routes_app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A file with the body of one event.")],
    stage: Annotated[StageName, typer.Option(help="The stage whose variables the routes use.")] = StageName.dev,
    profile: Annotated[str, typer.Option(help="The profile that the event would come by.")] = "alma",
    routes: RoutesOption = ROUTES,
    output: OutputOption = Output.text,
) -> None:
    """Explains an event: which routes fire, why the others do not, and what each target would get. Sends nothing.

    Exits 1 if the event would become a dead letter.

    Example: alma-webhooks routes explain tests/events/job-end-pod.json --stage prod
    """
    if found := problems(routes):
        raise ConfigurationError(f"{routes}: {found[0]}")
    explanation = as_data(explain_file(file, load(routes), stage=stage.value, profile=profile))
    if output is Output.json:
        _print_json(explanation)
    else:
        _print_text(explanation)
    if explanation["failure"]:
        raise typer.Exit(1)


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _print_text(explanation: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if explanation["action"] is not None:
        console.print(f"event    {escape(' '.join(filter(None, (explanation['action'], explanation['event']))))}")
    for route in explanation["routes"]:
        verdict = "fires" if route["fires"] else f"no, {escape(route['reason'])}"
        console.print(f"route    {route['route']}: {verdict}")
    for delivery in explanation["deliveries"]:
        console.print(f"deliver  {delivery['target']} by route {delivery['route']}")
        for name in ("message", "attributes", "execution_name", "input"):
            if name in delivery:
                console.print(f"         {name}: {escape(_shown(delivery[name]))}")
    if failure := explanation["failure"]:
        where = ", ".join(filter(None, (failure["route"] and f"route {failure['route']}", failure["field"])))
        console.print(f"dead     {failure['class']}: {escape(failure['reason'])}" + (f" ({where})" if where else ""))
    elif not explanation["deliveries"]:
        console.print("ignored  no route wants this event")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
