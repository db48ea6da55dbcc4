"""Reads a Markdown file as GitHub shows it: its prose, its code blocks, its headings, its links.

Imports only what Debian's python3-minimal has: no json, no shutil, no tempfile.
"""
import os
import re
import subprocess

FENCE = re.compile(r"^(\s*)(```+|~~~+)\s*(.*?)\s*$")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\))?[^()\s<>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
DEFINITION = re.compile(r"^\s{0,3}\[([^\]]+)\]:\s*<?(\S+?)>?\s*(?:\"[^\"]*\")?$")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


class Block:
    """A code block: the line of its fence, what stands behind the fence, and its lines."""

    def __init__(self, line, info):
        words = info.split()
        self.line = line
        self.language = words[0].lower() if words else ""
        self.marks = dict(word.partition("=")[::2] for word in words[1:])
        self.lines = []


class Manual:
    def __init__(self, path):
        self.path = path
        self.prose = []  # (line number, text), without code blocks
        self.blocks = []
        self.unclosed = None  # the line of a fence that nothing closes
        with open(path, encoding="utf-8") as file:
            self._read(file.read().split("\n"))

    def _read(self, lines):
        block = fence = None
        for number, line in enumerate(lines, 1):
            found = FENCE.match(line)
            if block is None and found:
                block, fence = Block(number, found[3]), found
                self.blocks.append(block)
            elif block is None:
                self.prose.append((number, line))
            elif found and found[2].startswith(fence[2]) and not found[3]:
                block = None
            else:
                indent = len(fence[1])
                block.lines.append(line[indent:] if not line[:indent].strip() else line)
        self.unclosed = block and block.line

    def paragraphs(self):
        """(number of the first line, text) of what stands between empty lines and code blocks."""
        first, lines, before = 0, [], 0
        for number, line in [*self.prose, (0, "")]:
            if lines and (not line.strip() or number != before + 1):
                yield first, "\n".join(lines)
                lines = []
            if line.strip():
                first = first if lines else number
                lines.append(line)
            before = number

    def spans(self):
        """(line number, text) of each code span."""
        for first, text in self.paragraphs():
            for span in SPAN.finditer(text):
                yield first + text.count("\n", 0, span.start()), " ".join(span[2].split())

    def links(self):
        """(line number, target) of each link."""
        for first, text in self.paragraphs():
            bare = SPAN.sub(lambda span: re.sub(r"[^\n]", "`", span[0]), text)
            for found in LINK.finditer(bare):
                yield first + bare.count("\n", 0, found.start()), found[2]
            for at, line in enumerate(bare.split("\n")):
                definition = DEFINITION.match(line)
                if definition:
                    yield first + at, definition[2]

    def anchors(self):
        """The names of its headings, as GitHub makes them, and those that HTML gives."""
        names, seen = set(), {}
        for _, line in self.prose:
            names.update(re.findall(r"<[^>]*\b(?:id|name)=\"([^\"]+)\"", line))
            heading = HEADING.match(line)
            if not heading:
                continue
            name = anchor_of(heading[2])
            again = seen.get(name, 0)
            seen[name] = again + 1
            names.add(f"{name}-{again}" if again else name)
        return names


def anchor_of(heading):
    text = LINK.sub(lambda link: link[1], heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def manuals_below(source):
    """The Markdown files that belong to the source, relative to it."""
    try:
        listed = subprocess.run(["git", "-C", source, "ls-files", "-co", "--exclude-standard", "*.md"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    except FileNotFoundError:  # the source may be a copy, on a machine without git
        listed = ""
    if listed:
        return sorted(name for name in listed.splitlines() if os.path.exists(os.path.join(source, name)))
    found = []
    for folder, folders, files in os.walk(source):
        folders[:] = [f for f in folders if not f.startswith((".", "build"))]
        found += [os.path.relpath(os.path.join(folder, f), source) for f in files if f.endswith(".md")]
    return sorted(found)
