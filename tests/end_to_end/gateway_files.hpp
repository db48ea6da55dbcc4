#pragma once
// The shipped configuration of a gateway, changed as its comments tell an operator to; and stories
// of those gateways that take an answer for Latchkey's only if it says so.

#include "support_gateway.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace latchkey::test {

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
}

/// The text of etc/gateways/`name`.
class shipped_file {
  public:
    explicit shipped_file(const std::string& name) {
        std::ostringstream text;
        text << std::ifstream(LATCHKEY_SOURCE_DIR "/etc/gateways/" + name).rdbuf();
        text_ = text.str();
        BOOST_REQUIRE_MESSAGE(!text_.empty(), "there is no " + name);
    }

    /// Replaces `what`, which must be there, wherever it is.
    shipped_file& replace(const std::string& what, const std::string& by) {
        auto at = text_.find(what);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, "the shipped configuration has no " + what);
        for (; at != std::string::npos; at = text_.find(what, at + by.size()))
            text_.replace(at, what.size(), by);
        return *this;
    }
    /// The first lines behind `text` that have the prefix, without it.
    std::string lines_behind(const std::string& text, const std::string& prefix) const {
        std::istringstream all(text_.substr(std::min(text_.find(text), text_.size())));
        std::string out;
        for (std::string line; std::getline(all, line);)
            if (line.starts_with(prefix))
                out += line.substr(prefix.size()) + "\n";
            else if (!out.empty())
                break;
        BOOST_REQUIRE_MESSAGE(!out.empty(), "no lines behind " + text);
        return out;
    }
    void write(const std::string& path) const { write_file(path, text_); }

  private:
    std::string text_;
};

/// The policy of /named/.
inline const std::string policy_read = "[[forward_auth]]\nname = \"read\"\nscopes = "
                                       "\"devices:read\"\norganization = \"ours\"\n";

/// /named/ demands @read, /unknown/ @other, and /nothing/ what is no demand.
inline void policies_are_demanded_by_name(gateway_site& site) {
    const auto status = [&](std::string_view target, const std::string& key) {
        return site.ask_for(target, site.bearer(key)).status;
    };
    BOOST_TEST(status("/named/x?organization=theirs", site.our_key) == 200);
    BOOST_TEST(site.upstream.last().target == "/named/x?organization=theirs");
    const auto before = site.upstream.count();
    BOOST_TEST(status("/named/x?organization=theirs", site.their_key) == 403);
    BOOST_TEST(status("/named/x", site.weak_key) == 403);
    BOOST_TEST(status("/unknown/x", site.our_key) == 403);
    const int without = status("/nothing/x", site.our_key);
    BOOST_TEST((without == 403 || without == 503), without);
    BOOST_TEST(site.upstream.count() == before);
}

/// Sends one HTTP/2 request, its fields spelt out, and waits until the gateway has said something
/// about it: its type of frame is returned, or 0 if the connection ends.
inline int http_2_frame(int port, const std::vector<std::pair<std::string, std::string>>& fields,
                        const std::string& body) {
    const auto frame = [](int type, int flags, int stream, const std::string& payload) {
        const auto size = payload.size();
        std::string out;
        for (const auto n : {size >> 16, size >> 8, size, std::size_t(type), std::size_t(flags),
                             std::size_t(0), std::size_t(0), std::size_t(0), std::size_t(stream)})
            out += static_cast<char>(n & 0xff);
        return out + payload;
    };
    std::string head;
    for (const auto& [name, value] : fields) {
        BOOST_REQUIRE((name.size() < 127 && value.size() < 127));
        head += '\0'; // a literal, with a new name
        head += static_cast<char>(name.size()) + name;
        head += static_cast<char>(value.size()) + value;
    }
    auto connection = gateway_site::unwatched(port);
    connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(1, 4, 1, head) +
                    frame(0, 1, 1, body));
    for (std::string got;;) {
        while (got.size() >= 9) {
            const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(got[at]); };
            const auto size = std::size_t(byte(0)) << 16 | std::size_t(byte(1)) << 8 | byte(2);
            if (got.size() < 9 + size) break;
            const int type = byte(3);
            if (type == 1 || type == 3 || type == 7) return type; // HEADERS, RST_STREAM, GOAWAY
            got.erase(0, 9 + size);
        }
        const auto more = connection.receive_once();
        if (more.empty()) return 0;
        got += more;
    }
}

