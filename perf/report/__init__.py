"""The page of a run: pure functions that turn report.json into HTML, SVG and Markdown."""
