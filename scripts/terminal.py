"""Text from outside, made harmless for a terminal. Prints nothing, escapes no markup."""


def harmless(text: str) -> str:
    """The text on one line, every character that is not printable as its escape: an event moves no cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
