// The configuration file, and the texts of single settings.
//
// Must hold:
// - Reading fails with sentences that begin with the file's name, one per line, or gives a
//   configuration that is the same after it was written setting by setting and read again.
// - The value of a secret is never in an error message.
// - A duration and a size, written and read again, are the same.

#include "server/settings/configuration.hpp"
#include "server/settings/reload.hpp"
#include "server/settings/setting.hpp"
#include "server/settings/units.hpp"
#include "support.hpp"

#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace latchkey::fuzz;
using namespace latchkey::server;

namespace {

constexpr std::size_t texts_max = 64; // longer inputs are not tried as single values

// A file in memory.
class file {
  public:
    file() { expect(descriptor_ >= 0, "a file can be made"); }
    const std::string& path() const { return path_; }
    void write(std::string_view text) {
        expect(::ftruncate(descriptor_, 0) == 0 &&
                   ::pwrite(descriptor_, text.data(), text.size(), 0) ==
                       static_cast<::ssize_t>(text.size()),
               "it can be written");
    }

  private:
    int descriptor_ = ::memfd_create("configuration", MFD_CLOEXEC);
    std::string path_ = "/proc/self/fd/" + std::to_string(descriptor_);
};

auto load(std::string_view text) {
    static file shared;
    shared.write(text);
    return load_configuration({.file = shared.path()});
}

// A complaint may end with lines to be added to the file.
bool is_to_be_added(std::string_view line) {
    return line == "[auth]" || line == "callers = \"required\"";
}

void check_complaints(std::string_view message) {
    expect(!message.empty(), "a failure says why");
    while (!message.empty()) {
        const auto line = message.substr(0, message.find('\n'));
        expect(line.starts_with("/proc/self/fd/") || is_to_be_added(line),
               "a complaint begins with the file's name");
        message.remove_prefix(std::min(line.size() + 1, message.size()));
    }
}

// --- a configuration as a file ---

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string value_of(const setting& key, const configuration& from) {
    const auto value = key.field.get(from);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
    const auto number = std::get<std::int64_t>(value);
    if (key.type.kind == value_kind::duration) return quoted(std::to_string(number) + "ms");
    if (key.type.kind == value_kind::choice)
        return quoted(key.type.choices[static_cast<std::size_t>(number)]);
    return std::to_string(number);
}

// A field's initial value need not be one that its setting accepts: an empty text means unset.
bool is_unset(const setting& key, const configuration& from) {
    return key.field.get(from) == key.field.get({});
}

void write_settings(std::string& out, std::span<const setting> keys, const configuration& c) {
    for (const auto& key : keys)
        if (!is_unset(key, c))
            out += std::string(key.name.substr(key.name.rfind('.') + 1)) + " = " +
                   value_of(key, c) + '\n';
}

void drop_last(std::string_view table, configuration& c) {
    if (table == "issuers") return c.issuers.pop_back();
    if (table == "callers") return c.known_callers.pop_back();
    if (table == "forward_auth") return c.forward_policies.pop_back();
    expect(table == "rate_limit.policies", "this test knows every repeated table");
    c.rate_policies.pop_back();
}

std::string written(const configuration& c) {
    std::string out;
    std::string_view section;
    for (const auto& key : all_settings()) {
        if (section_of(key.name) != section) {
            section = section_of(key.name);
            out += '[' + std::string(section) + "]\n";
        }
        write_settings(out, {&key, 1}, c);
    }
    for (const auto& table : repeated_tables()) {
        auto part = c; // settings are read from the last table
        std::string all;
        while (table.count(part) > 0) {
            std::string one = "[[" + std::string(table.name) + "]]\n";
            write_settings(one, table.settings, part);
            all.insert(0, one);
            drop_last(table.name, part);
        }
        out += all;
    }
    return out;
}

void check_file(std::string_view text) {
    const auto read = load(text);
    if (!read) return check_complaints(read.error().message);
    const auto again = load(written(*read));
    if (!again) std::fprintf(stderr, "%s\n", again.error().message.c_str());
    expect(again.has_value(), "what was read can be written and read again");
    const auto plan = plan_reload(*read, *again);
    if (!plan.report.changed.empty() || !plan.report.needs_restart.empty())
        std::fprintf(stderr, "%s\n", to_json(plan.report).c_str());
    expect(plan.report.changed.empty() && plan.report.needs_restart.empty(), "it is the same");
}

// --- the values of single settings ---

void check_secrets(std::string_view text) {
    constexpr std::string_view mark = "h7Qz!x";
    for (const auto& key : all_settings()) {
        if (key.type.kind != value_kind::secret) continue;
        for (const std::string before : {"", "postgresql://u:"}) {
            const auto value = before + std::string(mark) + std::string(text);
            const auto read = load_configuration({.environment = {{variable_of(key.name), value}}});
            if (!read)
                expect(read.error().message.find(mark) == std::string::npos,
                       "a secret is not in a complaint");
            else
                expect(key.field.get(*read) == plain_value(value), "a secret is taken as it is");
        }
    }
}

void check_units(std::string_view text) {
    if (const auto duration = parse_duration(text)) {
        const auto again = parse_duration(format_duration(*duration));
        expect(again && *again == *duration, "a duration is read as it was");
    }
    if (const auto bytes = parse_bytes(text)) {
        const auto again = parse_bytes(format_bytes(*bytes));
        expect(again && *again == *bytes, "a size is read as it was");
    }
}

void check_values(std::string_view text) {
    const given_value given{given_value::form::bare, std::string(text)};
    for (const auto& key : all_settings()) {
        configuration out;
        if (const auto wrong = assign(key, given, out))
            expect(!wrong->empty(), "a refusal says why");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    check_file(text);
    if (size > texts_max) return 0;
    check_units(text);
    check_values(text);
    check_secrets(text);
    return 0;
}
