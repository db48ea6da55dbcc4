#include "tls_ends.hpp"

#include <latchkey/crypto/base64url.hpp>

using namespace latchkey;
using namespace latchkey::crypto_tests;
using net::client_certificates;
using net::tls_version;
using test::certificate_authority;

namespace {

struct fixture {
    certificate_authority authority;
    test::identity pair = authority.issue("DNS:localhost");
    net::tls_credentials shown = credentials_of(pair);

    net::tls_credentials with_clients_of(const certificate_authority& clients) const {
        return credentials_of(pair, clients.pem());
    }
};

void show(SSL_CTX* client, const test::identity& who) {
    BOOST_REQUIRE(SSL_CTX_use_certificate(client, who.certificate.get()) == 1);
    BOOST_REQUIRE(SSL_CTX_use_PrivateKey(client, who.key.get()) == 1);
}

// Makes another connection with the session. Returns whether it was resumed.
bool resumes(const session_ptr& session, const context_ptr& ours, SSL_CTX* theirs) {
    ends again(ours, theirs);
    // A TLS 1.3 client does not use a session twice, but it uses a copy.
    const session_ptr copy(SSL_SESSION_dup(session.get()));
    SSL_set_session(again.client, copy.get());
    BOOST_TEST((again.shake_hands() == state::done));
    BOOST_TEST(again.server->resumed() == (SSL_session_reused(again.client) == 1));
    return again.server->resumed();
}

session_ptr session_with(const context_ptr& ours, SSL_CTX* theirs) {
    ends first(ours, theirs);
    BOOST_TEST((first.shake_hands() == state::done));
    BOOST_TEST(!first.server->resumed());
    return first.session();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_handshake, fixture)

BOOST_AUTO_TEST_CASE(both_versions_are_spoken_and_older_ones_are_not) {
    const auto context = context_of(shown);
    const auto with = [&](int version) {
        const auto client = new_client(version);
        SSL_CTX_set_security_level(client.get(), 0); // at higher levels TLS 1.1 is not even offered
        ends both(context, client.get());
        const auto then = both.shake_hands();
        if (then == state::done)
            BOOST_TEST((both.server->version() ==
                        (version == TLS1_3_VERSION ? tls_version::tls_1_3 : tls_version::tls_1_2)));
        return then == state::done;
    };
    BOOST_TEST(with(TLS1_3_VERSION));
    BOOST_TEST(with(TLS1_2_VERSION));
    BOOST_TEST(!with(TLS1_1_VERSION));
}

BOOST_AUTO_TEST_CASE(the_oldest_version_can_be_raised) {
    const auto context = context_of(shown, {.min_version = tls_version::tls_1_3});
    const auto old = new_client(TLS1_2_VERSION);
    ends refused(context, old.get());
    BOOST_TEST((refused.shake_hands() == state::ended));
    BOOST_TEST(refused.server->why_failed() == "unsupported protocol");
    ends taken(context);
    BOOST_TEST((taken.shake_hands() == state::done));
}

BOOST_AUTO_TEST_CASE(of_version_1_2_only_modern_suites) {
    const auto context = context_of(shown);
    const auto with = [&](const char* suites) {
        const auto client = new_client(TLS1_2_VERSION);
        BOOST_REQUIRE(SSL_CTX_set_cipher_list(client.get(), suites) == 1);
        ends both(context, client.get());
        return both.shake_hands() == state::done;
    };
    BOOST_TEST(with("ECDHE-ECDSA-AES128-GCM-SHA256"));
    BOOST_TEST(with("ECDHE-ECDSA-CHACHA20-POLY1305"));
    BOOST_TEST(!with("ECDHE-ECDSA-AES128-SHA256"));
    BOOST_TEST(!with("ECDHE-ECDSA-AES256-SHA"));
}

BOOST_AUTO_TEST_CASE(the_protocol_is_http_1_1_and_no_other) {
    const auto context = context_of(shown);
    const auto offering = [&](std::string_view protocols, std::string_view chosen) {
        const auto client = new_client();
        SSL_CTX_set_alpn_protos(client.get(),
                                reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned int>(protocols.size()));
        ends both(context, client.get());
        const bool done = both.shake_hands() == state::done;
        const unsigned char* name = nullptr;
        unsigned int length = 0;
        SSL_get0_alpn_selected(both.client, &name, &length);
        BOOST_TEST(std::string(reinterpret_cast<const char*>(name), length) == chosen);
        return done;
    };
    BOOST_TEST(offering("", ""));
    BOOST_TEST(offering("\x08http/1.1", "http/1.1"));
    BOOST_TEST(offering("\x02h2\x08http/1.1", "http/1.1"));
    BOOST_TEST(!offering("\x02h2", ""));
}

BOOST_AUTO_TEST_CASE(sessions_are_resumed_by_their_tickets) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
        BOOST_TEST_CONTEXT(version) {
            const auto client = new_client(version);
            const auto keys = net::tls_ticket_keys::make().value();
            const auto session = session_with(context_of(shown, {}, keys), client.get());
            // A new certificate also resumes it: what the two sides agreed on stays secret.
            const auto newer = credentials_of(authority.issue("DNS:localhost"));
            BOOST_TEST(resumes(session, context_of(newer, {}, keys), client.get()));
            const auto next = keys.rotated().value();
            BOOST_TEST(resumes(session, context_of(shown, {}, next), client.get()));
            const auto last = next.rotated().value();
            BOOST_TEST(!resumes(session, context_of(shown, {}, last), client.get()));
            // Another process has other ticket keys.
            BOOST_TEST(!resumes(session, context_of(shown), client.get()));
        }
}

