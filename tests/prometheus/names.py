"""The names that rules use are those that the server has: its codes of health, and its findings."""
import re

# Their alerts look elsewhere: at a counter, and at auth_findings.
CODES_WITHOUT_EXPRESSION = {"CONNECTIONS_FULL", "FINDINGS"}


def codes_of(source):
    text = (source / "src/server/process/health_codes.hpp").read_text()
    found = set(re.findall(r'^ +\{"([A-Z_]+)",', text, re.MULTILINE))
    declared = int(re.search(r"array<health_code, (\d+)>", text)[1])
    assert len(found) == declared, f"health_codes.hpp declares {declared} codes, {len(found)} were read"
    return found


def findings_of(source):
    text = (source / "src/server/doctor/find.hpp").read_text()
    found = re.findall(r'"(\w+)"', re.search(r"finding_names\[\] = \{(.*?)\};", text, re.DOTALL)[1])
    assert len(found) > 10, "find.hpp has no list of names"
    return found


def named(expressions, metric, label):
    """What an expression says of a label: each alternative of a regular expression by itself."""
    out = set()
    for text in re.findall(metric + r"\{" + label + r'[=!]~?"([^"]+)"', expressions):
        out |= set(text.split("|"))
    return out


def faults_of(source, expressions):
    codes, findings = codes_of(source), findings_of(source)
    used = named(expressions, "auth_degraded", "code")
    return [f"no rule has the code {code}" for code in sorted(codes - used - CODES_WITHOUT_EXPRESSION)] + \
        [f"a rule has {code}, which is no code of health_codes.hpp" for code in sorted(used - codes)] + \
        [f"a rule has {name}, which is no finding of find.hpp"
         for name in sorted(named(expressions, "auth_findings", "name") - set(findings))]
