#pragma once
// Matches a request against a route table, which is a constexpr array. HEAD is answered as GET;
// OPTIONS with the methods of the path; an unknown path with 404; an unknown method of a known path
// with 405 and Allow. One segment of a path may be `{id}`: the endpoint finds its value in
// exchange::path_id. A literal path goes before one with an id.
//
//   constexpr auto routes = std::to_array<route<my_api>>({
//       {method::get, "/things/{id}", show_thing, "shows a thing"},
//       {method::post, "/things", make_thing, "makes a thing"},
//   });
//   constexpr router<my_api, routes.size()> table(routes); // table.handle(ex, api)

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/field_values.hpp>
#include <latchkey/http/path_template.hpp>
#include <latchkey/http/route_terms.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

/// One entry of the table. `Api` is the object that the endpoints of one listener work with.
template <class Api>
struct route {
    http::method method;
    std::string_view path; ///< a path_template
    void (*answer)(exchange&, Api&);
    std::string_view summary; ///< one line, for the list at `GET /`
    /// For POST, PUT and PATCH: a request without Content-Length has an empty body. If this is
    /// false, such a request gets 411.
    bool body_may_be_missing = false;
    body_bound body{}; ///< what bounds the body's length
};

template <class Api, std::size_t N>
class router {
  public:
    constexpr explicit router(const std::array<route<Api>, N>& routes) : routes_(routes) {
        names_[0] = "other";
        for (std::size_t i = 0; i < N; ++i) {
            names_[i + 1] = routes_[i].path;
            paths_[i] = path_template(routes_[i].path);
            terms_[i] = {routes_[i].method, routes_[i].path, routes_[i].summary,
                         routes_[i].body_may_be_missing};
        }
    }

    void handle(exchange& ex, Api& api) const { handle(ex, api, ex.request.path); }
    /// `path`: the path that counts, if what the request says has a prefix that the table lacks. So
    /// it is with the other functions.
    void handle(exchange& ex, Api& api, std::string_view path) const {
        if (is_of_all(ex.request)) return tell_methods(ex, api, {});
        const auto place = find_path(path);
        ex.path_id = place.id;
        const auto* found = find_route(ex.request, place.path, &ex.endpoint);
        if (found) return answer(*found, ex, api);
        if (ex.request.method == method::options && !place.path.empty())
            return tell_methods(ex, api, place.path);
        ex.refuse(*objection(ex.request, path));
    }

    /// Returns 404 or 405, which the header alone decides; nullopt if there is an endpoint.
    std::optional<refusal> objection(const request& asked) const {
        return objection(asked, asked.path);
    }
    std::optional<refusal> objection(const request& asked, std::string_view path) const {
        if (is_of_all(asked)) return std::nullopt;
        const auto place = find_path(path);
        if (place.path.empty()) return refusal{404, "nothing is at this path; GET / lists what is"};
        if (asked.method == method::options || find_route(asked, place.path)) return std::nullopt;
        const auto allowed = methods_of(place.path);
        return refusal{405, "this path answers " + allowed, "Allow: " + allowed + "\r\n"};
    }

    /// Returns the route's bound, or `usual_body` if there is no route.
    body_bound bound_of(const request& asked) const { return bound_of(asked, asked.path); }
    body_bound bound_of(const request& asked, std::string_view path) const {
        const auto* found = find_route(asked, find_path(path).path);
        return found ? found->body : usual_body;
    }

    /// Labels for metrics. The first stands for unknown paths.
    constexpr const std::array<std::string_view, N + 1>& names() const { return names_; }
    constexpr const std::array<route<Api>, N>& routes() const { return routes_; }
    /// The same without the endpoints, for the description of the API.
    constexpr const std::array<route_terms, N>& terms() const { return terms_; }

  private:
    // The template that a path matches (empty if none does), and the value of {id} in the path.
    struct matched {
        std::string_view path;
        std::string_view id;
    };

    matched find_path(std::string_view path) const {
        for (const bool with_id : {false, true})
            for (std::size_t i = 0; i < N; ++i) {
                if (paths_[i].has_id() != with_id) continue;
                if (const auto id = paths_[i].match(path)) return {routes_[i].path, *id};
            }
        return {};
    }

    // Sets `endpoint` to the row of the route, or else of another route with this path.
    const route<Api>* find_route(const request& asked, std::string_view path,
                                 std::size_t* endpoint = nullptr) const {
        const auto wanted = asked.method == method::head ? method::get : asked.method;
        for (std::size_t i = 0; i < N; ++i) {
            if (routes_[i].path != path) continue;
            if (endpoint) *endpoint = i + 1;
            if (routes_[i].method == wanted) return &routes_[i];
        }
        return nullptr;
    }

    // OPTIONS * concerns the whole server (RFC 9110, section 9.3.7).
    static bool is_of_all(const request& asked) {
        return asked.method == method::options && asked.path == "*";
    }

    // Returns the methods of a path, or those of all paths together if `path` is empty.
    std::string methods_of(std::string_view path) const {
        std::array<bool, method_count> has{};
        for (const auto& r : routes_)
            if (path.empty() || r.path == path) has[static_cast<std::size_t>(r.method)] = true;
        has[static_cast<std::size_t>(method::head)] |= has[static_cast<std::size_t>(method::get)];
        has[static_cast<std::size_t>(method::options)] = true;
        std::string all;
        for (std::size_t m = 0; m < method_count; ++m) {
            if (!has[m]) continue;
            if (!all.empty()) all += ", ";
            all += name_of(static_cast<method>(m));
        }
        return all;
    }

    // Load balancers take the answer for "/" or "*" as a health check (HAProxy's `option httpchk`).
    void tell_methods(exchange& ex, Api& api, std::string_view path) const {
        if constexpr (requires { api.admit(ex); })
            if (!api.admit(ex)) return;
        if constexpr (requires { api.refuse_unready(ex); })
            if ((path.empty() || path == "/") && api.refuse_unready(ex)) return;
        ex.answer(204, {}, {}, "Allow: " + methods_of(path) + "\r\n");
    }

    static void answer(const route<Api>& found, exchange& ex, Api& api) {
        // If it were decoded, an id could mean another path than the one that was matched.
        if (ex.path_id.find('%') != std::string_view::npos)
            return ex.refuse(400, "an id in a path is written as it is, without percent-encoding");
        if (ex.request.repeats_authorization) {
            ex.end_connection();
            return ex.refuse(400, "Authorization is repeated");
        }
        if (ex.request.has_no_length() && !found.body_may_be_missing) {
            ex.end_connection();
            return ex.refuse(411, "say how long the body is, with Content-Length or chunked");
        }
        // If `admit` returns false, it has answered the request.
        if constexpr (requires { api.admit(ex); })
            if (!api.admit(ex)) return;
        const bool is_coded = names_coding(ex.request.get(field::content_encoding));
        if (is_coded && !ex.request.body.empty() && takes_body(found.method))
            return ex.refuse(415, "no Content-Encoding is understood here: send the body as it is",
                             "Accept-Encoding: identity\r\n");
        found.answer(ex, api);
    }

    std::array<route<Api>, N> routes_;
    std::array<path_template, N> paths_{};
    std::array<std::string_view, N + 1> names_{};
    std::array<route_terms, N> terms_{};
};

} // namespace latchkey::http
