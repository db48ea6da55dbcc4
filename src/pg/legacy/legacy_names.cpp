#include <latchkey/pg/legacy/legacy_names.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::pg {

namespace {

using names = legacy_names;

constexpr std::size_t name_bytes_max = 63;

bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct mark {
    std::string_view text;
    std::string names::*field;
    bool is_table = false;
};
constexpr mark marks[] = {
    {"public.organizations", &names::organizations, true},
    {"public.device_credentials", &names::devices, true},
    {"\"organization_id\"", &names::organization_id},
    {"\"name\"", &names::organization_name},
    {"\"api_keys\"", &names::api_keys},
    {"\"status\"", &names::organization_status},
    {"DEVICE_ID", &names::device_id},
    {"DEVICE_SECRET", &names::device_secret},
    {"ORGANIZATION_ID", &names::device_organization_id},
    {"STATUS", &names::device_status},
    {"NAME", &names::device_name},
};

// Returns whether the mark is not part of a longer word, or of a name with another schema.
bool stands_alone(std::string_view sql, std::size_t at, const mark& m) {
    const auto end = at + m.text.size();
    const bool ends = end == sql.size() || !is_word(m.text.back()) || !is_word(sql[end]);
    const bool begins = at == 0 || !is_word(m.text.front()) || !is_word(sql[at - 1]);
    return begins && ends && !(m.is_table && at > 0 && sql[at - 1] == '.');
}

const mark* mark_at(std::string_view sql, std::size_t at) {
    const char first = sql[at];
    if (first != '"' && first != 'p' && !(first >= 'A' && first <= 'Z')) return nullptr;
    const auto found = std::ranges::find_if(marks, [&](const mark& m) {
        return sql.substr(at).starts_with(m.text) && stands_alone(sql, at, m);
    });
    return found == std::end(marks) ? nullptr : found;
}

} // namespace

const std::array<legacy_name, 11> all_legacy_names = {{
    {"organizations", &names::organizations, "public.organizations", "the organizations"},
    {"organization_id", &names::organization_id, "organization_id", "the organizations' id"},
    {"organization_name", &names::organization_name, "name", "the organizations' name"},
    {"api_keys", &names::api_keys, "api_keys", "the organizations' API keys"},
    {"organization_status", &names::organization_status, "status", "the organizations' status"},
    {"devices", &names::devices, "public.device_credentials", "the devices"},
    {"device_id", &names::device_id, "device_id", "the devices' id"},
    {"device_secret", &names::device_secret, "device_secret", "the devices' secret"},
    {"device_organization_id", &names::device_organization_id, "organization_id",
     "the devices' organization"},
    {"device_status", &names::device_status, "status", "the devices' status"},
    {"device_name", &names::device_name, "name", "the devices' name"},
}};

legacy_names legacy_names::usual() {
    legacy_names out;
    for (const auto& name : all_legacy_names)
        out.*name.field = name.usual;
    return out;
}

std::string legacy_names::apply(std::string_view sql) const {
    if (*this == usual()) return std::string(sql);
    std::string out;
    for (std::size_t at = 0; at < sql.size();) {
        if (const auto* found = mark_at(sql, at)) {
            const auto& name = this->*found->field;
            out += found->is_table ? table_name_of(name).quoted() : '"' + name + '"';
            at += found->text.size();
        } else {
            out += sql[at++];
        }
    }
    return out;
}

std::string table_name::quoted() const {
    return '"' + schema + "\".\"" + table + '"';
}

table_name table_name_of(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == text.npos) return {"public", std::string(text)};
    return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

bool is_column_name(std::string_view name) {
    return !name.empty() && name.size() <= name_bytes_max && std::ranges::all_of(name, [](char c) {
        return is_word(c) || c == ' ' || c == '-' || static_cast<unsigned char>(c) > 0x7f;
    });
}

bool is_table_name(std::string_view name) {
    const auto parts = table_name_of(name);
    return is_column_name(parts.schema) && is_column_name(parts.table);
}

void legacy_texts::set(legacy_names names) {
    names_ = std::move(names);
    usual_ = names_ == legacy_names::usual();
    expanded_.clear();
}

const char* legacy_texts::of(const char* text) {
    if (usual_) return text;
    const auto found = expanded_.find(std::string_view(text));
    if (found != expanded_.end()) return found->second.c_str();
    return expanded_.emplace(text, names_.apply(text)).first->second.c_str();
}

} // namespace latchkey::pg
