#include "api/admin/changes.hpp"

namespace latchkey::api {

std::optional<http::refusal> unless_changes(const http::json_body& body,
                                            std::span<const http::json_field> fields,
                                            std::span<const std::string_view> clearable) {
    bool changes = false;
    std::string names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto name = fields[i].name;
        names.append(names.empty() ? "" : ", ").append(name);
        changes |= body[i].present || body[i].null;
        if (body[i].null && std::ranges::find(clearable, name) == clearable.end())
            return http::refusal{422, "field \"" + std::string(name) + "\" cannot be cleared"};
    }
    if (changes) return std::nullopt;
    return http::refusal{422, "nothing would change: name one or more of " + names};
}

} // namespace latchkey::api
