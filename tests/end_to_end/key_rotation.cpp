// Signing keys rotate while tokens are issued and verified on two nodes.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

// Issues on one node and verifies on another again and again. Every answer must be good.
class load {
  public:
    load(const server_process& issuer, const server_process& verifier, std::string key)
        : thread_([this, &issuer, &verifier, key = std::move(key)] {
              auto asks = issuer.connect();
              auto verifies = verifier.connect();
              std::vector<std::string> tokens;
              while (!stop_) {
                  const auto issued = asks.ask(ask_for_token(key));
                  const auto token = token_of(issued);
                  if (token.empty()) {
                      note("issuing", issued);
                      continue;
                  }
                  tokens.push_back(token);
                  // The new token, and an older one.
                  for (const auto& one : {token, tokens[done_ * 7919 % tokens.size()]})
                      check(one, verifies.ask(ask_about(one)));
                  ++done_;
              }
          }) {}
    ~load() { end(); }
    void end() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    std::size_t done() const { return done_; }
    /// Returns the first wrong answers, each on a line.
    std::string wrong() const {
        const std::lock_guard lock(mutex_);
        return wrong_;
    }

  private:
    void check(const std::string& token, const answer& a) {
        if (code_of(a) != "VALID") note("verifying " + token.substr(0, token.find('.')), a);
    }
    void note(const std::string& what, const answer& a) {
        constexpr std::size_t enough = 2000;
        const std::lock_guard lock(mutex_);
        if (wrong_.size() > enough) return;
        wrong_ += "after " + std::to_string(done_) + ", " + what + ": " + std::to_string(a.status) +
                  " " + a.body + "\n";
    }

    std::atomic<bool> stop_{false};
    std::atomic<std::size_t> done_{0};
    mutable std::mutex mutex_;
    std::string wrong_;
    std::thread thread_;
};

std::string states(issuing_nodes& all) {
    return all.database.value("select string_agg(state, ' ' order by created_at) from "
                              "latchkey.signing_keys");
}

std::size_t published_by(const server_process& node) {
    return node.ask(get("/.well-known/jwks.json")).json().at("keys").as_array().size();
}

// Changes the database as if everything had happened earlier by `interval`.
void let_pass(issuing_nodes& all, const std::string& interval) {
    all.database.exec("update latchkey.signing_keys set created_at = created_at - interval '" +
                      interval + "', activates_at = activates_at - interval '" + interval +
                      "', activated_at = activated_at - interval '" + interval +
                      "', retired_at = retired_at - interval '" + interval + "'");
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_rotation)

BOOST_AUTO_TEST_CASE(no_verification_fails_while_keys_rotate) {
    issuing_nodes all;
    const auto a = all.start();
    const auto b = all.start();
    const auto key = a->create_key(a->create_organization());
    const auto first = nodes::issue(*a, key);
    BOOST_REQUIRE(nodes::becomes(*b, first, "VALID"));
    nodes::issue(*b, key);
    BOOST_REQUIRE(gets_cached(*a, key));
    BOOST_REQUIRE(gets_cached(*b, key));
    const load there(*a, *b, key);
    const load back(*b, *a, key);

    // After a month, the next signing key is made and published, and takes over.
    let_pass(all, "30 days");
    BOOST_TEST(soon([&] { return states(all) == "current next"; }));
    // All nodes hear of it, before the database is changed as if an hour had passed.
    BOOST_TEST(soon([&] { return published_by(*a) == 2u && published_by(*b) == 2u; }));
    let_pass(all, "1 hour");
    BOOST_TEST(soon([&] { return states(all) == "retiring current"; }));
    BOOST_TEST(code_of(a->ask(ask_about(first))) == "VALID");
    BOOST_TEST(code_of(b->ask(ask_about(first))) == "VALID");
    // An operator rotates on the other node.
    const auto rotated = b->command({"signing-key", "rotate", "--json"});
    BOOST_TEST(rotated.exit_code == 0, rotated.err);
    BOOST_TEST(states(all) == "retiring current next");
    const auto until = soon([&] { return there.done() > 20 && back.done() > 20; });
    BOOST_TEST(until);
    BOOST_TEST(there.wrong() == "");
    BOOST_TEST(back.wrong() == "");
    BOOST_TEST(a->log().find("tried again") == std::string::npos, a->log());
}

// A signing key is destroyed when no token that it signed can be good any more.
BOOST_AUTO_TEST_CASE(a_key_retires) {
    issuing_nodes all;
    const auto a = all.start();
    const auto key = a->create_key(a->create_organization());
    nodes::issue(*a, key);
    BOOST_REQUIRE(a->command({"signing-key", "rotate"}).exit_code == 0);
    let_pass(all, "1 hour");
    BOOST_TEST(soon([&] { return states(all) == "retiring current"; }));
    let_pass(all, "2 hours");
    BOOST_TEST(soon([&] { return states(all) == "retired current"; }));
    BOOST_TEST(all.database.value("select count(*) from latchkey.signing_keys where sealed is null "
                                  "and state = 'retired'") == "1");
    const auto listed = a->command({"signing-key", "list"});
    BOOST_TEST(listed.exit_code == 0);
    BOOST_TEST(listed.out.find("retired") != std::string::npos, listed.out);
    BOOST_TEST(soon([&] { return published_by(*a) == 1u; }));
}

// A compromised signing key is dropped together with all tokens that it signed.
BOOST_AUTO_TEST_CASE(rotate_now_drops_the_current_key) {
    issuing_nodes all;
    const auto a = all.start();
    const auto b = all.start();
    const auto key = a->create_key(a->create_organization());
    const auto old = nodes::issue(*a, key);
    BOOST_REQUIRE(nodes::becomes(*b, old, "VALID"));
    const auto rotated = a->command({"signing-key", "rotate", "--now", "--yes"});
    BOOST_TEST(rotated.exit_code == 0, rotated.err);
    // On this node at once, cached or not; on the other when the feed brings it. It is never valid
    // again.
    BOOST_TEST(code_of(a->ask(ask_about(old))) == "UNKNOWN_KEY_ID");
    std::string there;
    BOOST_TEST(soon([&] { return (there = code_of(b->ask(ask_about(old)))) != "VALID"; }));
    BOOST_TEST(there == "UNKNOWN_KEY_ID");
    BOOST_TEST(states(all) == "retired current");
    const auto fresh = nodes::issue(*b, key);
    BOOST_TEST(nodes::becomes(*a, fresh, "VALID"));
    BOOST_TEST(code_of(a->ask(ask_about(old))) == "UNKNOWN_KEY_ID");
    BOOST_TEST(code_of(b->ask(ask_about(old))) == "UNKNOWN_KEY_ID");
}

BOOST_AUTO_TEST_SUITE_END()