/// What follows a CONNECT must not be a request to the upstream.
inline void http_2_is_no_tunnel(gateway_site& site, int port) {
    const std::string smuggled = "GET /devices/smuggled HTTP/1.1\r\nHost: localhost\r\n"
                                 "X-Latchkey-Subject: forged\r\n\r\n";
    const auto before = site.upstream.count();
    BOOST_TEST(http_2_frame(port, {{":method", "CONNECT"}, {":authority", "localhost:80"}},
                            smuggled) != 0);
    BOOST_TEST(http_2_frame(port,
                            {{":method", "CONNECT"},
                             {":authority", "localhost:80"},
                             {"authorization", "Bearer " + site.our_key}},
                            smuggled) != 0);
    BOOST_TEST(site.upstream.count() == before);
}

/// `port` of the gateway speaks HTTP/2, without TLS.
inline void http_2_is_no_other_way(gateway_site& site, int port) {
    const auto status = [&](const std::string& key, std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"/usr/bin/curl",
                                          "-sS",
                                          "--http2-prior-knowledge",
                                          "-o",
                                          "/dev/null",
                                          "-w",
                                          "%{http_version} %{http_code}",
                                          "-H",
                                          "x_latchkey_subject: forged",
                                          "-H",
                                          "X-Latchkey_Kind: forged",
                                          "-H",
                                          "X-API-Key: " + key,
                                          "http://127.0.0.1:" + std::to_string(port) +
                                              "/devices/x"};
        words.insert(words.end(), more.begin(), more.end());
        const auto ran = run(words);
        return ran.out + ran.err;
    };
    BOOST_TEST(status(site.our_key, {"-d", "body"}) == "2 200");
    BOOST_TEST(site.upstream.last().as_cgi("X_LATCHKEY_SUBJECT") == site.our_key_id);
    BOOST_TEST(site.upstream.last().as_cgi("X_LATCHKEY_KIND") == "api_key");
    BOOST_TEST(site.upstream.last().body == "body");
    const auto before = site.upstream.count();
    BOOST_TEST(status(site.unknown_key) == "2 401");
    // HAProxy may cancel a stream whose body it has not read, whatever it answers.
    status(site.unknown_key, {"-d", "body"});
    BOOST_TEST(site.upstream.count() == before);
    http_2_is_no_tunnel(site, port);
}

