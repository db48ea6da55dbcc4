#pragma once
// The body of a rotation's request, of API keys and of devices.

#include <latchkey/auth/rotation.hpp>
#include <latchkey/http/exchange.hpp>

#include <optional>

namespace latchkey::api {

struct rotation_body {
    core::seconds overlap = auth::overlap_default;
    bool finish = false; ///< the secret before the last rotation ends, and there is no new one
};

/// Reads {overlap?, finish?}, or no body. Returns what is wrong with it, or nullopt.
std::optional<http::refusal> read_rotation(const http::request&, rotation_body& out);

} // namespace latchkey::api
