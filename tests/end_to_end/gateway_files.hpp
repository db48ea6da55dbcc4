#pragma once
// The shipped configuration of a gateway, changed as its comments tell an operator to; and stories
// of those gateways that take an answer for Latchkey's only if it says so.

#include "support_gateway.hpp"

#include <csignal>
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
    void write(const std::string& path) const { write_file(path, text_); }

  private:
    std::string text_;
};

/// Latchkey learns of the policy "read": devices:read, of the organization "ours".
inline void add_policy(gateway_site& site) {
    std::ofstream(site.latchkey->config(), std::ios::app)
        << "\n[[forward_auth]]\nname = \"read\"\nscopes = \"devices:read\"\n"
           "organization = \"ours\"\n";
    site.latchkey->signal(SIGHUP);
}

/// /named/ demands @read, /unknown/ @other, and /nothing/ what is no demand.
inline void policies_are_demanded_by_name(gateway_site& site) {
    add_policy(site);
    const auto status = [&](std::string_view target, const std::string& key) {
        return site.ask_for(target, site.bearer(key)).status;
    };
    BOOST_TEST(soon([&] { return status("/named/x?organization=theirs", site.our_key) == 200; }));
    BOOST_TEST(site.upstream.last().target == "/named/x?organization=theirs");
    const auto before = site.upstream.count();
    BOOST_TEST(status("/named/x?organization=theirs", site.their_key) == 403);
    BOOST_TEST(status("/named/x", site.weak_key) == 403);
    BOOST_TEST(status("/unknown/x", site.our_key) == 403);
    const int without = status("/nothing/x", site.our_key);
    BOOST_TEST((without == 403 || without == 503), without);
    BOOST_TEST(site.upstream.count() == before);
}

/// Another program at Latchkey's address, which answers 200 to everything.
inline void another_programs_200_lets_nobody_pass(gateway_site& site) {
    site.start_gateway([](gateway_order& order) { order.latchkey_port = order.upstream_port; });
    for (const auto& fields : {site.bearer(site.our_key), std::string()}) {
        const auto a = site.ask_for("/devices/x", fields);
        BOOST_TEST(a.status == 503, a.head);
        BOOST_TEST(!a.field("Retry-After").empty());
        BOOST_TEST(site.upstream.last().target.starts_with("/forward-auth?"));
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
