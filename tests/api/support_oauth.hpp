#pragma once
// One worker with OAuth's endpoints, and requests to it.

#include "../auth/support_token_verifier.hpp"
#include "../support/quiet.hpp"
#include "http/request_parser.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace latchkey::test {

inline const std::string token_path = "/oauth2/token";
inline const std::string introspect_path = "/oauth2/introspect";
inline const std::string revoke_path = "/oauth2/revoke";
inline const std::string by_client = "grant_type=client_credentials";
inline const std::string by_exchange = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";
inline const std::string of_key_type =
    "&subject_token_type=urn:latchkey:params:oauth:token-type:api_key";
inline const std::string of_token_type =
    "&subject_token_type=urn:ietf:params:oauth:token-type:access_token";

struct oauth_answer {
    int status = 0;
    std::string head;
    std::string body;

    bool has_line(const std::string& line) const {
        return head.find("\r\n" + line + "\r\n") != std::string::npos;
    }
    boost::json::object json() const { return boost::json::parse(body).as_object(); }
    std::string field(const std::string& name) const {
        const auto at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return "(none)";
        const auto begin = at + 4 + name.size();
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
    std::string text(std::string_view member) const {
        const auto all = json();
        const auto* found = all.if_contains(member);
        return found ? std::string(found->as_string()) : "(none)";
    }
    /// "400 invalid_request"; of a good answer "200".
    std::string outcome() const {
        if (status == 200) return "200";
        return std::to_string(status) + ' ' + text("error");
    }
};

inline std::string basic(const std::string& id, const std::string& secret) {
    auto text = crypto::encode_base64url(id + ':' + secret);
    for (auto& c : text)
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (text.size() % 4 != 0)
        text += '=';
    return "Authorization: Basic " + text + "\r\n";
}

/// The claims of a token.
inline boost::json::object claims_of(const std::string& token) {
    const auto begin = token.find('.') + 1;
    const auto payload = token.substr(begin, token.find('.', begin) - begin);
    return boost::json::parse(crypto::decode_base64url(payload).value()).as_object();
}

// Keys "key-of-acme" and "key-of-other" whose ids are "id-of-acme" and so on, a device "door" of
// acme with the secret "secret", and callers.
struct oauth_worker : one_worker {
    explicit oauth_worker(std::string_view issuer = "https://latchkey.example")
        : tokens(issued_by(issuer)),
          passwords({}, 1, [](const crypto::password_hash&, std::string_view) { return true; }),
          api(state, 0, passwords, {}, tokens, status) {
        for (const std::string of : {"acme", "other"})
            add_key(of, of).scopes = {"devices:read", "devices:write"};
        add_key("asker", "acme", {"latchkey:introspect"});
        add_key("asker-of-all", "platform", {"latchkey:introspect:*"});
        auth::device_facts device;
        device.device_id = "door";
        device.organization_id = "acme";
        device.scopes = {"devices:read"};
        device.secret = auth::stored_secret::parse(auth::sha256_form("secret"), {});
        store.add(std::move(device));
        state.issuers.publish(trusting(rules_of_issuer(), {named(rsa_public_key(), "r1")}));
        sign_with(crypto::jws_algorithm::es256, tokens);
    }
    static auth::token_configuration issued_by(std::string_view issuer) {
        auth::token_configuration out;
        out.issuer = issuer;
        return out;
    }
    static auth::issuer_rules rules_of_issuer() {
        auto rules = usual_rules();
        rules.organization_claim = "org";
        rules.max_token_lifetime = core::seconds(86'400);
        return rules;
    }
    auth::api_key_facts& add_key(const std::string& name, const std::string& of,
                                 std::initializer_list<std::string_view> scopes = {}) {
        auto& facts = store.api_keys[crypto::sha256("key-of-" + name)];
        facts.key_hash = crypto::sha256("key-of-" + name);
        facts.key_id = "id-of-" + name;
        facts.organization_id = of;
        for (const auto scope : scopes)
            BOOST_REQUIRE(facts.caller_scopes.add(scope));
        return facts;
    }

    /// A request that waits until `go_on`.
    struct asked {
        asked(oauth_worker& w, const std::string& target, std::string with,
              const std::string& lines, const std::string& method = "POST",
              const std::string& type = "application/x-www-form-urlencoded")
            : worker(w),
              head(method + ' ' + target + " HTTP/1.1\r\nHost: a\r\n" +
                   (method == "GET" ? "" : "Content-Type: " + type + "\r\n") + lines +
                   "Content-Length: " + std::to_string(with.size()) + "\r\n\r\n"),
              body(std::move(with)),
              origin(w.from, w.rules) {
            BOOST_REQUIRE(!parse_request(head, {}, request));
            request.body = body;
            ex.emplace(request, "r", out, w.terms, false, asker);
            ex->origin = &origin;
            if (w.shows_certificate || !w.certificate.thumbprint.empty())
                ex->client = &w.certificate;
            w.api.handle(*ex);
        }
        oauth_answer go_on() {
            while (auto* awaited = ex->take_pending()) {
                worker.store.answer();
                worker.pump();
                worker.holds += worker.api.held.size();
                worker.api.tick(core::steady_now());
                awaited->finish(*ex);
            }
            const auto end = out.find("\r\n\r\n");
            return {ex->status(), out.substr(0, end + 2), out.substr(end + 4)};
        }

        oauth_worker& worker;
        const std::string head, body;
        http::request request;
        std::string out;
        awake asker;
        http::client_origin origin;
        std::optional<http::exchange> ex;
    };
    oauth_answer ask(const std::string& target, const std::string& form,
                     const std::string& lines = {}, const std::string& method = "POST") {
        return asked(*this, target, form, lines, method).go_on();
    }
    oauth_answer get(const std::string& target, const std::string& lines = {}) {
        return ask(target, {}, lines, "GET");
    }
    /// A token of the key "key-of-NAME".
    std::string token_of(const std::string& name, const std::string& more = {}) {
        const auto a = ask(token_path, by_client + more, basic("id-of-" + name, "key-of-" + name));
        BOOST_REQUIRE_MESSAGE(a.status == 200, a.head << a.body);
        return a.text("access_token");
    }
    /// A token of ours with any claims; `iss`, `client_id`, `jti` and `exp` are good.
    std::string own_token(const std::string& more) {
        const core::epochs::reader::pin pinned(state.readers.at(0));
        const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        return state.issuers.read()
            .own()
            ->signer
            ->sign(R"({"iss":"https://latchkey.example","client_id":"c","jti":"t","exp":)" +
                   std::to_string(now + 600) + more + '}')
            .value();
    }
    /// A token of the other issuer.
    static std::string foreign_token(const std::string& more) {
        return rsa_token(good_header, claims_text(more));
    }

    std::optional<core::address> from = core::parse_address("192.0.2.7");
    http::trust rules; ///< whom the server believes
    net::tls_identity certificate;
    std::size_t holds = 0;          ///< answers that waited for a tick
    bool shows_certificate = false; ///< also if its thumbprint is not known
    http::answer_terms terms;
    auth::token_configuration tokens;
    no_status status;
    auth::scrypt_pool passwords;
    api::public_api api;
};

} // namespace latchkey::test
