#include "server/settings/setting.hpp"

#include "server/settings/sections/table.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

std::vector<setting> all_sections() {
    std::vector<setting> all;
    for (const auto section :
         {settings::server_section(), settings::auth_section(), settings::tls_section(),
          settings::admin_section(), settings::database_section(), settings::legacy_section(),
          settings::cache_section(), settings::breaker_section(), settings::rate_limit_section(),
          settings::tokens_section(), settings::use_section(), settings::audit_section(),
          settings::compression_section(), settings::tracing_section(), settings::log_section()})
        all.insert(all.end(), section.begin(), section.end());
    return all;
}

const setting* find_in(std::span<const setting> table, std::string_view name) {
    const auto found = std::ranges::find(table, name, &setting::name);
    return found == table.end() ? nullptr : &*found;
}

} // namespace

std::span<const setting> all_settings() {
    static const auto all = all_sections();
    return all;
}

std::span<const repeated_table> repeated_tables() {
    static const std::array all = {settings::known_callers(), settings::forward_policies(),
                                   settings::rate_policies(), settings::issuers()};
    return all;
}

const setting* find_setting(std::string_view name) {
    return find_in(all_settings(), name);
}

const setting* find_setting(const repeated_table& table, std::string_view name) {
    return find_in(table.settings, name);
}

const repeated_table* find_repeated(std::string_view name) {
    const auto all = repeated_tables();
    const auto found = std::ranges::find(all, name, &repeated_table::name);
    return found == all.end() ? nullptr : &*found;
}

std::string_view section_of(std::string_view setting_name) {
    return setting_name.substr(0, setting_name.rfind('.'));
}

std::string variable_of(std::string_view setting_name) {
    std::string out = "LATCHKEY_";
    for (const char c : setting_name) {
        if (c == '.')
            out += "__";
        else
            out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

} // namespace latchkey::server
