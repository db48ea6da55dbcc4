#include "server/settings/reload.hpp"

#include "server/settings/setting.hpp"

#include <latchkey/core/text/json_text.hpp>

#include <utility>

namespace latchkey::server {

namespace {

changed_setting describe(const setting& entry, const configuration& from, const configuration& to) {
    if (entry.type.kind == value_kind::secret) return {std::string(entry.name), {}, {}};
    return {std::string(entry.name), spell(entry, from), spell(entry, to)};
}

void append(std::string& out, const std::vector<changed_setting>& settings) {
    out += '[';
    for (const auto& one : settings) {
        if (out.back() == '}') out += ',';
        out += R"({"key":)";
        core::append_json_string(out, one.name);
        for (const auto& [name, value] :
             {std::pair(",\"from\":", &one.from), {",\"to\":", &one.to}}) {
            out += name;
            if (value->empty())
                out += "null";
            else
                core::append_json_string(out, *value);
        }
        out += '}';
    }
    out += ']';
}

} // namespace

reload_plan plan_reload(const configuration& running, const configuration& next) {
    reload_plan out{running, {}};
    for (const auto& entry : all_settings()) {
        auto value = entry.field.get(next);
        if (value == entry.field.get(running)) continue;
        auto& list = entry.reloadable ? out.report.changed : out.report.needs_restart;
        list.push_back(describe(entry, running, next));
        if (entry.reloadable) entry.field.set(out.obeyed, std::move(value));
    }
    for (const auto& table : repeated_tables()) {
        if (table.same(running, next)) continue;
        out.report.changed.push_back({std::string(table.name), std::to_string(table.count(running)),
                                      std::to_string(table.count(next))});
        table.take(out.obeyed, next);
    }
    return out;
}

std::string to_json(const reload_report& report) {
    std::string out = R"({"changed":)";
    append(out, report.changed);
    out += R"(,"needs_restart":)";
    append(out, report.needs_restart);
    return out + '}';
}

std::string names_of(const std::vector<changed_setting>& settings) {
    std::string out;
    for (const auto& one : settings)
        out += (out.empty() ? "" : ", ") + one.name;
    return out;
}

} // namespace latchkey::server
