#include <latchkey/auth/token/token_claims.hpp>

#include "auth/cache/record_text.hpp"
#include "auth/revocation/revocable_id.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/judge_token.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace latchkey::auth {

namespace {

namespace json = boost::json;

constexpr std::string_view of_certificate = "x5t#S256";
constexpr std::int64_t date_max = std::int64_t{1} << 53;
// The most seconds that a time point of nanoseconds can hold; later dates are limited to it.
constexpr double time_max = 9'000'000'000.0;

// Negative if it is no number, or greater than 2^53, which a double would round.
double seconds_of(const json::value& v) {
    if (const auto* i = v.if_int64()) return *i > date_max ? -1 : static_cast<double>(*i);
    if (const auto* d = v.if_double()) return *d > static_cast<double>(date_max) ? -1 : *d;
    return -1;
}

bool is_absent(const json::value* found) {
    return !found || found->is_null();
}

// Appends the words of a text.
void append_words(std::string_view text, std::vector<std::string>& out) {
    while (!text.empty()) {
        const auto space = std::min(text.find(' '), text.size());
        if (space > 0) out.emplace_back(text.substr(0, space));
        text.remove_prefix(std::min(space + 1, text.size()));
    }
}
void append_texts(const json::array& list, std::vector<std::string>& out) {
    for (const auto& element : list)
        if (element.is_string() && !element.get_string().empty())
            out.emplace_back(element.get_string());
}

// Returns the digits of a whole number that was written with a fraction or an exponent. For large
// numbers, for which a double cannot hold eighths, the last digit may differ from the written one.
std::optional<std::string> digits_of(double number) {
    constexpr double exact_max = 1e15;
    if (!(std::abs(number) < exact_max) || std::trunc(number) != number) return std::nullopt;
    return std::to_string(static_cast<std::int64_t>(number));
}

std::optional<std::string> text_of_organization(const json::value& found) {
    if (const auto* text = found.if_string()) return std::string(*text);
    if (const auto* i = found.if_int64()) return std::to_string(*i);
    if (const auto* u = found.if_uint64()) return std::to_string(*u);
    if (const auto* d = found.if_double()) return digits_of(*d);
    return std::nullopt;
}

// The claims that have a fixed name, found in one pass. Null if there is none.
struct named_claims {
    const json::value *issuer{}, *subject{}, *token_id{}, *expires_at{}, *not_before{},
        *issued_at{}, *scope{}, *scp{}, *scopes{}, *permissions{}, *credential_kind{},
        *generation{}, *confirmation{}, *client_id{}, *subject_issuer{}, *subject_token_id{},
        *exchanged_token_id{}, *subject_issued_at{};

    explicit named_claims(const json::object& claims) {
        for (const auto& member : claims)
            for (const auto& [name, place] : places)
                if (member.key() == name) this->*place = &member.value();
    }

  private:
    struct named_place {
        std::string_view name;
        const json::value* named_claims::*place;
    };
    static const named_place places[18];
};

constexpr named_claims::named_place named_claims::places[] = {
    {"iss", &named_claims::issuer},
    {"sub", &named_claims::subject},
    {"jti", &named_claims::token_id},
    {"exp", &named_claims::expires_at},
    {"nbf", &named_claims::not_before},
    {"iat", &named_claims::issued_at},
    {"scope", &named_claims::scope},
    {"scp", &named_claims::scp},
    {"scopes", &named_claims::scopes},
    {"permissions", &named_claims::permissions},
    {"credential_kind", &named_claims::credential_kind},
    {"gen", &named_claims::generation},
    {"cnf", &named_claims::confirmation},
    {"client_id", &named_claims::client_id},
    {"subject_issuer", &named_claims::subject_issuer},
    {"subject_token_id", &named_claims::subject_token_id},
    {"exchanged_token_id", &named_claims::exchanged_token_id},
    {"subject_issued_at", &named_claims::subject_issued_at},
};

// Reads members, and remembers whether one had a wrong type.
class claim_reader {
  public:
    explicit claim_reader(const json::object& o) : object_(o), named_(o) {}

