#include "server/process/certificate_keeper.hpp"
#include "../support/certificates.hpp"
#include "settings_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct journal final : core::logger {
    std::string lines;
    void write(core::log_level, std::string_view message,
               std::span<const core::log_field> given) noexcept override {
        lines += message;
        for (const auto& field : given)
            if (const auto* text = std::get_if<std::string_view>(&field.value))
                lines += " " + std::string(*text);
        lines += '\n';
    }
};

struct fixture {
    server_tests::folder here;
    test::certificate_authority authority;
    net::tls_configuration settings;
    journal log;
    std::deque<std::function<void()>> elsewhere;
    std::vector<std::shared_ptr<const net::tls_context>> published;
    std::vector<std::size_t> exposed; ///< number of files, for each call
    core::steady_time steady{1h};
    core::seconds ahead{0}; ///< how far the real clock is ahead
    std::optional<server::certificate_keeper> keeper;

    fixture() {
        write(authority.issue("DNS:localhost", "first"));
        settings.certificate_file = here.path() + "/certificate.pem";
        settings.key_file = here.path() + "/key.pem";
        auto loaded = server::load_tls(settings, std::chrono::system_clock::now());
        BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message);
        keeper.emplace(server::certificate_keeper::surroundings{
                           settings,
                           [this](auto work, auto then) {
                               elsewhere.push_back([work, then] { work(), then(); });
                           },
                           [this](const auto& context) { published.push_back(context); },
                           [this](const auto& files) { exposed.push_back(files.size()); }, log},
                       std::move(*loaded));
    }
    void write(const test::identity& pair) const {
        here.write("certificate.pem", pair.certificate_pem());
        here.write("key.pem", pair.key_pem());
    }
    void second_passes() {
        steady += 1s;
        keeper->tick(steady, std::chrono::system_clock::now() + ahead);
        while (!elsewhere.empty()) {
            elsewhere.front()();
            elsewhere.pop_front();
        }
    }
    bool logged(std::string_view text) const { return log.lines.find(text) != log.lines.npos; }
    std::string metrics() const {
        core::metric_sink sink;
        keeper->collect(sink);
        return sink.prometheus();
    }
    bool counted(std::string_view line) const { return metrics().find(line) != std::string::npos; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(certificate_keeper, fixture)

BOOST_AUTO_TEST_CASE(what_was_loaded_is_shown_at_once_and_stays) {
    BOOST_TEST(published.size() == 1u);
    for (int i = 0; i < 10; ++i)
        second_passes();
    BOOST_TEST(published.size() == 1u);
    BOOST_TEST(log.lines == "");
}

BOOST_AUTO_TEST_CASE(a_pair_that_changes_is_shown_within_a_second) {
    write(authority.issue("DNS:localhost", "second"));
    second_passes();
    BOOST_TEST(published.size() == 2u);
    BOOST_TEST(logged("a certificate was loaded CN=second"));
    BOOST_TEST(counted("auth_tls_reloads_total{outcome=\"loaded\"} 1"));
    second_passes();
    BOOST_TEST(published.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_read_is_told_until_one_comes_that_they_may_not) {
    for (const auto* name : {"open", "closed"}) {
        write(authority.issue("DNS:localhost", name));
        const bool open = name == std::string_view("open");
        std::filesystem::permissions(settings.key_file, std::filesystem::perms(open ? 0644 : 0600));
        second_passes();
    }
    BOOST_TEST(exposed == (std::vector<std::size_t>{1, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(half_of_a_pair_changes_nothing_until_the_other_half_is_there) {
    const auto next = authority.issue("DNS:localhost", "second");
    here.write("certificate.pem", next.certificate_pem());
    second_passes();
    second_passes();
    BOOST_TEST(published.size() == 1u);
    BOOST_TEST(logged("the certificate stays as it was"));
    BOOST_TEST(logged("the key is not the certificate's"));
    BOOST_TEST(counted("auth_tls_reloads_total{outcome=\"refused\"} 1")); // said once
    here.write("key.pem", next.key_pem());
    second_passes();
    BOOST_TEST(published.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_pair_that_has_expired_or_is_gone_changes_nothing) {
    write(authority.issue("DNS:localhost", "late", -7200, -3600));
    second_passes();
    BOOST_TEST(logged("has expired"));
    std::filesystem::remove(settings.key_file);
    second_passes();
    BOOST_TEST(logged("cannot be read"));
    BOOST_TEST(published.size() == 1u);
    BOOST_TEST(counted("auth_tls_reloads_total{outcome=\"refused\"} 2"));
}

// Our clock may be behind the authority's, so that a refused pair may become valid without a
// change.
BOOST_AUTO_TEST_CASE(a_pair_that_was_too_early_is_shown_when_its_time_has_come) {
    write(authority.issue("DNS:localhost", "early", 90));
    for (int i = 0; i < 3 * 60; ++i)
        second_passes();
    BOOST_TEST(published.size() == 1u);
    BOOST_TEST(logged("is not good before"));
    BOOST_TEST(counted("auth_tls_reloads_total{outcome=\"refused\"} 1")); // said once
    ahead = 120s;
    for (int i = 0; i < 61; ++i)
        second_passes();
    BOOST_TEST(published.size() == 2u);
    BOOST_TEST(logged("a certificate was loaded CN=early"));
}

BOOST_AUTO_TEST_CASE(a_reload_reads_what_has_not_changed) {
    keeper->reload();
    second_passes();
    BOOST_TEST(published.size() == 2u);
    second_passes();
    BOOST_TEST(published.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_slow_file_system_is_asked_once_at_a_time) {
    keeper->tick(steady, std::chrono::system_clock::now());
    keeper->tick(steady + 1s, std::chrono::system_clock::now());
    BOOST_TEST(elsewhere.size() == 1u);
}

BOOST_AUTO_TEST_CASE(ticket_keys_change_with_the_life_of_a_session) {
    second_passes();
    const auto first = published.back()->tickets().first().name;
    steady += settings.session_lifetime - 2s;
    second_passes();
    BOOST_TEST(published.size() == 1u);
    second_passes();
    BOOST_TEST(published.size() == 2u);
    BOOST_TEST((published.back()->tickets().first().name != first));
    BOOST_TEST(published.back()->tickets().find(first.data()));
    steady += settings.session_lifetime;
    second_passes();
    BOOST_TEST(published.size() == 3u);
    BOOST_TEST(!published.back()->tickets().find(first.data()));
    BOOST_TEST(!published.back()->tickets().find(net::tls_ticket_keys::key().name.data()));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_certificate_is_a_metric) {
    BOOST_TEST(counted("auth_tls_certificate_not_after_seconds"));
}

BOOST_AUTO_TEST_SUITE_END()
