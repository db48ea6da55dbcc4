#pragma once
// How long a request's body may be. A route says which of two settings bounds it.

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::http {

/// A setting that bounds bodies: its place in the configuration, and its name.
struct body_bound {
    std::size_t configuration::*bytes_max = &configuration::body_bytes_max;
    std::string_view setting = "server.body_bytes_max";
};

inline constexpr body_bound usual_body{};

/// The bound in bytes, for one request.
struct body_limit {
    std::size_t bytes_max = 0;
    std::string_view setting{}; ///< named to a client that exceeds the limit
};

/// Returns a 413 that names the limit and its setting.
refusal too_long(const body_limit&);

} // namespace latchkey::http
