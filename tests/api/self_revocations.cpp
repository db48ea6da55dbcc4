// Credentials that their holders end: how many at once, and what the audit trail is told.
#include "../support/one_worker.hpp"
#include "../support/patient_scrypt.hpp"
#include "../support/quiet.hpp"
#include "support_admin.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/revocation/self_revocation.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <coroutine>
#include <list>
#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// Keeps writes back while `holds`.
struct slow_store final : fake_admin_store {
    struct until_released {
        slow_store& store;
        bool await_ready() const noexcept { return !store.holds; }
        void await_suspend(std::coroutine_handle<> h) const { store.held.push_back(h); }
        void await_resume() const noexcept {}
    };
    auth::operation<auth::revoked_api_key> revoke_api_key(auth::revocation_request asked,
                                                          auth::operator_request& by) override {
        actors.push_back(by.actor);
        co_await until_released{*this};
        co_return auth::revoked_api_key{{}, asked.key_id, "o", at, asked.reason};
    }
    void release() {
        for (auto h : std::exchange(held, {}))
            h.resume();
    }
    bool holds = false;
    std::vector<std::coroutine_handle<>> held;
    std::vector<std::string> actors;
};

struct applies_nothing final : auth::change_sink {
    void apply(const auth::change_set&, std::function<void()> applied) override { applied(); }
};

struct desk_of_node : one_worker {
    desk_of_node()
        : passwords(test::patient_scrypt(), 1,
                    [](const crypto::password_hash&, std::string_view) { return true; }),
          issuers(state.issuers),
          desk(control, written, written, sink, issuers, "us"),
          api(state, 0, passwords, {}, {}, status) {
        state.endings = &desk;
        add_key("our-key-1");
    }
    auth::api_key_facts& add_key(const std::string& name) {
        auto& facts = store.api_keys[crypto::sha256(name)];
        facts.key_hash = crypto::sha256(name);
        facts.key_id = name;
        facts.organization_id = "o";
        return facts;
    }
    void turn() {
        store.answer();
        while (owner.box().receive() || control.receive())
            store.answer();
    }
    std::string end(const std::string& key, bool over_tcp = false) {
        const auto body = R"({"api_key":")" + key + "\"}";
        http::request request;
        request.method = http::method::post;
        request.path = "/api/v1/auth/revoke";
        request.body = body;
        request.has_content_length = true;
        request.fields[static_cast<std::size_t>(http::field::content_type)] = "application/json";
        std::string out;
        const http::answer_terms terms;
        awake connection;
        const http::trust rules;
        const auto from = core::parse_address("192.0.2.7").value();
        const http::client_origin origin(over_tcp ? std::optional(from) : std::nullopt, rules);
        http::exchange ex(request, "r", out, terms, false, connection);
        ex.origin = &origin;
        api.handle(ex);
        while (auto* awaited = ex.take_pending()) {
            turn();
            awaited->finish(ex);
        }
        return out.substr(out.find("\r\n\r\n") + 4);
    }

    slow_store written;
    applies_nothing sink;
    no_status status;
    auth::scrypt_pool passwords;
    core::mailbox control{[] {}};
    auth::issuer_directory issuers;
    auth::self_revocation_desk desk;
    api::public_api api;
};

struct asked_end final : auth::self_revocation {
    void decided() noexcept override { is_decided = true; }
    bool is_decided = false;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(self_revocations, desk_of_node)

BOOST_AUTO_TEST_CASE(a_retired_secret_ends_nothing) {
    add_key("retired-key").retires_at = core::moment::now().real - 1s;
    add_key("retiring-key").retires_at = core::moment::now().real + 1h;
    BOOST_TEST(end("retired-key") == R"({"revoked":false,"code":"EXPIRED"})");
    BOOST_TEST(written.actors.empty());
    // While it works beside the new one, it is a secret of the key.
    BOOST_TEST(end("retiring-key") == R"({"revoked":true,"code":"REVOKED"})");
    BOOST_TEST(written.actors.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_trail_is_told_where_the_holder_was) {
    end("our-key-1", true);
    end("our-key-1");
    BOOST_REQUIRE(written.actors.size() == 2u);
    BOOST_TEST(written.actors[0].ends_with(R"("address":"192.0.2.7"})"));
    BOOST_TEST(written.actors[1].ends_with(R"("address":null})"));
}

BOOST_AUTO_TEST_CASE(few_are_written_at_once) {
    written.holds = true;
    core::mailbox answers([] {});
    std::list<asked_end> all;
    const auto ask = [&] {
        auto& one = all.emplace_back();
        one.key_id = "key";
        desk.ask(one, answers);
        control.receive();
        answers.receive();
    };
    for (std::size_t n = 0; n < auth::self_revocation_desk::under_way_max; ++n)
        ask();
    for (const auto& one : all)
        BOOST_TEST(!one.is_decided);
    ask();
    BOOST_TEST(all.back().is_decided);
    BOOST_REQUIRE(all.back().failed);
    BOOST_TEST((all.back().failed->kind == core::failure_kind::unavailable));
    written.release();
    answers.receive();
    for (const auto& one : all)
        BOOST_TEST(one.is_decided);
    BOOST_TEST(!all.front().failed);
    written.holds = false;
    ask();
    BOOST_TEST(!all.back().failed);
}

BOOST_AUTO_TEST_SUITE_END()
