"""Read the lines of text of a picture that Rich drew."""

import html
import re

_TEXT = re.compile(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*clip-path[^>]*>(.*?)</text>')


def lines_of(svg: str) -> list[str]:
    """Return the lines from the top, without empty ones and without the title."""
    lines: dict[float, str] = {}
    for _, y, text in sorted(_TEXT.findall(svg), key=lambda found: (float(found[1]), float(found[0]))):
        lines[float(y)] = lines.get(float(y), "") + html.unescape(text).replace("\xa0", " ")
    return [line.rstrip() for line in lines.values() if line.strip()]