BOOST_AUTO_TEST_CASE(without_tickets_every_handshake_is_whole) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
        BOOST_TEST_CONTEXT(version) {
            const auto client = new_client(version);
            const auto context = context_of(shown, {.session_tickets = false});
            const auto session = session_with(context, client.get());
            BOOST_TEST(!resumes(session, context, client.get()));
        }
}

BOOST_AUTO_TEST_CASE(clients_are_known_by_their_certificates) {
    const certificate_authority clients("clients");
    const auto who = clients.issue("URI:spiffe://example/gateway,DNS:gateway.example", "gateway");
    const auto client = new_client();
    show(client.get(), who);
    const auto context =
        context_of(with_clients_of(clients), {.from_clients = client_certificates::required});
    session_ptr session;
    {
        ends both(context, client.get());
        BOOST_TEST((both.shake_hands() == state::done));
        BOOST_REQUIRE(both.server->client());
        BOOST_TEST(both.server->client()->subject == "CN=gateway");
        std::string digest(32, '\0');
        BOOST_REQUIRE(X509_digest(who.certificate.get(), EVP_sha256(),
                                  reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
        BOOST_TEST(both.server->client()->thumbprint == crypto::encode_base64url(digest));
        BOOST_TEST(both.server->client()->uris.at(0) == "spiffe://example/gateway");
        BOOST_TEST(both.server->client()->dns_names.at(0) == "gateway.example");
        BOOST_TEST(both.server->client()->alternative_names ==
                   "URI:spiffe://example/gateway, DNS:gateway.example");
        session = both.session();
    }
    ends again(context, client.get());
    SSL_set_session(again.client, session.get());
    BOOST_TEST((again.shake_hands() == state::done));
    BOOST_TEST(again.server->resumed());
    BOOST_REQUIRE(again.server->client());
    BOOST_TEST(again.server->client()->subject == "CN=gateway");
}

BOOST_AUTO_TEST_CASE(who_must_show_a_certificate_and_who_may) {
    const certificate_authority clients("clients");
    const certificate_authority strangers("strangers");
    const auto known = clients.issue("DNS:a", "known");
    const auto foreign = strangers.issue("DNS:a", "foreign");
    const auto ended = clients.issue("DNS:a", "ended", -7200, -3600);
    const auto ask = [&](client_certificates demand, const test::identity* who) {
        const auto client = new_client();
        if (who) show(client.get(), *who);
        ends both(context_of(with_clients_of(clients), {.from_clients = demand}), client.get());
        const auto then = both.shake_hands();
        if (then != state::done) return std::string("refused");
        return both.server->client() ? both.server->client()->subject : "nobody";
    };
    using enum client_certificates;
    BOOST_TEST(ask(required, &known) == "CN=known");
    BOOST_TEST(ask(required, nullptr) == "refused");
    BOOST_TEST(ask(required, &foreign) == "refused");
    BOOST_TEST(ask(required, &ended) == "refused");
    BOOST_TEST(ask(optional, &known) == "CN=known");
    BOOST_TEST(ask(optional, nullptr) == "nobody");
    BOOST_TEST(ask(optional, &foreign) == "refused");
    BOOST_TEST(ask(none, &known) == "nobody");
}

// The named authority is trusted, and the one above it is not.
BOOST_AUTO_TEST_CASE(an_authority_need_not_be_its_own) {
    const certificate_authority root("root");
    const certificate_authority clients("clients", root);
    const certificate_authority others("others", root);
    const auto known = clients.issue("DNS:a", "known");
    const auto other = others.issue("DNS:a", "other");
    for (const auto& [who, good] : {std::pair(&known, true), std::pair(&other, false)}) {
        const auto client = new_client();
        show(client.get(), *who);
        ends both(
            context_of(with_clients_of(clients), {.from_clients = client_certificates::required}),
            client.get());
        BOOST_TEST((both.shake_hands() == state::done) == good);
    }
}

// A session keeps the verified identity of its client: it must not outlive the authority.
BOOST_AUTO_TEST_CASE(a_session_ends_with_the_authorities_that_it_was_judged_by) {
    const certificate_authority clients("clients");
    const certificate_authority others("others");
    const auto client = new_client(TLS1_2_VERSION);
    show(client.get(), clients.issue("DNS:a", "known"));
    const net::tls_rules rules{.from_clients = client_certificates::optional};
    const auto keys = net::tls_ticket_keys::make().value();
    const auto session =
        session_with(context_of(with_clients_of(clients), rules, keys), client.get());
    ends again(context_of(with_clients_of(others), rules, keys), client.get());
    SSL_set_session(again.client, session.get());
    BOOST_TEST((again.shake_hands() == state::ended));
}

BOOST_AUTO_TEST_CASE(http_in_the_clear_is_recognised) {
    ends both(context_of(shown));
    constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    BOOST_REQUIRE(::send(both.fds[1], request.data(), request.size(), 0) > 0);
    BOOST_TEST((both.server->shake_hands() == state::ended));
    BOOST_TEST(both.server->met_plain_http());
    BOOST_TEST(ERR_peek_error() == 0u);
}

BOOST_AUTO_TEST_CASE(garbage_ends_a_handshake) {
    ends both(context_of(shown));
    constexpr std::string_view garbage = "\x05\x01 nothing that anybody understands";
    BOOST_REQUIRE(::send(both.fds[1], garbage.data(), garbage.size(), 0) > 0);
    BOOST_TEST((both.server->shake_hands() == state::ended));
    BOOST_TEST(!both.server->met_plain_http());
    BOOST_TEST(!both.server->why_failed().empty());
    BOOST_TEST(ERR_peek_error() == 0u);
    ends gone(context_of(shown));
    ::close(std::exchange(gone.fds[1], -1));
    BOOST_TEST((gone.server->shake_hands() == state::ended));
    BOOST_TEST(gone.server->why_failed() == "the client went away");
}

BOOST_AUTO_TEST_SUITE_END()
