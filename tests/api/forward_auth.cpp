// Forward authentication without a gateway: which status, which fields, and never a body.
#include "http/request_parser.hpp"
#include "support_batch.hpp"

#include <latchkey/auth/device/device_secret.hpp>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

struct answered {
    int status = 0;
    std::string text;
    bool has(std::string_view what) const { return text.find(what) != std::string::npos; }
    std::string field(std::string_view name) const {
        const auto at = text.find("\r\n" + std::string(name) + ": ");
        if (at == std::string::npos) return "(none)";
        const auto begin = at + 4 + name.size();
        return text.substr(begin, text.find("\r\n", begin) - begin);
    }
};

// Short texts are no keys.
const std::string older = "-of-an-older-service";

struct gateway : one_worker {
    gateway()
        : passwords(test::patient_scrypt(), 1,
                    [](const crypto::password_hash&, std::string_view) { return true; }),
          api(state, 0, passwords, {}, tokens, status) {
        add_key("key", "acme").scopes = {"devices:read", "devices:write"};
        add_key("other", "other");
        auth::device_facts device;
        device.device_id = "door";
        device.organization_id = "acme";
        device.scopes = {"devices:read"};
        device.secret = auth::stored_secret::parse(auth::sha256_form("secret"), {});
        store.add(std::move(device));
        sign_with(crypto::jws_algorithm::es256, tokens);
        api::forward_policy_configuration named{"read", "devices:read", {}, "acme"};
        api.configure({}, api::forward_policies::make({&named, 1}).value());
    }
    auth::api_key_facts& add_key(const std::string& name, const std::string& of) {
        auto& facts = store.api_keys[crypto::sha256(name + older)];
        facts.key_hash = crypto::sha256(name + older);
        facts.key_id = "id-of-" + name;
        facts.organization_id = of;
        return facts;
    }
    std::string token_of(const std::string& key) {
        const auto& facts = store.api_keys.at(crypto::sha256(key + older));
        const auto now = core::moment::now();
        return std::string(
            api.token_issuer
                .issue({auth::credential_kind::api_key, facts.key_id, facts.organization_id,
                        facts.scopes, facts.expires_at, facts.generation},
                       {}, now)
                .value()
                .text.reveal());
    }

    struct connection final : http::waker {
        void wake() override {}
    };
    answered ask(const std::string& target, const std::string& lines,
                 const std::string& method = "GET", const std::string& body = {}) {
        const auto head = method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
        http::request request;
        BOOST_REQUIRE(!parse_request(head, {}, request));
        request.body = body;
        std::string out;
        connection asker;
        const http::trust rules;
        http::client_origin origin(from, rules);
        http::exchange ex(request, "r", out, terms, false, asker);
        ex.origin = &origin;
        api.handle(ex);
        while (auto* awaited = ex.take_pending()) {
            store.answer();
            pump();
            awaited->finish(ex);
        }
        return {ex.status(), out};
    }

    std::optional<core::address> from = core::parse_address("192.0.2.7");
    http::answer_terms terms;
    auth::token_configuration tokens;
    no_status status;
    auth::scrypt_pool passwords;
    api::public_api api;
};

const std::string key = "X-API-Key: key-of-an-older-service\r\n";
const std::string by_device = "Authorization: Basic ZG9vcjpzZWNyZXQ=\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(forward_auth)

