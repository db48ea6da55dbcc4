#include <latchkey/auth/token_claims.hpp>

#include "record_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace latchkey::auth {

namespace {

namespace json = boost::json;

constexpr std::int64_t date_max = std::int64_t{1} << 53;
// What a time point of nanoseconds holds; a later date is as good as this one.
constexpr double time_max = 9'000'000'000.0;

// Negative: no number, or past 2^53, which a double would round.
double seconds_of(const json::value& v) {
    if (const auto* i = v.if_int64()) return *i > date_max ? -1 : static_cast<double>(*i);
    if (const auto* d = v.if_double()) return *d > static_cast<double>(date_max) ? -1 : *d;
    return -1;
}

// Reads members; remembers whether one was of a wrong type.
class claim_reader {
  public:
    explicit claim_reader(const json::object& o) : object_(o) {}

    bool good() const noexcept { return good_; }

    std::optional<std::string> text(std::string_view name) {
        const auto* found = object_.if_contains(name);
        if (!found) return std::nullopt;
        if (found->is_string()) return std::string(found->get_string());
        good_ = false;
        return std::nullopt;
    }
    std::optional<core::real_time> date(std::string_view name) {
        const auto* found = object_.if_contains(name);
        if (!found) return std::nullopt;
        const auto seconds = seconds_of(*found);
        if (!std::isfinite(seconds) || seconds < 0) {
            good_ = false;
            return std::nullopt;
        }
        const std::chrono::duration<double> since(std::min(seconds, time_max));
        return core::real_time(std::chrono::duration_cast<core::real_time::duration>(
            std::chrono::duration_cast<core::microseconds>(since)));
    }
    // A list of texts.
    void list(std::string_view name, std::vector<std::string>& out) {
        const auto* found = object_.if_contains(name);
        if (!found) return;
        const auto* elements = found->if_array();
        if (!elements) {
            good_ = false;
            return;
        }
        for (const auto& element : *elements) {
            if (element.is_string())
                out.emplace_back(element.get_string());
            else
                good_ = false;
        }
    }
    // A text, or a list of texts.
    void text_or_list(std::string_view name, std::vector<std::string>& out) {
        const auto* found = object_.if_contains(name);
        if (found && found->is_string())
            out.emplace_back(found->get_string());
        else
            list(name, out);
    }
    // Words between spaces, or a list of texts.
    void words_or_list(std::string_view name, std::vector<std::string>& out) {
        const auto* found = object_.if_contains(name);
        if (found && found->is_string())
            words(name, out);
        else
            list(name, out);
    }
    // Words between spaces.
    void words(std::string_view name, std::vector<std::string>& out) {
        const auto all = text(name);
        if (!all) return;
        std::string_view rest = *all;
        while (!rest.empty()) {
            const auto space = std::min(rest.find(' '), rest.size());
            if (space > 0) out.emplace_back(rest.substr(0, space));
            rest.remove_prefix(std::min(space + 1, rest.size()));
        }
    }

  private:
    const json::object& object_;
    bool good_ = true;
};

std::optional<std::string> find_text(const json::object& claims, std::string_view path) {
    const auto* object = &claims;
    for (;;) {
        const auto dot = path.find('.');
        const auto* found = object->if_contains(path.substr(0, dot));
        if (!found) return std::nullopt;
        if (dot == std::string_view::npos)
            return found->is_string() ? std::optional(std::string(found->get_string()))
                                      : std::nullopt;
        object = found->if_object();
        if (!object) return std::nullopt;
        path.remove_prefix(dot + 1);
    }
}

std::optional<credential_kind> source_of(const json::object& claims) {
    const auto* found = claims.if_contains("credential_kind");
    return found && found->is_string() ? source_kind_named(found->get_string()) : std::nullopt;
}

} // namespace

std::optional<std::string_view> issuer_of(const json::object& claims) {
    const auto* found = claims.if_contains("iss");
    if (!found || !found->is_string()) return std::nullopt;
    return std::string_view(found->get_string());
}

std::optional<core::real_time> issued_at_of(const json::object& claims) {
    return claim_reader(claims).date("iat");
}

std::optional<token_claims> read_token_claims(const json::object& claims,
                                              std::string_view organization_claim) {
    claim_reader in(claims);
    token_claims out;
    out.issuer = in.text("iss").value_or("");
    out.subject = in.text("sub");
    out.token_id = in.text("jti");
    in.text_or_list("aud", out.audiences);
    out.expires_at = in.date("exp");
    out.not_before = in.date("nbf");
    out.issued_at = in.date("iat");
    in.words("scope", out.scopes);
    in.words_or_list("scp", out.scopes);
    in.list("scopes", out.scopes);
    in.list("permissions", out.scopes);
    if (!in.good()) return std::nullopt;
    if (!organization_claim.empty()) out.organization_id = find_text(claims, organization_claim);
    out.made_from = source_of(claims);
    sort_and_dedupe(out.scopes);
    return out;
}

} // namespace latchkey::auth
