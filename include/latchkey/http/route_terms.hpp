#pragma once

#include <latchkey/http/request.hpp>

#include <string_view>

namespace latchkey::http {

/// What an entry of a route table says besides its endpoint.
struct route_terms {
    http::method method = http::method::other;
    std::string_view path{};
    std::string_view summary{};
    bool body_may_be_missing = false;
};

} // namespace latchkey::http
