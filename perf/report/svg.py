"""The few elements of SVG that the charts are made of. Colours come from the page's style, by classes."""

import html
import math

FONT = 11  # px, as in style.css
GLYPH = 0.58  # of the font's size: an average letter's width


def element(name, content="", **attributes):
    """Attribute names: class_ stands for class, text_anchor for text-anchor."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{words}>{content}</{name}>" if content else f"<{name}{words}/>"


def attribute(value):
    return coordinate(value) if isinstance(value, float) else html.escape(str(value))


def coordinate(value):
    if not math.isfinite(value):
        raise ValueError(f"{value} is no place in a drawing")
    return f"{value:.1f}".removesuffix(".0")


def width_of(text, size=FONT):
    return len(text) * GLYPH * size


def fitting(text, width, size=FONT):
    """The text, or as much of it as the width holds."""
    if width_of(text, size) <= width:
        return text
    return text[: max(int(width / (GLYPH * size)) - 1, 0)] + "…"


def label(x, y, text, class_="label", anchor="start"):
    return element(
        "text",
        html.escape(text),
        x=float(x),
        y=float(y),
        class_=class_,
        text_anchor=anchor if anchor != "start" else None,
    )


def line(x1, y1, x2, y2, class_):
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=class_)


def polyline(points, class_):
    return element("polyline", points=" ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points), class_=class_)


def drawing(width, height, title, parts):
    """A whole figure; the title is what a screen reader says."""
    content = element("title", html.escape(title)) + "".join(parts)
    return element("svg", content, viewBox=f"0 0 {width} {height}", role="img", xmlns="http://www.w3.org/2000/svg")
