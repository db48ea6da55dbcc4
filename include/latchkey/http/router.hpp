#pragma once
// A route table is a constexpr array; this matches a request against it. A path may hold one `{id}`
// in place of a segment. HEAD is answered as GET, an unknown path with 404, an unknown method of a
// known path with 405 and Allow.

#include <latchkey/http/exchange.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

/// `Api` is what the endpoints of one listener work with.
template <class Api>
struct route {
    http::method method;
    std::string_view path;
    void (*answer)(exchange&, Api&);
    std::string_view summary; ///< one line, for the list at `GET /`
};

/// The segment that stands for `{id}` (empty where the template has none); nothing: no match.
constexpr std::optional<std::string_view> match_path(std::string_view pattern,
                                                     std::string_view path) {
    constexpr std::string_view id = "{id}";
    const auto at = pattern.find(id);
    if (at == std::string_view::npos)
        return pattern == path ? std::optional(std::string_view()) : std::nullopt;
    const auto before = pattern.substr(0, at);
    const auto after = pattern.substr(at + id.size());
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
        !path.ends_with(after))
        return std::nullopt;
    const auto segment = path.substr(before.size(), path.size() - before.size() - after.size());
    return segment.find('/') == std::string_view::npos ? std::optional(segment) : std::nullopt;
}

template <class Api, std::size_t N>
class router {
  public:
    constexpr explicit router(const std::array<route<Api>, N>& routes) : routes_(routes) {
        names_[0] = "other";
        for (std::size_t i = 0; i < N; ++i)
            names_[i + 1] = routes_[i].path;
    }

    void handle(exchange& ex, Api& api) const {
        const auto wanted = ex.request.method == method::head ? method::get : ex.request.method;
        const route<Api>* same_path = nullptr;
        for (std::size_t i = 0; i < N; ++i) {
            const auto id = match_path(routes_[i].path, ex.request.path);
            if (!id) continue;
            same_path = &routes_[i];
            ex.endpoint = i + 1;
            ex.path_id = *id;
            if (routes_[i].method == wanted) return routes_[i].answer(ex, api);
        }
        if (same_path) return refuse_method(ex);
        ex.refuse(404, "nothing is at this path; GET / lists what is");
    }

    /// Metric labels: the first stands for unknown paths.
    constexpr const std::array<std::string_view, N + 1>& names() const { return names_; }
    constexpr const std::array<route<Api>, N>& routes() const { return routes_; }

  private:
    void refuse_method(exchange& ex) const {
        std::string allowed;
        for (const auto& r : routes_) {
            if (!match_path(r.path, ex.request.path)) continue;
            if (!allowed.empty()) allowed += ", ";
            allowed += name_of(r.method);
            if (r.method == method::get) allowed += ", HEAD";
        }
        ex.refuse(405, "this path answers " + allowed, "Allow: " + allowed + "\r\n");
    }

    std::array<route<Api>, N> routes_;
    std::array<std::string_view, N + 1> names_{};
};

} // namespace latchkey::http