    const named_claims& named() const noexcept { return named_; }
    bool good() const noexcept { return good_; }

    std::string issuer() {
        const auto* found = named_.issuer;
        if (!found) return {};
        if (found->is_string()) return std::string(found->get_string());
        return fail().value_or("");
    }
    std::optional<std::string> subject(const issuer_rules& rules) {
        const auto* found = named_.subject;
        if (!found) return std::nullopt;
        if (const auto* number = found->if_int64(); number && rules.integer_subject)
            return std::to_string(*number);
        return found->is_string() ? revocable(found->get_string()) : fail();
    }
    std::optional<std::string> token_id() {
        const auto* found = named_.token_id;
        if (is_absent(found)) return std::nullopt;
        return found->is_string() ? revocable(found->get_string()) : fail();
    }
    // A certificate that cannot be read would leave the token unbound.
    std::optional<std::string> certificate() {
        const auto* found = named_.confirmation;
        if (is_absent(found)) return std::nullopt;
        const auto* object = found->if_object();
        if (!object) return fail();
        const auto* thumbprint = object->if_contains(of_certificate);
        if (is_absent(thumbprint)) return std::nullopt;
        const bool fits = thumbprint->is_string() && !thumbprint->get_string().empty();
        return fits ? std::optional(std::string(thumbprint->get_string())) : fail();
    }
    std::optional<std::string> confirmation() const {
        const auto* object = named_.confirmation ? named_.confirmation->if_object() : nullptr;
        if (!object || object->empty()) return std::nullopt;
        if (object->size() == 1 && object->contains(of_certificate)) return std::nullopt;
        return json::serialize(*object);
    }
    // A claim of our own tokens.
    std::optional<std::string> text(const json::value* found) {
        if (is_absent(found)) return std::nullopt;
        return found->is_string() ? std::optional(std::string(found->get_string())) : fail();
    }
    // What our own tokens say of what they were made from.
    void origin(token_claims& out) {
        out.client_id = text(named_.client_id);
        if (out.client_id == out.subject) out.client_id.reset();
        out.subject_issuer = text(named_.subject_issuer);
        out.subject_token_id = text(named_.subject_token_id);
        out.exchanged_token_id = text(named_.exchanged_token_id);
        const auto before = date(named_.subject_issued_at);
        if (before && out.issued_at) out.first_issued_at = std::min(*before, *out.issued_at);
    }
    std::optional<std::string> organization(const issuer_rules& rules) {
        const auto& name = rules.organization_claim;
        const auto* found = name.empty() ? nullptr : find_claim(object_, name);
        if (is_absent(found)) return std::nullopt;
        const auto text = text_of_organization(*found);
        if (text && text->empty()) return std::nullopt; // an empty text names none
        if (!text || !is_revocable({}, *text)) return fail();
        auto id = canonical_organization(*text, rules.organization_ids);
        if (!id && rules.strict_organizations) return fail();
        return id ? id : text;
    }
    std::optional<core::real_time> date(const json::value* found) {
        if (is_absent(found)) return std::nullopt;
        const auto seconds = seconds_of(*found);
        if (!std::isfinite(seconds) || seconds < 0) {
            good_ = false;
            return std::nullopt;
        }
        const std::chrono::duration<double> since(std::min(seconds, time_max));
        return core::real_time(std::chrono::duration_cast<core::real_time::duration>(
            std::chrono::duration_cast<core::microseconds>(since)));
    }
    // Appends the audiences of the first claim that is there: a text, or a list of texts.
    void audiences(const issuer_rules& rules, std::vector<std::string>& out) {
        const json::value* found = nullptr;
        for (const auto& name : rules.audience_claims)
            if (is_absent(found)) found = find_claim(object_, name);
        if (is_absent(found)) return;
        if (const auto* list = found->if_array())
            for (const auto& element : *list)
                add_audience(element, out);
        else
            add_audience(*found, out);
    }
    // Appends the texts of a list; with `words`, also the words of a text. A claim of another type
    // grants nothing.
    static void scopes(const json::value* found, bool words, std::vector<std::string>& out) {
        if (!found) return;
        if (const auto* list = found->if_array()) append_texts(*list, out);
        if (const auto* text = found->if_string(); text && words) append_words(*text, out);
    }

