#pragma once
// One operation: what the description says of a route besides what the route and the tables of its
// fields say themselves.

#include "api/query_table.hpp"

#include <latchkey/http/json_body.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>
#include <latchkey/http/response.hpp>
#include <latchkey/http/route_terms.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey::api::description {

/// One kind of item in a list of items of several kinds. `type` tells them apart.
struct item_kind {
    std::string_view type;
    std::span<const http::json_field> fields;
    std::string_view required{};             ///< a field that is optional elsewhere
    std::span<const http::json_field> all{}; ///< of all kinds: those of others may be null
};

/// What an answer says of the cache.
enum class cache_news {
    none,
    always,  ///< X-Auth-Cache is there
    at_times ///< it is there in some answers
};

/// Whether an answer is for browsers: then it says that no script and no frame of others may have
/// to do with it, and has an ETag.
enum class for_browsers {
    no,
    also, ///< one of its forms is
    only
};

struct operation {
    http::method method = http::method::get;
    std::string_view path{};
    std::string_view id{};
    std::string_view tag{};
    std::span<const http::json_field> body{};
    std::span<const http::json_field> form{};   ///< of a body that is a form
    std::span<const std::string_view> clears{}; ///< of a PATCH: what may be null
    std::span<const item_kind> items{};         ///< of the body's list
    std::span<const query_parameter> query{};
    std::string_view example{};                ///< of the body, or of the form's fields: in JSON
    std::string_view answer{};                 ///< a schema's name; empty: none in JSON
    std::span<const std::string_view> texts{}; ///< types of the answer's other forms
    std::span<const std::string_view> words{}; ///< the only texts of those forms
    const http::fixed_refusal* refusals =
        nullptr; ///< how its refusals look; null: problem documents
    int status = 200;
    cache_news cache = cache_news::none;
    for_browsers browsers = for_browsers::no;
    bool takes_bearer = false;   ///< a token in Authorization
    bool has_tag = false;        ///< ETag, If-None-Match, Cache-Control and 304
    bool ends_something = false; ///< takes ?wait=all
    bool names_others = false;   ///< 404 for what the body names
    bool of_gateways = false;    ///< any method, no body, and a path by policy as well
    std::string_view says{};

    /// True if its refusals, and whom it asks for, are OAuth's.
    constexpr bool is_of_oauth() const { return !form.empty() && !refusals; }
};

/// Returns the operation of a route; null if it has none.
template <class Operations>
constexpr const operation* operation_of(const Operations& all, const http::route_terms& route) {
    for (const operation& one : all)
        if (one.method == route.method && one.path == route.path) return &one;
    return nullptr;
}

/// True if each route has an operation, and each operation a route. Both are told once.
template <class Operations, class Routes>
constexpr bool describes(const Operations& all, const Routes& routes) {
    for (const http::route_terms& route : routes)
        if (!operation_of(all, route)) return false;
    return std::size(all) == std::size(routes);
}

} // namespace latchkey::api::description
