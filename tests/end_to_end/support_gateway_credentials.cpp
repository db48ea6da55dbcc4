// What a gateway does with credentials, good and bad, and what it tells the upstream.
#include "support_gateway.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace latchkey::test {

namespace {

using site = gateway_site;

struct holder {
    const char *kind, *subject, *scopes;
    std::string organization = "ours";
};

// The newest request of the upstream tells of this holder, and of nobody else.
void tells_of(const upstream_request& asked, const holder& who) {
    BOOST_TEST(asked.as_cgi("X_LATCHKEY_KIND") == who.kind);
    BOOST_TEST(asked.as_cgi("X_LATCHKEY_SUBJECT") == who.subject);
    BOOST_TEST(asked.as_cgi("X_LATCHKEY_ORGANIZATION") == who.organization);
    BOOST_TEST(asked.as_cgi("X_LATCHKEY_SCOPES") == who.scopes);
    // Two issuers may have a subject of the same name.
    BOOST_TEST(asked.as_cgi("X_LATCHKEY_ISSUER") ==
               (std::string_view(who.kind) == "token" ? "latchkey" : "-"));
    for (const auto* name : {"X_LATCHKEY_KEY", "X_LATCHKEY_RECEIPT"})
        BOOST_TEST(asked.as_cgi(name) == "(none)");
}

// Nothing of the name reaches the upstream that a client could have made up. Some gateways send
// an empty field in place of none.
bool is_empty(const std::string& value) {
    return value == "(none)" || value.empty();
}

// The gateway answers with the status, and the upstream hears nothing.
answer refused(site& s, int status, std::string_view target, const std::string& fields,
               int host = 1) {
    const auto before = s.upstream.count();
    auto a = s.decided_for(target, fields, host);
    BOOST_TEST(a.status == status, a.head);
    BOOST_TEST(s.upstream.count() == before);
    return a;
}

void good_ones_pass(site& s) {
    const std::string key_id = s.our_key_id;
    const struct {
        const char* name;
        std::string fields;
        holder who;
    } all[] = {
        {"key", site::bearer(s.our_key), {"api_key", key_id.c_str(), "devices:read devices:write"}},
        {"X-API-Key",
         site::x_api_key(s.our_key),
         {"api_key", key_id.c_str(), "devices:read devices:write"}},
        {"both",
         site::bearer(s.our_key) + site::x_api_key(s.our_key),
         {"api_key", key_id.c_str(), "devices:read devices:write"}},
        {"token",
         site::bearer(s.our_token),
         {"token", key_id.c_str(), "devices:read devices:write"}},
        {"device", site::basic("door", s.device_secret), {"device", "door", "devices:read"}}};
    for (const auto& one : all)
        BOOST_TEST_CONTEXT(one.name) {
            const auto a = s.decided_for("/devices/x?y=1", one.fields);
            BOOST_TEST(a.status == 200, a.head);
            BOOST_TEST(a.body == "upstream\n");
            const auto asked = s.upstream.last();
            BOOST_TEST(asked.target == "/devices/x?y=1");
            tells_of(asked, one.who);
        }
    s.decided_for("/devices/x", site::bearer(s.our_key));
    BOOST_TEST(s.upstream.last().as_cgi("AUTHORIZATION") == "Bearer " + s.our_key);
    BOOST_TEST(s.decided_for("/any/x", site::bearer(s.weak_key)).status == 200);
    BOOST_TEST(s.upstream.last().as_cgi("X_LATCHKEY_SCOPES") == "-");
}

void bad_ones_are_told_why(site& s) {
    const struct {
        const char* name;
        std::string fields;
        std::string_view challenge;
    } all[] = {{"missing", "", "Bearer"},
               {"unknown", site::bearer(s.unknown_key), "invalid_token"},
               {"unknown in X-API-Key", site::x_api_key(s.unknown_key), "invalid_token"},
               {"misshapen", site::bearer("x"), "invalid_token"},
               {"another scheme", "Authorization: Digest x\r\n", "invalid_request"},
               {"empty", "Authorization:\r\n", "Bearer"},
               {"a forged token", site::bearer(s.our_token + "x"), "invalid_token"},
               {"a wrong secret", site::basic("door", "wrong"), "invalid_token"},
               {"two that disagree", site::bearer(s.our_key) + site::x_api_key(s.their_key),
                "invalid_request"}};
    for (const auto& one : all)
        for (const auto* place : {"/devices/x", "/any/x", "/token/x"})
            BOOST_TEST_CONTEXT(one.name << place) {
                const auto a = refused(s, 401, place, one.fields);
                BOOST_TEST(a.field("WWW-Authenticate").starts_with("Bearer"), a.head);
                BOOST_TEST(a.has(one.challenge), a.head);
            }
}

void scopes_and_organizations_count(site& s) {
    refused(s, 403, "/devices/x", site::bearer(s.weak_key));
    refused(s, 403, "/devices/x", site::bearer(s.their_key));
    // Where no organization is demanded, any organization's credential passes.
    BOOST_TEST(s.decided_for("/any/x", site::bearer(s.their_key)).status == 200);
    BOOST_TEST(s.upstream.last().as_cgi("X_LATCHKEY_ORGANIZATION") == "theirs");
}

void a_revoked_one_is_refused(site& s) {
    const auto made = s.latchkey->command({"key", "create", "--organization", "ours", "--name", "r",
                                           "--scopes", "devices:read", "--json"});
    const auto fields = boost::json::parse(made.out).as_object();
    const auto key = site::bearer(std::string(fields.at("api_key").as_string()));
    BOOST_TEST(s.decided_for("/devices/x", key).status == 200);
    const auto revoked = s.latchkey->command(
        {"key", "revoke", std::string(fields.at("key_id").as_string()), "--wait", "all"});
    BOOST_TEST(revoked.exit_code == 0, revoked.err);
    // At once, because the acknowledgement was waited for.
    refused(s, 401, "/devices/x", key);
}

void a_limited_one_is_told_when_to_come_again(site& s) {
    int passed = 0;
    answer a;
    soon([&] {
        a = s.ask_for("/devices/x", site::bearer(s.limited_key));
        passed += a.status == 200;
        return a.status == 429;
    });
    BOOST_TEST(passed == 2);
    BOOST_TEST(refused(s, 429, "/devices/x", site::bearer(s.limited_key)).status == 429);
    const auto wait = a.field("Retry-After");
    BOOST_REQUIRE(!wait.empty());
    BOOST_TEST(std::stoi(wait) >= 1);
    BOOST_TEST(std::stoi(wait) <= 3600);
}

void an_address_is_the_clients(site& s) {
    const auto key = site::bearer(s.bound_key);
    BOOST_TEST(s.decided_for("/devices/x", key, 7).status == 200);
    refused(s, 403, "/devices/x", key, 8);
    refused(s, 403, "/devices/x", key + "X-Forwarded-For: 127.0.0.7\r\n", 8);
    refused(s, 403, "/devices/x", key + "Forwarded: for=127.0.0.7\r\nX-Real-IP: 127.0.0.7\r\n", 8);
    BOOST_TEST(s.decided_for("/devices/x", key + "X-Forwarded-For: 127.0.0.8\r\n", 7).status ==
               200);
}

const std::vector<std::string>& identity_fields() {
    static const std::vector<std::string> all = {
        "KIND", "SUBJECT", "ORGANIZATION", "ISSUER", "SCOPES", "TOKEN", "CODE", "KEY", "RECEIPT"};
    return all;
}

// All spellings that CGI takes for HTTP_X_LATCHKEY_…
std::string forged_fields() {
    std::string out;
    for (const auto& name : identity_fields())
        for (const auto* prefix :
             {"X-Latchkey-", "X_Latchkey_", "X-Latchkey_", "X_Latchkey-", "x-latchkey-",
              "x_latchkey_", "X_LATCHKEY_", "X.Latchkey.", "X-Latchkey.", "X_Latchkey."})
            out += prefix + name + ": forged\r\n";
    return out;
}

void nobody_forges_who_he_is(site& s) {
    const auto forged = forged_fields();
    for (const auto* place : {"/devices/x", "/any/x", "/token/x"})
        refused(s, 401, place, forged);
    for (const auto* place : {"/devices/x", "/any/x", "/token/x"})
        BOOST_TEST_CONTEXT(place)
    for (const auto& fields :
         {forged + site::bearer(s.our_key), site::bearer(s.our_key) + forged}) {
        const auto a = s.decided_for(place, fields);
        if (a.status != 200) { // a gateway may refuse such a request as a whole
            BOOST_TEST(a.status == 400, a.head);
            continue;
        }
        const auto asked = s.upstream.last();
        BOOST_TEST(asked.as_cgi("X_LATCHKEY_KIND") == "api_key");
        BOOST_TEST(asked.as_cgi("X_LATCHKEY_SUBJECT") == s.our_key_id);
        BOOST_TEST(asked.as_cgi("X_LATCHKEY_ORGANIZATION") == "ours");
        BOOST_TEST(asked.as_cgi("X_LATCHKEY_SCOPES") == "devices:read devices:write");
        for (const auto& name : identity_fields())
            BOOST_TEST(asked.as_cgi("X_LATCHKEY_" + name).find("forged") == std::string::npos,
                       name);
    }
    // A credential's second spelling is either the one that was judged, or does not arrive.
    s.decided_for("/devices/x", site::bearer(s.our_key) + "X_API_Key: " + s.their_key +
                                    "\r\nX_API-Key: " + s.their_key +
                                    "\r\nX.API.Key: " + s.their_key + "\r\n");
    BOOST_TEST(s.upstream.last().as_cgi("X_API_KEY").find(s.their_key) == std::string::npos);
    // Nobody judges a place that is not protected, so its upstream must not read of anybody.
    BOOST_TEST(s.decided_for("/open/x", forged).status == 200);
    for (const auto& name : identity_fields())
        BOOST_TEST(is_empty(s.upstream.last().as_cgi("X_LATCHKEY_" + name)), name);
}

// Some upstreams take every sign for the same. Only letters and digits count.
void odd_spellings_do_not_arrive(site& s) {
    std::string forged;
    for (const auto* name : {"X~Latchkey~Subject", "X!Latchkey!Kind", "X-Latchkey+Subject",
                             "X|Latchkey|Scopes", "X~API~Key", "X-API+Key", "X'API`Key"})
        forged += std::string(name) + ": forged\r\n";
    for (const auto& fields :
         {forged + site::bearer(s.our_key), site::bearer(s.our_key) + forged}) {
        const auto a = s.decided_for("/devices/x", fields);
        BOOST_TEST((a.status == 200 || a.status == 400), a.head);
        if (a.status != 200) continue;
        for (const auto& [name, value] : s.upstream.last().fields)
            BOOST_TEST(value != "forged", name);
    }
}

// A credential with many scopes.
void a_long_answer_passes(site& s) {
    std::string scopes = "devices:read";
    for (int i = 10; i < 60; ++i)
        scopes += "," + std::to_string(i) + ":" + std::string(100, 's');
    const auto key = s.latchkey->create_key("ours", {"--scopes", scopes});
    BOOST_REQUIRE(soon([&] { return s.ask_for("/any/x", site::bearer(key)).status != 401; }));
    const auto a = s.ask_for("/devices/x", site::bearer(key));
    BOOST_TEST(a.status == 200, a.head);
    BOOST_TEST(s.upstream.last().as_cgi("X_LATCHKEY_SCOPES").size() == scopes.size());
}

// The client asks the gateway to drop what it has added.
void fields_named_in_connection_stay(site& s) {
    const auto a = s.decided_for(
        "/devices/x", site::bearer(s.our_key) + "Connection: X-Latchkey-Subject, X-Latchkey-Kind, "
                                                "X-Latchkey-Organization, X-Latchkey-Scopes\r\n");
    BOOST_TEST(a.status == 200);
    tells_of(s.upstream.last(), {"api_key", s.our_key_id.c_str(), "devices:read devices:write"});
    const auto before = s.upstream.count();
    const auto b =
        s.decided_for("/devices/x", site::bearer(s.unknown_key) + "Connection: Authorization\r\n");
    BOOST_TEST(b.status == 401);
    BOOST_TEST(s.upstream.count() == before);
}

// The upstream never gets a credential that was not the one judged.
void a_repeated_one_is_not_two(site& s) {
    const struct {
        const char* name;
        std::string good, bad;
        const char* variable;
    } all[] = {
        {"Authorization", site::bearer(s.our_key), site::bearer(s.unknown_key), "AUTHORIZATION"},
        {"X-API-Key", site::x_api_key(s.our_key), site::x_api_key(s.unknown_key), "X_API_KEY"}};
    for (const auto& one : all)
        for (const auto& fields : {one.good + one.bad, one.bad + one.good})
            BOOST_TEST_CONTEXT(one.name) {
                const auto before = s.upstream.count();
                const auto a = s.decided_for("/devices/x", fields);
                if (a.status == 200)
                    BOOST_TEST(s.upstream.last().as_cgi(one.variable).find(s.unknown_key) ==
                               std::string::npos);
                else {
                    BOOST_TEST((a.status == 401 || a.status == 400), a.head);
                    BOOST_TEST(s.upstream.count() == before);
                }
            }
}

// What a credential is called stays inside its field, whatever it holds.
void odd_names_stay_in_their_field(site& s) {
    const std::string id = "a\"b' \xC3\xA4;\\ $uri %0d%0aX\r\nX-Other";
    s.database.exec(R"(insert into public.device_credentials
        (device_id, device_secret, organization_id, status)
        select E'a"b\' \u00e4;\\ $uri %0d%0aX\r\nX-Other', device_secret, organization_id, status
        from public.device_credentials where device_id = 'door')");
    const auto good = site::basic(id, s.device_secret);
    BOOST_REQUIRE(soon([&] { return s.decided_for("/any/x", good).status == 200; }));
    const auto subject = s.upstream.last().as_cgi("X_LATCHKEY_SUBJECT");
    BOOST_TEST(subject == R"(a"b'%20%C3%A4;\%20$uri%20%250d%250aX%0D%0AX-Other)");
}

void a_token_of_ours_is_for_the_upstream(site& s) {
    BOOST_TEST(s.decided_for("/token/x", site::bearer(s.our_key)).status == 200);
    const auto token = s.upstream.last().as_cgi("X_LATCHKEY_TOKEN");
    BOOST_TEST(std::ranges::count(token, '.') == 2, token);
    BOOST_TEST(s.decided_for("/any/x", site::bearer(token)).status == 200);
    // Not where none was demanded.
    BOOST_TEST(s.decided_for("/devices/x", site::bearer(s.our_key)).status == 200);
    BOOST_TEST(is_empty(s.upstream.last().as_cgi("X_LATCHKEY_TOKEN")));
}

// --- callers -------------------------------------------------------------------------------------

void tls_and_a_key_are_spoken(site& s) {
    BOOST_TEST(s.decided_for("/devices/x", site::bearer(s.our_key)).status == 200);
    BOOST_TEST(s.upstream.last().as_cgi("X_LATCHKEY_KEY") == "(none)");
    refused(s, 401, "/devices/x", site::bearer(s.unknown_key));
}

// The gateway's key is of "ours", so what others have is unknown to it.
void another_organizations_is_unknown(site& s) {
    refused(s, 401, "/any/x", site::bearer(s.their_key));
    refused(s, 401, "/any/x",
            site::bearer(s.their_key) + "X-Latchkey-Key: " + s.their_key + "\r\n");
}

void a_gateway_without_a_key_lets_nobody_in(site& s) {
    s.start_gateway([](gateway_order& order) { order.caller_key.clear(); });
    const auto before = s.upstream.count();
    for (const auto& more : {std::string(), "X-Latchkey-Key: " + s.gateways_key + "\r\n",
                             "X_Latchkey_Key: " + s.gateways_key + "\r\n"}) {
        const auto a = s.ask_for("/any/x", site::bearer(s.our_key) + more);
        BOOST_TEST((a.status == 401 || a.status == 403 || a.status == 503), a.head);
    }
    BOOST_TEST(s.upstream.count() == before);
}

void a_stranger_is_not_taken_for_latchkey(site& s) {
    const certificate_authority strangers("strangers");
    strangers.write(s.folder.file("strangers.pem"));
    s.start_gateway(
        [&](gateway_order& order) { order.authority_file = s.folder.file("strangers.pem"); });
    const auto before = s.upstream.count();
    BOOST_TEST(s.ask_for("/any/x", site::bearer(s.our_key)).status == 503);
    BOOST_TEST(s.upstream.count() == before);
}

constexpr gateway_scenario of_credentials[] = {
    {"good ones pass", good_ones_pass},
    {"bad ones are told why", bad_ones_are_told_why},
    {"scopes and organizations count", scopes_and_organizations_count},
    {"a revoked one is refused", a_revoked_one_is_refused},
    {"a limited one is told when to come again", a_limited_one_is_told_when_to_come_again},
    {"an address is the client's", an_address_is_the_clients},
    {"nobody forges who he is", nobody_forges_who_he_is},
    {"odd spellings do not arrive", odd_spellings_do_not_arrive},
    {"a long answer passes", a_long_answer_passes},
    {"fields named in Connection stay", fields_named_in_connection_stay},
    {"a repeated one is not two", a_repeated_one_is_not_two},
    {"odd names stay in their field", odd_names_stay_in_their_field},
    {"a token of ours is for the upstream", a_token_of_ours_is_for_the_upstream},
};

constexpr gateway_scenario of_callers[] = {
    {"TLS and a key are spoken", tls_and_a_key_are_spoken},
    {"another organization's is unknown", another_organizations_is_unknown},
    {"a gateway without a key lets nobody in", a_gateway_without_a_key_lets_nobody_in},
    {"a stranger is not taken for Latchkey", a_stranger_is_not_taken_for_latchkey},
};

} // namespace

std::span<const gateway_scenario> scenarios_of_credentials() {
    return of_credentials;
}

std::span<const gateway_scenario> scenarios_of_callers() {
    return of_callers;
}

} // namespace latchkey::test