BOOST_AUTO_TEST_CASE(a_good_credential_passes_and_is_named) {
    gateway g;
    struct {
        std::string name, lines, kind, subject, scopes;
    } const cases[] = {
        {"a key", key, "api_key", "id-of-key", "devices:read devices:write"},
        {"a key as bearer", "Authorization: Bearer key-of-an-older-service\r\n", "api_key",
         "id-of-key", "devices:read devices:write"},
        {"a token", "Authorization: Bearer " + g.token_of("key") + "\r\n", "token", "id-of-key",
         "devices:read devices:write"},
        {"a device", by_device, "device", "door", "devices:read"},
    };
    for (const auto& c : cases) {
        for (const std::string target :
             {"/forward-auth", "/forward-auth?scope=devices:read&organization=acme",
              "/forward-auth/@read", "/forward-auth/@read/any/path?scope=nonsense"}) {
            for (const std::string method : {"GET", "POST", "PUT", "OPTIONS", "PROPFIND", "HEAD"}) {
                BOOST_TEST_CONTEXT(c.name << " " << method << " " << target) {
                    const auto a = g.ask(target, c.lines, method);
                    BOOST_TEST(a.status == 200);
                    BOOST_TEST(a.field("X-Latchkey-Code") == "VALID");
                    BOOST_TEST(a.field("X-Latchkey-Kind") == c.kind);
                    BOOST_TEST(a.field("X-Latchkey-Subject") == c.subject);
                    BOOST_TEST(a.field("X-Latchkey-Organization") == "acme");
                    BOOST_TEST(a.field("X-Latchkey-Scopes") == c.scopes);
                    BOOST_TEST(a.field("Cache-Control") == "no-store");
                    BOOST_TEST(a.field("Content-Length") == "0");
                    BOOST_TEST(a.field("Content-Type") == "(none)");
                    BOOST_TEST(a.field("Connection") == "(none)");
                    BOOST_TEST(a.text.ends_with("\r\n\r\n"));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(whatever_is_wrong_refuses) {
    gateway g;
    auto& revoked = g.add_key("revoked", "acme");
    revoked.revoked = true;
    auto& disabled = g.add_key("disabled", "acme");
    disabled.enabled = false;
    g.add_key("closed", "acme").organization_enabled = false;
    g.add_key("home", "acme").allowed_networks =
        core::parse_networks("198.51.100.0/24").value_or(std::vector<core::network>());
    const std::string all = "/forward-auth";
    const auto token = g.token_of("key");
    struct {
        std::string name, target, lines;
        int status;
        std::string code, error;
    } const cases[] = {
        {"nothing", all, "", 401, "CREDENTIAL_MISSING", ""},
        {"two keys", all, key + key, 401, "CREDENTIAL_REPEATED", "invalid_request"},
        {"two tokens", all, "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", 401,
         "CREDENTIAL_REPEATED", "invalid_request"},
        {"two credentials", all, key + "Authorization: Bearer " + token + "\r\n", 401,
         "CREDENTIALS_DISAGREE", "invalid_request"},
        {"another scheme", all, "Authorization: Negotiate abc\r\n", 401, "INVALID_FORMAT",
         "invalid_request"},
        {"an unknown key", all, "X-API-Key: nobody-of-an-older-service\r\n", 401, "NOT_FOUND",
         "invalid_token"},
        {"a key of ours with a wrong checksum", all, "X-API-Key: lk_live_wrong\r\n", 401,
         "INVALID_FORMAT", "invalid_token"},
        {"a revoked key", all, "X-API-Key: revoked-of-an-older-service\r\n", 401, "REVOKED",
         "invalid_token"},
        {"a disabled key", all, "X-API-Key: disabled-of-an-older-service\r\n", 401, "DISABLED",
         "invalid_token"},
        {"a forged token", all,
         "Authorization: Bearer " + token.substr(0, token.size() - 2) + "\r\n", 401,
         "SIGNATURE_INVALID", "invalid_token"},
        {"a wrong secret", all, "Authorization: Basic ZG9vcjpub3Bl\r\n", 401, "INVALID_CREDENTIALS",
         "invalid_token"},
        {"a closed organization", all, "X-API-Key: closed-of-an-older-service\r\n", 403,
         "ORGANIZATION_DISABLED", ""},
        {"an address", all, "X-API-Key: home-of-an-older-service\r\n", 403, "IP_NOT_ALLOWED", ""},
        {"a scope", all + "?scope=admin", key, 403, "INSUFFICIENT_SCOPES", "insufficient_scope"},
        {"a token's scope", all + "?scope=admin", "Authorization: Bearer " + token + "\r\n", 403,
         "INSUFFICIENT_SCOPES", "insufficient_scope"},
        {"a device's scope", all + "?scope=devices:write", by_device, 403, "INSUFFICIENT_SCOPES",
         "insufficient_scope"},
        {"an audience", all + "?audience=elsewhere", "Authorization: Bearer " + token + "\r\n", 401,
         "AUDIENCE_MISMATCH", "invalid_token"},
        {"another's key", all + "?organization=acme", "X-API-Key: other-of-an-older-service\r\n",
         403, "ORGANIZATION_NOT_ALLOWED", ""},
        {"another's token", all + "?organization=other&organization=third",
         "Authorization: Bearer " + token + "\r\n", 403, "ORGANIZATION_NOT_ALLOWED", ""},
        {"another's device", all + "?organization=other", by_device, 403,
         "ORGANIZATION_NOT_ALLOWED", ""},
        {"a named policy's organization", all + "/@read/x",
         "X-API-Key: other-of-an-older-service\r\n", 403, "ORGANIZATION_NOT_ALLOWED", ""},
        {"an unknown policy", all + "/@write", key, 403, "POLICY_UNKNOWN", ""},
        {"no policy", all + "/@", key, 403, "POLICY_UNKNOWN", ""},
        {"a path without one", all + "/read", key, 403, "POLICY_UNKNOWN", ""},
        {"a slash", all + "/", key, 403, "POLICY_UNKNOWN", ""},
        {"dots before a policy", all + "/x/../@read", key, 403, "POLICY_UNKNOWN", ""},
        {"an encoded slash", all + "/@read%2Fx", key, 403, "POLICY_UNKNOWN", ""},
        {"an encoded at", all + "/%40read", key, 403, "POLICY_UNKNOWN", ""},
        {"two slashes", all + "//@read", key, 403, "POLICY_UNKNOWN", ""},
        {"an unknown parameter", all + "?scopes=devices:read", key, 403, "POLICY_MALFORMED", ""},
        {"a repeated one", all + "?scope=devices:read&scope=devices:write", key, 403,
         "POLICY_MALFORMED", ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            const auto a = g.ask(c.target, c.lines);
            BOOST_TEST(a.status == c.status);
            BOOST_TEST(a.field("X-Latchkey-Code") == c.code);
            BOOST_TEST(a.has("WWW-Authenticate: Bearer realm=\"latchkey\"") ==
                       (c.status == 401 || c.error == "insufficient_scope"));
            BOOST_TEST(a.has("error=") == !c.error.empty());
            if (!c.error.empty()) BOOST_TEST(a.has("error=\"" + c.error + '"'));
            BOOST_TEST(a.field("X-Latchkey-Kind") == "(none)");
            BOOST_TEST(a.field("X-Auth-Cache") == "none");
            BOOST_TEST(a.field("Cache-Control") == "no-store");
            BOOST_TEST(a.field("Content-Length") == "0");
            BOOST_TEST(a.field("Connection") == "(none)");
            BOOST_TEST(a.text.ends_with("\r\n\r\n"));
        }
    }
    BOOST_TEST(g.ask(all + "?scope=a+%22b", key).has("scope=\"a b\""));
    // A path beside the prefix is no gateway's.
    BOOST_TEST(g.ask("/forward-authx", key).status == 404);
}

// The client chooses neither the policy nor what the cache does.
BOOST_AUTO_TEST_CASE(a_clients_fields_do_not_count) {
    gateway g;
    g.from = core::parse_address("127.0.0.1");
    const auto own = key + "Cache-Control: no-cache, no-store\r\nX-Latchkey-Receipt: nonsense\r\n";
    BOOST_TEST(g.ask("/forward-auth", own).field("X-Auth-Cache") == "miss");
    const auto again = g.ask("/forward-auth", own);
    BOOST_TEST(again.status == 200);
    BOOST_TEST(again.field("X-Auth-Cache") == "hit");
    BOOST_TEST(again.field("Age") == "0");
    BOOST_TEST(g.store.key_look_ups == 1u);
}

BOOST_AUTO_TEST_CASE(values_that_could_break_a_header_are_encoded) {
    gateway g;
    auto& odd = g.add_key("odd", "a\r\nX-Admin: yes");
    odd.key_id = "-";
    odd.scopes = {"-", "a b", "latchkey:verify:*"};
    std::ranges::sort(odd.scopes);
    const auto a = g.ask("/forward-auth", "X-API-Key: odd-of-an-older-service\r\n");
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.field("X-Admin") == "(none)");
    BOOST_TEST(a.field("X-Latchkey-Organization") == "a%0D%0AX-Admin:%20yes");
    BOOST_TEST(a.field("X-Latchkey-Subject") == "%2D");
    BOOST_TEST(a.field("X-Latchkey-Scopes") == "%2D a%20b");
    g.add_key("bare", "acme");
    BOOST_TEST(g.ask("/forward-auth", "X-API-Key: bare-of-an-older-service\r\n")
                   .field("X-Latchkey-Scopes") == "-");
}

BOOST_AUTO_TEST_CASE(undecided_has_a_time_to_come_again) {
    gateway g;
    g.store.away = true;
    const auto undecided = g.ask("/forward-auth", key);
    BOOST_TEST(undecided.status == 503);
    BOOST_TEST(undecided.field("X-Latchkey-Code") == "UNAVAILABLE");
    BOOST_TEST(undecided.field("Retry-After") == "1");
    BOOST_TEST(undecided.text.ends_with("\r\n\r\n"));
}

// One token serves a credential with its scopes while it lives, and no other.
BOOST_AUTO_TEST_CASE(an_upstream_gets_a_token_of_ours) {
    gateway g;
    const auto token_at = [&](const std::string& query, const std::string& lines) {
        const auto a = g.ask("/forward-auth?token=1" + query, lines);
        BOOST_TEST(a.status == 200);
        return a.field("X-Latchkey-Token");
    };
    const auto first = token_at("", key);
    BOOST_TEST(first.starts_with("ey"));
    BOOST_TEST(token_at("", key) == first);
    BOOST_TEST(token_at("&scope=devices:read", key) != first);
    BOOST_TEST(token_at("&audience=other", key) != first);
    BOOST_TEST(token_at("", "X-API-Key: other-of-an-older-service\r\n") != first);
    BOOST_TEST(token_at("", by_device) != first);
    const auto checked = g.ask("/forward-auth", "Authorization: Bearer " + first + "\r\n");
    BOOST_TEST(checked.status == 200);
    BOOST_TEST(checked.field("X-Latchkey-Subject") == "id-of-key");
    BOOST_TEST(checked.field("X-Latchkey-Token") == "(none)");
    // A dropped signing key ends what it signed.
    g.sign_with(crypto::jws_algorithm::es256, g.tokens);
    const auto next = token_at("", key);
    BOOST_TEST(next != first);
    BOOST_TEST(g.ask("/forward-auth", "Authorization: Bearer " + next + "\r\n").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
