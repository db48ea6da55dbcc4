#include "api/admin/rotation_body.hpp"

#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::api {

std::optional<http::refusal> read_rotation(const http::request& asked, rotation_body& out) {
    constexpr const auto& fields = admin_requests::rotate;
    http::json_body body;
    if (auto why = read_body(asked, body, fields, true)) return why;
    const auto& overlap = body[fields["overlap"]];
    if (overlap.present) out.overlap = core::seconds(overlap.integer);
    out.finish = body[fields["finish"]].boolean;
    if (!out.finish || !overlap.present) return std::nullopt;
    return http::refusal{422, "\"finish\" ends the old secret, and makes no new one that an "
                              "\"overlap\" could go with"};
}

} // namespace latchkey::api
