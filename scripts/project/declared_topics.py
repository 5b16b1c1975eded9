"""Read the topics of notifications that a project declares in notifications.yaml."""

from pathlib import Path

from notifications.topic_file import DeclaredTopic, InvalidTopicsError, read_topics
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.cli.terminal import escape


def declared_topics(path: Path) -> list[DeclaredTopic]:
    """Return the topics in their order. Raise ConfigurationError with every mistake, which quotes no secret."""
    try:
        return read_declared(path)
    except InvalidTopicsError as error:
        details = [escape(f"{path.name}: {problem}") for problem in error.problems]
        mistakes = plural(len(details), "mistake")
        raise ConfigurationError(f"{path} has {mistakes}, so nothing was changed.", details) from None


def read_declared(path: Path) -> list[DeclaredTopic]:
    """Return the topics in their order. Raise InvalidTopicsError, and ConfigurationError for a file without text."""
    from notifications.integrations.table import INTEGRATIONS  # only now, because help needs no SDK

    try:
        return read_topics(path.read_text("utf-8"), INTEGRATIONS)
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist. Create it with the topics of this project.") from None
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {cause}.") from None
