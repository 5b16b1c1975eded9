"""Turn the mistakes of a file of the project into sentences with line, field and the nearest known word."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from processor.routing import yaml_lines
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.project.models import FORMAT, ProjectFile

_SENTENCES: Final[dict[str, str]] = {
    "list_type": "expected a list, with a dash before each entry",
    "dict_type": "expected names with values",
    "model_type": "expected names with values",
    "int_type": "expected a whole number without quotes",
    "string_type": "expected text; put it in quotes",
    "too_short": "expected at least one entry",
}
_FORMS: Final = {
    "account": "must be the 12 digits of an AWS account, in quotes",
    "region": "must be an AWS region, such as eu-central-1",
    "name": "must have lower-case letters, digits and hyphens, a letter first",
    "alma_profiles": "must have lower-case letters, digits and hyphens",
    "runtime": "must be a Python runtime of Lambda, such as python3.13",
    "parts": "must have up to 31 lower-case letters, digits and hyphens, a letter first",
    "code": "must be the name of a Python package in lower-case letters, digits and underscores",
    "queue": "must be the logical id of a queue in the part's template: letters and digits",
    "dead_letters": "must be the logical id of a queue in the part's template: letters and digits",
    "ssm": "must be the name of an SSM parameter, such as /library/sentry-dsn",
}


def invalid(path: Path, mistakes: Iterable[str]) -> ConfigurationError:
    """Return the error for a file with these mistakes."""
    found = list(mistakes)
    return ConfigurationError(f"{path} has {plural(len(found), 'mistake')}. Nothing was changed.", found)


def text_of(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a file. Raise ConfigurationError if it cannot be read."""
    try:
        return path.read_text(encoding)
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {cause}.") from None


def read(path: Path) -> ProjectFile:
    """Read alma-webhooks.yaml. Raise ConfigurationError with every mistake."""
    text = text_of(path, "utf-8-sig")
    try:
        data, lines = yaml_lines.read(text)
    except yaml_lines.InvalidYamlError as error:
        raise invalid(path, (located(path, line, keys, reason) for keys, line, reason in error.mistakes)) from None
    written_for = data.get("schema") if isinstance(data, dict) else None
    if isinstance(written_for, int) and written_for > FORMAT:
        newer = f"it was written for a newer version of alma-webhooks (schema {written_for})"
        raise invalid(path, [f"{path}: {newer}; this one reads schema {FORMAT}"])
    try:
        return ProjectFile.model_validate(data)
    except ValidationError as error:
        known = _names()
        sentences = [_sentence(path, lines, detail, known) for detail in error.errors()]
        raise invalid(path, dict.fromkeys(sentences)) from None


def _sentence(path: Path, lines: yaml_lines.Lines, detail: ErrorDetails, known: set[str]) -> str:
    keys, line = lines.nearest(detail["loc"])
    return located(path, line, keys, _reason(detail, known))


def located(path: Path, line: int, keys: yaml_lines.YamlPath, reason: str) -> str:
    """Return the reason after the file, the line (0: unknown) and the field that it is about."""
    where = f"{path}:{line}: " if line else f"{path}: "
    field = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    return f"{where}{field}: {reason}" if field else f"{where}{reason}"


def _reason(detail: ErrorDetails, known: set[str]) -> str:
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key {last}{suggestion(last, known)}"
        case "missing":
            return f"{last} is missing"
        case "string_pattern_mismatch":
            names = [str(step) for step in detail["loc"] if step in _FORMS]
            return _FORMS[names[-1]] if names else detail["msg"]
        case "literal_error":
            expected = detail["ctx"]["expected"].replace("'", "")
            return f"must be {expected}{suggestion(str(detail['input']), expected.replace(' or ', ', ').split(', '))}"
        case "value_error":
            return str(detail["ctx"]["error"])
    return _SENTENCES.get(detail["type"], detail["msg"][:1].lower() + detail["msg"][1:])


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that proposes the nearest known word; empty if none is near."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _names() -> set[str]:
    """Return the keys that the file and its sections know."""
    schema = ProjectFile.model_json_schema(by_alias=True)
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}
