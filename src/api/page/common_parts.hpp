#pragma once
// What many operations share: who asks, header fields, problems, schemas.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

#include <array>
#include <string>
#include <string_view>

namespace latchkey::api::page {

struct common_part {
    std::string_view anchor;
    std::string_view title;
};
inline constexpr std::array<common_part, 5> common_parts = {{{"who-asks", "Who asks"},
                                                             {"request-fields", "Request fields"},
                                                             {"answer-fields", "Answer fields"},
                                                             {"problems", "Problems"},
                                                             {"schemas", "Schemas"}}};

// --- Anchors of what they list ---
std::string scheme_anchor(std::string_view name);
std::string parameter_anchor(std::string_view component);
std::string header_anchor(std::string_view name);
std::string problem_anchor(std::string_view status);

void write_common_parts(html_writer&, const document&);

} // namespace latchkey::api::page
