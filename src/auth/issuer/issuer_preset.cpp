#include <latchkey/auth/issuer/make_issuer_rules.hpp>

namespace latchkey::auth {

namespace {

core::failure wrong(std::string_view key, std::string_view what) {
    return {core::failure_kind::invalid, std::string(key) + ": " + std::string(what)};
}

constexpr std::string_view supabase = "supabase";

void fill(std::string& field, std::string value) {
    if (field.empty()) field = std::move(value);
}

// Projects sign with asymmetric keys, which they publish. Older ones sign with a secret, which may
// still be in use beside these keys.
void fill_supabase(issuer_configuration& c) {
    const auto base = "https://" + c.project + ".supabase.co/auth/v1";
    fill(c.issuer, base);
    if (c.jwks_file.empty()) fill(c.jwks_url, base + "/.well-known/jwks.json");
    if (!c.any_audience) fill(c.audiences, "authenticated");
    fill(c.algorithms, c.secret_file.empty() ? "RS256, ES256" : "RS256, ES256, HS256");
}

} // namespace

bool is_preset(std::string_view text) {
    return text.empty() || text == supabase;
}

// The text becomes a part of a host name.
bool is_project(std::string_view text) {
    return text.size() <= 63 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

core::result<issuer_configuration> with_preset(issuer_configuration c) {
    if (c.preset.empty() && c.project.empty()) return c;
    if (c.preset.empty()) return wrong("project", "needs preset = \"supabase\"");
    if (!is_preset(c.preset))
        return wrong("preset", '"' + c.preset + "\" is not known; expected \"supabase\"");
    if (c.project.empty())
        return wrong("project", "is missing; expected the reference of the Supabase project");
    if (!is_project(c.project))
        return wrong("project", "is not well formed; expected 1 to 63 small letters, digits and "
                                "hyphens");
    fill_supabase(c);
    return c;
}

} // namespace latchkey::auth
