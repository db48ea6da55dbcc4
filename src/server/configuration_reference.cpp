#include <latchkey/server/configuration_keys.hpp>

namespace latchkey::server {

namespace {

constexpr std::string_view head =
    R"(# Latchkey's configuration: every key with its default. Written by `latchkey reference-config`.
#
# Precedence: these defaults < this file < environment < flags. `latchkey check-config` says what
# is wrong in a file, `--set section.key=value` overrides one key for one start.
#   LATCHKEY_SERVER__LISTEN=0.0.0.0:8080             the variable of server.listen
#   LATCHKEY_DATABASE__URI_FILE=/run/secrets/uri     the value is in that file
# Secrets are also read from systemd credentials that are named as the key ("database.uri").
# Durations are integers with ms, s, m, h or d; sizes with B, KiB, MiB or GiB.
# Changes take effect at the next start, unless a key is marked as reloadable.
)";

constexpr std::string_view issuers_head = R"(
# Whose tokens are accepted: one [[issuers]] for each, in this file alone.
# [[issuers]]
)";

// Help lines become comment lines.
void append_help(std::string& out, std::string_view help) {
    out += "# ";
    for (const char c : help) {
        out += c;
        if (c == '\n') out += "# ";
    }
    out += '\n';
}

void append_key(std::string& out, const configuration_key& key, std::string_view before = {}) {
    out += '\n';
    append_help(out, key.help);
    const auto range = range_of(key);
    if (!range.empty()) out += "# " + range + (key.reloadable ? "; reloadable" : "") + '\n';
    if (range.empty() && key.reloadable) out += "# reloadable\n";
    out += before;
    out += key.name.substr(key.name.find('.') + 1);
    out += " = " + spell(key, {}) + '\n';
}

} // namespace

std::string reference_configuration() {
    std::string out(head);
    std::string_view section;
    for (const auto& key : configuration_keys()) {
        if (section_of(key.name) != section) {
            section = section_of(key.name);
            out += "\n[" + std::string(section) + "]\n";
        }
        append_key(out, key);
    }
    out += issuers_head;
    for (const auto& key : issuer_keys())
        append_key(out, key, "# ");
    return out;
}

} // namespace latchkey::server