/// What the gateway accepts can be asked about: odd bytes, long paths and long credentials.
inline void odd_requests_are_asked_about(gateway_site& site, std::size_t path_length) {
    const auto good = site.bearer(site.our_key);
    for (const auto& path :
         {"/devices/\xff\"'<>\\{}|^`", "/devices/%0d%0aX-Other:%20y%00", "/devices/{http.vars.x}"})
        BOOST_TEST_CONTEXT(path) {
            const auto a = site.ask_for(path, good);
            BOOST_TEST((a.status == 200 || a.status == 400 || a.status == 404), a.head);
            BOOST_TEST(site.ask_for(path).status == (a.status == 200 ? 401 : a.status));
        }
    const auto long_path =
        "/devices/" + std::string(path_length, 'p') + "?q=" + std::string(99, 'q');
    BOOST_TEST(site.ask_for(long_path, good).status == 200);
    BOOST_TEST(site.ask_for(long_path).status == 401);
    BOOST_TEST(site.ask_for("/any/x", site.bearer(std::string(7'000, 't'))).status == 401);
}

/// For a site whose Latchkey speaks TLS.
inline void tls_connections_are_kept(gateway_site& site) {
    const auto reader =
        "X-Latchkey-Key: " + site.latchkey->create_key("ours", {"--scopes", "latchkey:metrics"}) +
        "\r\n";
    const auto accepted = [&] {
        const auto page = client(site.latchkey->api_socket()).ask(get("/metrics", reader)).body;
        const auto at = page.find("\nauth_connections_accepted_total");
        BOOST_REQUIRE(at != page.npos);
        return std::stod(page.substr(page.find(' ', at)));
    };
    site.status_of_good(); // the first connection may be older
    const auto before = accepted();
    for (int i = 0; i < 40; ++i)
        BOOST_TEST(site.status_of_good() == 200);
    BOOST_TEST(accepted() - before - 1 <= 1); // this question's own
}

/// Another program at Latchkey's address, which answers 200 to everything.
inline void another_programs_200_lets_nobody_pass(gateway_site& site) {
    site.start_gateway([](gateway_order& order) { order.latchkey_port = order.upstream_port; });
    for (const auto& fields : {site.bearer(site.our_key), std::string()}) {
        const auto a = site.ask_for("/devices/x?y", fields + "Cookie: a=b\r\nX-Other: other\r\n");
        BOOST_TEST(a.status == 503, a.head);
        BOOST_TEST(!a.field("Retry-After").empty());
        // What the gateway sends, and what it leaves out.
        const auto asked = site.upstream.last();
        BOOST_TEST(asked.method == "GET");
        BOOST_TEST(asked.target == "/forward-auth?scope=devices:read&organization=ours");
        BOOST_TEST(asked.as_cgi("X_FORWARDED_METHOD") == "GET");
        BOOST_TEST(asked.as_cgi("X_FORWARDED_URI") == "/devices/x?y");
        BOOST_TEST(asked.as_cgi("X_FORWARDED_FOR") == "127.0.0.1");
        BOOST_TEST(asked.as_cgi("X_FORWARDED_HOST") == "localhost");
        BOOST_TEST(asked.as_cgi("X_FORWARDED_PROTO") == "http");
        for (const auto* name : {"COOKIE", "X_OTHER", "X_LATCHKEY_KEY"})
            BOOST_TEST(asked.as_cgi(name) == "(none)");
    }
}

/// Another program at Latchkey's address, which is also the upstream, says nearly what Latchkey
/// does.
inline void only_a_whole_answer_counts(gateway_site& site) {
    const auto answer = [](const std::string& status, const std::string& without) {
        std::string out = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n";
        for (const auto* field : {"Code: VALID", "Kind: api_key", "Subject: x",
                                  "Organization: ours", "Issuer: -", "Scopes: -"})
            if (without.empty() || !std::string(field).starts_with(without))
                out += "X-Latchkey-" + std::string(field) + "\r\n";
        return out + "\r\n";
    };
    const auto good = answer("200 OK", "");
    const std::string refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    site.start_gateway([](gateway_order& order) { order.latchkey_port = order.upstream_port; });
    const auto questions_alone = [&](const std::string& bytes) {
        site.upstream.answer_with(bytes);
        const auto before = site.upstream.count();
        const int status = site.ask_for("/devices/x", site.bearer(site.our_key)).status;
        BOOST_TEST((status == 503 || status == 401), status);
        // The question may have been asked again, on a new connection.
        const auto asked = site.upstream.count() - before;
        for (std::size_t i = 0; i < asked; ++i)
            BOOST_TEST(site.upstream.last(i).target.starts_with("/forward-auth"));
    };
    for (const auto* status : {"2000 OK", "200abc", "201 Created", "204 No Content", "302 Found"})
        BOOST_TEST_CONTEXT(status)
    questions_alone(answer(status, ""));
    for (const auto* without : {"Code", "Kind", "Subject", "Organization", "Issuer", "Scopes"})
        BOOST_TEST_CONTEXT(without)
    questions_alone(answer("200 OK", without));
    // What follows an answer is not the next one.
    for (int i = 0; i < 10; ++i)
        questions_alone(refusal + good);
    site.upstream.answer_with(good);
    BOOST_TEST(soon([&] { return site.status_of_good() == 200; }));
    BOOST_TEST(site.upstream.last().as_cgi("X_LATCHKEY_SUBJECT") == "x");
    site.upstream.answer_with({});
}

/// Where the operator has forgotten what stands once for all places, /devices/ is still no way to
/// a tunnel, or to another path.
inline void a_place_refuses_for_itself(gateway_site& site) {
    const auto good = site.bearer(site.our_key);
    BOOST_TEST(site.decided_for("/devices/x", good).status == 200);
    const auto before = site.upstream.count();
    for (const auto* line : {"CONNECT /devices/x", "TRACE /devices/x", "GET /devices/x/..%2fy",
                             "GET /devices/..;/open", "GET /devices/%2E"}) {
        const int status =
            site.ask(std::string(line) + " HTTP/1.1\r\nHost: x\r\n" + good + "\r\n").status;
        BOOST_TEST((status == 400 || status == 405), line << ' ' << status);
    }
    BOOST_TEST(site.upstream.count() == before);
}

/// The client cannot take away the address that the gateway tells of.
inline void an_address_cannot_be_left_out(gateway_site& site) {
    const auto key = site.bearer(site.latchkey->create_key(
        "ours", {"--scopes", "devices:read", "--allowed-ips", "127.0.0.1"}));
    BOOST_REQUIRE(soon([&] { return site.ask_for("/devices/x", key).status == 200; }));
    for (const auto* fields : {"Connection: X-Forwarded-For\r\n", "X-Forwarded-For:\r\n",
                               "Connection: X-Forwarded-For\r\nX-Forwarded-For: 127.0.0.1\r\n"})
        BOOST_TEST(site.ask_for("/devices/x", key + fields, 8).status == 403, fields);
}

/// HTTP/2 on a connection to the upstream would lead around the gateway.
inline void only_websocket_upgrades(gateway_site& site) {
    const std::string h2c =
        "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
    for (const auto* upgrade : {"h2c", "H2C", "websocket, h2c", "h2c\r\nUpgrade: websocket",
                                "websocket\r\nUpgrade: h2c", "TLS/1.3"})
        for (const auto* path : {"/open/x", "/devices/x"})
            BOOST_TEST_CONTEXT(upgrade << path) {
                const auto before = site.upstream.count();
                const auto a = site.ask_for(path, site.bearer(site.our_key) + h2c +
                                                      "Upgrade: " + upgrade + "\r\n");
                // Of two fields, a gateway may take the first.
                BOOST_TEST((a.status == 200 || a.status == 101 || a.status == 400), a.head);
                BOOST_TEST(site.upstream.count() == before + (a.status == 400 ? 0 : 1));
                const auto got = site.upstream.last().as_cgi("UPGRADE");
                BOOST_TEST((got == "(none)" || got == "websocket"), got);
            }
}

/// PHP and others take dots for underscores, too.
inline void dots_are_no_way_to_forge(gateway_site& site) {
    std::string forged;
    for (const auto* name : {"X.Latchkey.Subject", "x.latchkey-Subject", "X-Latchkey.Subject",
                             "X_Latchkey.Subject", "X.API.Key", "X-API.Key", "X.Api-Key"})
        forged += std::string(name) + ": forged\r\n";
    const auto a = site.ask_for("/devices/x", forged + site.bearer(site.our_key));
    BOOST_TEST(a.status == 200);
    for (const auto& [name, value] : site.upstream.last().fields)
        BOOST_TEST(value != "forged", name);
}

} // namespace latchkey::test
