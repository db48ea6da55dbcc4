"""The names that manuals use are names that the program has, for tests/check-manuals.

    names.py FACTS MANUAL...              what the manuals name exists
    names.py --unnamed FACTS MANUAL...    what exists is named in at least one of the manuals

FACTS is a folder with what a program says of itself: `settings` (latchkey reference-config), `metrics` (the names
at /metrics), `paths` (the endpoints of both listeners), and `help/COMMAND` (latchkey help COMMAND). Checked are

    settings      `section.name`, and LATCHKEY_SECTION__NAME
    metrics       auth_... and process_...; a name may end in * or have labels
    commands      `latchkey key create --name N`, in code spans and in shell blocks; `key create` in code spans
    endpoints     /api/v1/..., /admin/v1/..., /.well-known/...
    defaults      `section.name` (60s): a value directly behind a setting is its default, as the reference has it

Prints MANUAL:LINE and what is wrong; exits 1 when anything is. With --unnamed it checks that each endpoint, each
command and each metric (except process_..., which Prometheus defines) is named, and prints those that are not.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
import markdown  # noqa: E402

# What looks like a name of ours and is not: names of nginx and PgBouncer, and of the credential that the unit suggests.
OTHERS = {"auth_request", "auth_jwt", "auth_basic", "auth_type", "auth_query", "auth_user", "auth_file",
          "tls.key"}


class Facts:
    def __init__(self, folder):
        def lines(name):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return file.read().split("\n")

        self.settings, self.sections, self.defaults = read_settings(lines("settings"))
        self.metrics = {line for line in lines("metrics") if line}
        self.paths = {re.sub(r"\{[^}]*\}", "{}", line) for line in lines("paths") if line}
        self.options = {}
        for name in os.listdir(os.path.join(folder, "help")):
            text = "\n".join(lines(os.path.join("help", name)))
            self.options[name.replace("_", " ")] = set(re.findall(r"--[a-z][a-z-]*", text)) | {"--help"}
        self.groups = {name.split()[0] for name in self.options if " " in name}


def read_settings(lines):
    """The names in the reference configuration: those of tables of which there may be many are commented out."""
    settings, sections, defaults, section, many = set(), set(), {}, "", ""
    for line in lines:
        head = re.match(r"(# )?\[{1,2}([a-z_.]+)\]{1,2}$", line)
        name = re.match(r"(# )?([a-z_]+) = (.*)", line)
        if head:
            section, many = (section, head[2]) if head[1] else (head[2], "")
            sections.add(head[2])
        elif name:
            full = f"{many if name[1] else section}.{name[2]}"
            settings.add(full)
            defaults[full] = name[3].strip('"')
    return settings, sections, defaults


def unknown_settings(text, facts):
    for name in re.findall(r"(?<![\w./:-])((?:[a-z_]+\.)+[a-z_]+)(?![\w(/.-])", text):
        section = name.rpartition(".")[0]
        if section in facts.sections and name not in facts.settings | facts.sections | OTHERS:
            yield f"no setting {name}"
    for section, name in re.findall(r"LATCHKEY_([A-Z_]+?)__([A-Z_]+)", text):
        known = f"{section.replace('__', '.')}.{name.replace('__', '.')}".lower()
        if known not in facts.settings and re.sub(r"_file$", "", known) not in facts.settings:
            yield f"no setting {known}"


UNITS = {"": ("", 1), "ms": ("ms", 1), "s": ("ms", 1000), "min": ("ms", 60000), "m": ("ms", 60000),
         "h": ("ms", 3600000), "d": ("ms", 86400000), "B": ("B", 1), "bytes": ("B", 1), "KiB": ("B", 1024),
         "MiB": ("B", 1024 ** 2), "GiB": ("B", 1024 ** 3)}
QUANTITY = r"(\d+)\s*(" + "|".join(sorted(filter(None, UNITS), key=len, reverse=True)) + r"|)"


def quantity(text):
    """(what is counted, how many), or None where the text is no number, time or size."""
    found = re.fullmatch(QUANTITY, text)
    return found and (UNITS[found[2]][0], int(found[1]) * UNITS[found[2]][1])


def wrong_defaults(manual, facts):
    for first, text in manual.paragraphs():
        for found in re.finditer(r"`([a-z_.]+)`\s+\(`?(" + QUANTITY + r")`?(?=[),;:])", text):
            default = facts.defaults.get(found[1])
            if default is not None and quantity(default) != quantity(found[2]):
                yield first + text.count("\n", 0, found.start()), f"{found[1]} is {default or 'empty'} by default"


def unknown_metrics(text, facts):
    for name, star in re.findall(r"(?<![\w/.-])((?:auth|process)_[a-z_]+)(\*?)", text):
        bare = re.sub(r"_(bucket|sum|count)$", "", name)
        if star and any(metric.startswith(name) for metric in facts.metrics):
            continue
        if name not in facts.metrics and bare not in facts.metrics and name not in OTHERS:
            yield f"no metric {name}"


def is_path(path, known):
    """Whether `path` is one of the known ones or leads to one; a variable stands for any part."""
    given, parts = path.split("/"), known.split("/")
    return len(given) <= len(parts) and all(
        a == b or b == "{}" or re.fullmatch(r"\{\}|\$\{.*\}|\$\w+", a) for a, b in zip(given, parts))


def unknown_paths(text, facts):
    for path in re.findall(r"(?<![\w])(/(?:api/v1|admin/v1|\.well-known)/[\w./{}$-]*[\w}])", text):
        path = re.sub(r"(?<!\$)\{[^}]*\}", "{}", path)
        if not any(is_path(path, known) for known in facts.paths):
            yield f"no endpoint {path}"


def unknown_in_command(words, facts):
    """`words` are those behind `latchkey`."""
    plain = [word for word in words[:2] if re.fullmatch(r"[a-z][a-z-]*", word)]
    if not plain or plain[0] in ("help",):
        return
    if words[:1] == ["--version"]:
        return
    name = " ".join(plain) if " ".join(plain) in facts.options else plain[0]
    if name not in facts.options:
        if name in facts.groups and len(words) < 2:
            return
        yield f"no command latchkey {' '.join(plain)}"
        return
    for word in words:
        option = re.match(r"--[a-z][a-z-]*", word)
        if option and option[0] not in facts.options[name]:
            yield f"latchkey {name} has no option {option[0]}"


def words_of(command):
    """The words of a shell command, up to where another begins."""
    return re.split(r"[|;&)`#]|\s>|\s<", command)[0].replace('"', " ").replace("'", " ").split()


def unknown_commands_in_span(span, facts):
    if re.match(r"latchkey\s", span):
        yield from unknown_in_command(words_of(span)[1:], facts)
        return
    words = words_of(span)
    if len(words) > 1 and words[0] in facts.groups and re.fullmatch(r"[a-z][a-z-]*", words[1]):
        yield from unknown_in_command(words, facts)


def unknown_commands_in_shell(line, facts):
    begin = r"(?:^|[|;&(]|\bsudo|\bexec|\b[A-Z_]+=\S+)\s*(?:\S*/|\$ )?"
    for found in re.finditer(begin + r"(?:latchkey|\"?\$\{?LATCHKEY_BIN\}?\"?)\s+(.*)", line):
        yield from unknown_in_command(words_of(found[1]), facts)


def unnamed(manuals, facts):
    """What no manual names."""
    code, prose = [], []
    for manual in manuals:
        code += [span for _, span in manual.spans()] + [line for block in manual.blocks for line in block.lines]
        prose += [text for _, text in manual.prose]
    every = "\n".join(code + prose)
    given = {re.sub(r"(?<!\$)\{[^}]*\}", "{}", path).rstrip(".")
             for path in re.findall(r"(?<![\w/])(/[\w./{}$-]*)", every)}
    for path in sorted(facts.paths):
        if not any(is_path(g, path) and g.count("/") == path.count("/") for g in given):
            yield f"endpoint {path}"
    code = "\n".join(code)
    for command in sorted(facts.options):
        begin = r"(?:^|\s)" if " " in command else r"latchkey\s+"
        if not re.search(begin + command.replace(" ", r"\s+") + r"(?![\w-])", code, re.MULTILINE):
            yield f"command {command}"
    words = set(re.findall(r"\w+", every))
    for metric in sorted(facts.metrics - words):
        if not metric.startswith("process_"):
            yield f"metric {metric}"


def faults_in(manual, facts):
    for number, text in manual.prose:
        for fault in [*unknown_metrics(text, facts), *unknown_paths(text, facts)]:
            yield number, fault
    yield from wrong_defaults(manual, facts)
    for number, span in manual.spans():
        for fault in [*unknown_settings(span, facts), *unknown_commands_in_span(span, facts)]:
            yield number, fault
    for block in manual.blocks:
        # A command that goes on in the next line is one line.
        text = re.sub(r"\\\n\s*", " ", "\n".join(block.lines))
        for line in text.split("\n"):
            faults = [*unknown_metrics(line, facts), *unknown_paths(line, facts)]
            if block.language in ("sh", "bash", "console"):
                faults += [*unknown_commands_in_shell(line, facts), *unknown_settings(line, facts)]
            for fault in faults:
                yield block.line, fault


def main():
    if sys.argv[1] == "--unnamed":
        missing = list(unnamed([markdown.Manual(path) for path in sys.argv[3:]], Facts(sys.argv[2])))
        print("\n".join(missing))
        return 1 if missing else 0
    facts = Facts(sys.argv[1])
    faults = 0
    for path in sys.argv[2:]:
        for number, fault in sorted(set(faults_in(markdown.Manual(path), facts))):
            faults += 1
            print(f"{path}:{number}: {fault}")
    return 1 if faults else 0


sys.exit(main())
