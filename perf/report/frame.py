"""What all charts with two axes share: the room for the curves, grid, ticks and the legend."""

from report import numbers, scale, svg

WIDTH, PLOT_HEIGHT = 400, 200
LEFT, RIGHT, ABOVE, BELOW = 46, 12, 8, 34
LEGEND_LINE = 16
SERIES = 6  # classes s0 to s5 of the style


def scale_of(values, log, start, end):
    return (scale.Log if log else scale.Linear)(*scale.around(values, log), start, end)


def places(xs, ys, x_log, y_log):
    """The two scales of a chart: x to the right, y upwards."""
    return (scale_of(xs, x_log, LEFT, WIDTH - RIGHT), scale_of(ys, y_log, ABOVE + PLOT_HEIGHT, ABOVE))


def grid(x, y, x_ticks, x_title, y_title, tick_text=numbers.short):
    """Lines and words of both axes. The words of x lie below the plot, where the titles stand too."""
    bottom = ABOVE + PLOT_HEIGHT
    parts = []
    for value in y.ticks():
        parts.append(svg.line(LEFT, y(value), WIDTH - RIGHT, y(value), "grid"))
        parts.append(svg.label(LEFT - 5, min(max(y(value) + 4, svg.FONT), bottom), numbers.short(value), "tick", "end"))
    free = LEFT - 1
    for value in x_ticks:
        text = tick_text(value)
        half = svg.width_of(text) / 2
        middle = min(max(x(value), half), WIDTH - half)
        if middle - half > free:
            parts.append(svg.label(middle, bottom + 14, text, "tick", "middle"))
            free = middle + half + 4
        parts.append(svg.line(x(value), bottom, x(value), bottom + 3, "axis"))
    parts.append(svg.line(LEFT, bottom, WIDTH - RIGHT, bottom, "axis"))
    across = WIDTH - LEFT - RIGHT
    parts.append(svg.label(WIDTH - RIGHT, bottom + 28, svg.fitting(x_title, across * 0.6), "tick", "end"))
    parts.append(svg.label(4, bottom + 28, svg.fitting("↑ " + y_title, across * 0.45), "tick"))
    return parts


def height_with(legend):
    return ABOVE + PLOT_HEIGHT + BELOW + LEGEND_LINE * len(legend)


def legend(entries):
    """entries: [(class of the line, name)], a line each below the plot."""
    parts = []
    for n, (class_, name) in enumerate(entries):
        y = ABOVE + PLOT_HEIGHT + BELOW + LEGEND_LINE * n + 10
        parts.append(svg.line(8, y - 4, 28, y - 4, class_))
        parts.append(svg.label(34, y, svg.fitting(name, WIDTH - 40)))
    return parts