  private:
    std::optional<std::string> fail() {
        good_ = false;
        return std::nullopt;
    }
    std::optional<std::string> revocable(const json::string& text) {
        const auto* issuer = named_.issuer ? named_.issuer->if_string() : nullptr;
        const auto by = issuer ? std::string_view(*issuer) : std::string_view();
        return is_revocable(by, text) ? std::optional(std::string(text)) : fail();
    }
    void add_audience(const json::value& element, std::vector<std::string>& out) {
        if (element.is_string() && element.get_string().find('\0') == json::string::npos)
            out.emplace_back(element.get_string());
        else
            good_ = false;
    }

    const json::object& object_;
    named_claims named_;
    bool good_ = true;
};

std::optional<credential_kind> source_of(const json::value* found) {
    return found && found->is_string() ? source_kind_named(found->get_string()) : std::nullopt;
}

std::uint32_t generation_of(const json::value* found) {
    const auto* number = found ? found->if_int64() : nullptr;
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    return number && *number >= 0 && *number <= most ? static_cast<std::uint32_t>(*number) : 0;
}

} // namespace

const json::value* find_claim(const json::object& claims, std::string_view name) {
    if (const auto* whole = claims.if_contains(name)) return whole;
    for (auto dot = name.rfind('.'); dot != name.npos && dot > 0; dot = name.rfind('.', dot - 1)) {
        const auto* before = claims.if_contains(name.substr(0, dot));
        const auto* object = before ? before->if_object() : nullptr;
        const auto* found = object ? find_claim(*object, name.substr(dot + 1)) : nullptr;
        if (found) return found;
    }
    return nullptr;
}

std::optional<std::string_view> issuer_of(const json::object& claims) {
    const auto* found = claims.if_contains("iss");
    if (!found || !found->is_string()) return std::nullopt;
    return std::string_view(found->get_string());
}

std::optional<core::real_time> issued_at_of(const json::object& claims) {
    claim_reader in(claims);
    return in.date(in.named().issued_at);
}

std::optional<token_claims> read_token_claims(const json::object& claims,
                                              const issuer_rules& rules) {
    claim_reader in(claims);
    const auto& named = in.named();
    token_claims out;
    out.issuer = in.issuer();
    out.subject = in.subject(rules);
    out.token_id = in.token_id();
    out.organization_id = in.organization(rules);
    in.audiences(rules, out.audiences);
    out.expires_at = in.date(named.expires_at);
    out.not_before = in.date(named.not_before);
    out.issued_at = in.date(named.issued_at);
    claim_reader::scopes(named.scope, true, out.scopes);
    claim_reader::scopes(named.scp, true, out.scopes);
    claim_reader::scopes(named.scopes, false, out.scopes);
    claim_reader::scopes(named.permissions, false, out.scopes);
    out.certificate = in.certificate();
    out.confirmation = in.confirmation();
    out.first_issued_at = out.issued_at;
    if (rules.own) in.origin(out);
    if (!in.good()) return std::nullopt;
    out.made_from = source_of(named.credential_kind);
    out.generation = generation_of(named.generation);
    drop_reserved_scopes(out.scopes); // no token makes a caller
    sort_and_dedupe(out.scopes);
    const auto end = expiry_of(out, rules);
    if (end != core::real_time::max()) out.ends_at = end;
    return out;
}

} // namespace latchkey::auth
