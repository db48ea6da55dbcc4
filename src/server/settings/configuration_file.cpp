#include "server/settings/configuration_readers.hpp"

#include <latchkey/core/text/nearest_name.hpp>
#include <latchkey/pg/connection/connect_options.hpp>

#include <toml++/toml.h>

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

std::string shape_of(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "an array";
    case toml::node_type::floating_point:
        return "a number with a fraction";
    case toml::node_type::string:
        return "a string";
    case toml::node_type::integer:
        return "an integer";
    case toml::node_type::boolean:
        return "a boolean";
    default:
        return "a date or a time";
    }
}

given_value value_of(const toml::node& node) {
    using form = given_value::form;
    if (const auto* text = node.as_string()) return {form::text, text->get()};
    if (const auto* integer = node.as_integer())
        return {form::integer, std::to_string(integer->get())};
    if (const auto* boolean = node.as_boolean())
        return {form::boolean, boolean->get() ? "true" : "false"};
    return {form::other, shape_of(node)};
}

std::string suggest_section(std::string_view name) {
    std::vector<std::string_view> sections;
    for (const auto& entry : all_settings())
        sections.push_back(section_of(entry.name));
    for (const auto& table : repeated_tables())
        sections.push_back(table.name);
    const auto nearest = core::nearest_name(name, sections);
    if (find_repeated(nearest)) return "; did you mean [[" + std::string(nearest) + "]]?";
    return nearest.empty() ? "" : "; did you mean [" + std::string(nearest) + "]?";
}

std::string suggest_in(const repeated_table& table, std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& entry : table.settings)
        names.push_back(entry.name);
    const auto nearest = core::nearest_name(name, names);
    return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

// Names come from the file, where a quoted name may hold any character.
std::string on_one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return text;
}

bool is_section(std::string_view name) {
    return std::ranges::any_of(all_settings(),
                               [&](const auto& entry) { return section_of(entry.name) == name; });
}

// A connection string without a password is no secret.
bool holds_secret(const given_setting& given) {
    return given.entry->type.kind == value_kind::secret &&
           pg::connect_options::holds_password(given.value.text);
}

class file_reader {
  public:
    explicit file_reader(std::string path) : path_(std::move(path)) {}

    void read(const toml::table& document) {
        for (const auto& [name, node] : document)
            read_top(name, node);
    }
    void complain(std::size_t line, const std::string& text) {
        const auto place = line == 0 ? path_ : path_ + ':' + std::to_string(line);
        out_.mistakes.push_back({place + ": " + on_one_line(text), line});
    }
    given_settings take() { return std::move(out_); }

  private:
    void read_top(const toml::key& name, const toml::node& node) {
        const auto line = name.source().begin.line;
        const std::string section(name.str());
        const auto* table = node.as_table();
        if (table && is_section(section)) return read_section(section, *table);
        if (const auto* repeated = find_repeated(section))
            return read_repeated(*repeated, line, node);
        if (is_section(section))
            return complain(line, section + ": is " + shape_of(node) + "; expected a section [" +
                                      section + "]");
        if (table || node.is_array_of_tables())
            return complain(line, "[" + section + "]: no such section" + suggest_section(section));
        complain(line,
                 section + ": no such setting outside of a section" + suggest_setting(section));
    }
    void read_repeated(const repeated_table& kind, std::size_t line, const toml::node& node) {
        const auto* tables = node.is_array_of_tables() ? node.as_array() : nullptr;
        if (!tables)
            return complain(line, std::string(kind.name) + ": is " + shape_of(node) +
                                      "; expected tables that begin with [[" +
                                      std::string(kind.name) + "]]");
        for (const auto& table : *tables)
            read_one(kind, *table.as_table());
    }
    void read_one(const repeated_table& kind, const toml::table& table) {
        out_.tables.push_back({&kind, path_ + ':' + std::to_string(table.source().begin.line)});
        for (const auto& [name, node] : table) {
            const auto line = name.source().begin.line;
            const auto setting_name = std::string(kind.name) + '.' + std::string(name.str());
            if (const auto* entry = find_setting(kind, setting_name))
                out_.settings.push_back(
                    {entry, value_of(node), place(line, setting_name), line, out_.tables.size()});
            else
                complain(line, setting_name + ": no such setting" + suggest_in(kind, setting_name));
        }
    }
    std::string place(std::size_t line, const std::string& setting_name) const {
        return path_ + ':' + std::to_string(line) + ": " + setting_name;
    }
    void read_section(const std::string& section, const toml::table& table) {
        for (const auto& [name, node] : table) {
            const auto line = name.source().begin.line;
            const auto setting_name = section + '.' + std::string(name.str());
            if (const auto* repeated = find_repeated(setting_name))
                read_repeated(*repeated, line, node);
            else if (const auto* inner = node.as_table(); inner && is_section(setting_name))
                read_section(setting_name, *inner);
            else if (const auto* entry = find_setting(setting_name))
                out_.settings.push_back({entry, value_of(node), place(line, setting_name), line});
            else
                complain(line, setting_name + ": no such setting" + suggest_setting(setting_name));
        }
    }

    std::string path_;
    given_settings out_;
};

// toml++ quotes at most one character of the wrong token, so no value can leak here.
std::string sentence_of(const toml::parse_error& error) {
    std::string text(error.description());
    constexpr std::string_view lead = "Error while ";
    if (text.starts_with(lead)) text.erase(0, lead.size());
    text = "not TOML at column " + std::to_string(error.source().begin.column) + ": " + text;
    // The usual cause is a value without quotes, such as 75s or a word.
    if (text.find("parsing value") != text.npos || text.find("decimal integer") != text.npos)
        text += "; texts, durations and sizes need quotes";
    return text;
}

} // namespace

given_settings read_file(const std::string& path) {
    file_reader reader(path);
    const auto file = read_small_file_with_mode(path, file_bytes_max);
    if (!file) {
        reader.complain(0, file.error().message);
        return reader.take();
    }
    try {
        reader.read(toml::parse(std::string_view(file->text), std::string_view(path)));
    } catch (const toml::parse_error& error) {
        reader.complain(error.source().begin.line, sentence_of(error));
    }
    auto given = reader.take();
    if (is_exposed(file->mode))
        for (const auto& one : given.settings)
            if (holds_secret(one))
                given.exposed.push_back({std::string(one.entry->name), path, file->mode, false});
    return given;
}

} // namespace latchkey::server
