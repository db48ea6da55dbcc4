#pragma once
// A route table is a constexpr array; this matches a request against it. HEAD is answered as GET,
// an unknown path with 404, an unknown method of a known path with 405 and Allow. One segment of a
// path may be `{id}`: the endpoint finds it in exchange::path_id. A literal path goes before one
// with an id.

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/path_template.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::http {

/// `Api` is what the endpoints of one listener work with.
template <class Api>
struct route {
    http::method method;
    std::string_view path; ///< a path_template
    void (*answer)(exchange&, Api&);
    std::string_view summary; ///< one line, for the list at `GET /`
};

template <class Api, std::size_t N>
class router {
  public:
    constexpr explicit router(const std::array<route<Api>, N>& routes) : routes_(routes) {
        names_[0] = "other";
        for (std::size_t i = 0; i < N; ++i) {
            names_[i + 1] = routes_[i].path;
            paths_[i] = path_template(routes_[i].path);
        }
    }

    void handle(exchange& ex, Api& api) const {
        const auto path = find_path(ex);
        if (path.empty()) return ex.refuse(404, "nothing is at this path; GET / lists what is");
        const auto wanted = ex.request.method == method::head ? method::get : ex.request.method;
        for (std::size_t i = 0; i < N; ++i) {
            if (routes_[i].path != path) continue;
            ex.endpoint = i + 1;
            if (routes_[i].method == wanted) return answer(routes_[i], ex, api);
        }
        refuse_method(ex, path);
    }

    /// Metric labels: the first stands for unknown paths.
    constexpr const std::array<std::string_view, N + 1>& names() const { return names_; }
    constexpr const std::array<route<Api>, N>& routes() const { return routes_; }

  private:
    // The template that the request's path has, or nothing; sets path_id.
    std::string_view find_path(exchange& ex) const {
        for (const bool with_id : {false, true})
            for (std::size_t i = 0; i < N; ++i) {
                if (paths_[i].has_id() != with_id) continue;
                const auto id = paths_[i].match(ex.request.path);
                if (!id) continue;
                ex.path_id = *id;
                return routes_[i].path;
            }
        return {};
    }

    static void answer(const route<Api>& found, exchange& ex, Api& api) {
        // Decoded, an id could mean another path than the one that was matched.
        if (ex.path_id.find('%') != std::string_view::npos)
            return ex.refuse(400, "an id in a path is written as it is, without percent-encoding");
        // An Api may have a door; who is not admitted has been answered.
        if constexpr (requires { api.admit(ex); })
            if (!api.admit(ex)) return;
        found.answer(ex, api);
    }

    void refuse_method(exchange& ex, std::string_view path) const {
        std::string allowed;
        for (const auto& r : routes_) {
            if (r.path != path) continue;
            if (!allowed.empty()) allowed += ", ";
            allowed += name_of(r.method);
            if (r.method == method::get) allowed += ", HEAD";
        }
        ex.refuse(405, "this path answers " + allowed, "Allow: " + allowed + "\r\n");
    }

    std::array<route<Api>, N> routes_;
    std::array<path_template, N> paths_{};
    std::array<std::string_view, N + 1> names_{};
};

} // namespace latchkey::http
