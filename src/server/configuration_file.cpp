#include <latchkey/server/configuration_readers.hpp>

#include <latchkey/core/nearest_name.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

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
    for (const auto& key : configuration_keys())
        sections.push_back(section_of(key.name));
    sections.push_back(issuers_section);
    const auto nearest = core::nearest_name(name, sections);
    if (nearest == issuers_section) return "; did you mean [[issuers]]?";
    return nearest.empty() ? "" : "; did you mean [" + std::string(nearest) + "]?";
}

std::string suggest_issuer_key(std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& key : issuer_keys())
        names.push_back(key.name);
    const auto nearest = core::nearest_name(name, names);
    return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

bool is_section(std::string_view name) {
    return std::ranges::any_of(configuration_keys(),
                               [&](const auto& key) { return section_of(key.name) == name; });
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
        out_.mistakes.push_back({place + ": " + text, line});
    }
    given_settings take() { return std::move(out_); }

  private:
    void read_top(const toml::key& name, const toml::node& node) {
        const auto line = name.source().begin.line;
        const std::string section(name.str());
        const auto* table = node.as_table();
        if (table && is_section(section)) return read_section(section, *table);
        if (section == issuers_section) return read_issuers(line, node);
        if (is_section(section))
            return complain(line, section + ": is " + shape_of(node) + "; expected a section [" +
                                      section + "]");
        if (table || node.is_array_of_tables())
            return complain(line, "[" + section + "]: no such section" + suggest_section(section));
        complain(line, section + ": no such key outside of a section" + suggest_key(section));
    }
    void read_issuers(std::size_t line, const toml::node& node) {
        const auto* tables = node.is_array_of_tables() ? node.as_array() : nullptr;
        if (!tables)
            return complain(line, "issuers: is " + shape_of(node) +
                                      "; expected tables that begin with [[issuers]]");
        for (const auto& table : *tables)
            read_issuer(*table.as_table());
    }
    void read_issuer(const toml::table& table) {
        out_.issuers.push_back(path_ + ':' + std::to_string(table.source().begin.line));
        for (const auto& [name, node] : table) {
            const auto line = name.source().begin.line;
            const auto key_name = std::string(issuers_section) + '.' + std::string(name.str());
            if (const auto* key = find_issuer_key(key_name))
                out_.settings.push_back(
                    {key, value_of(node), place(line, key_name), line, out_.issuers.size()});
            else
                complain(line, key_name + ": no such key" + suggest_issuer_key(key_name));
        }
    }
    std::string place(std::size_t line, const std::string& key_name) const {
        return path_ + ':' + std::to_string(line) + ": " + key_name;
    }
    void read_section(const std::string& section, const toml::table& table) {
        for (const auto& [name, node] : table) {
            const auto line = name.source().begin.line;
            const auto key_name = section + '.' + std::string(name.str());
            if (const auto* key = find_key(key_name))
                out_.settings.push_back({key, value_of(node), place(line, key_name), line});
            else
                complain(line, key_name + ": no such key" + suggest_key(key_name));
        }
    }

    std::string path_;
    given_settings out_;
};

// toml++ names the token at fault by at most one character: no value can leak here.
std::string sentence_of(const toml::parse_error& error) {
    std::string text(error.description());
    constexpr std::string_view lead = "Error while ";
    if (text.starts_with(lead)) text.erase(0, lead.size());
    text = "not TOML at column " + std::to_string(error.source().begin.column) + ": " + text;
    // 75s without quotes, or a word.
    if (text.find("parsing value") != text.npos || text.find("decimal integer") != text.npos)
        text += "; texts, durations and sizes need quotes";
    return text;
}

} // namespace

core::result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string content(bytes_max + 1, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (!file.is_open() || file.bad() || (errno == EISDIR && file.gcount() == 0))
        return core::failure{core::failure_kind::invalid,
                             "cannot be read: " + std::string(std::strerror(errno))};
    content.resize(static_cast<std::size_t>(file.gcount()));
    if (content.size() > bytes_max)
        return core::failure{core::failure_kind::invalid,
                             "is larger than " + std::to_string(bytes_max) + " bytes"};
    return content;
}

given_settings read_file(const std::string& path) {
    file_reader reader(path);
    const auto content = read_small_file(path, file_bytes_max);
    if (!content) {
        reader.complain(0, content.error().message);
        return reader.take();
    }
    try {
        reader.read(toml::parse(std::string_view(*content), std::string_view(path)));
    } catch (const toml::parse_error& error) {
        reader.complain(error.source().begin.line, sentence_of(error));
    }
    return reader.take();
}

} // namespace latchkey::server
