#include "server/process/token_lives.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

server::loaded_issuer issuer(const char* name, core::seconds life) {
    server::loaded_issuer out;
    out.rules.issuer = name;
    out.rules.max_token_lifetime = life;
    return out;
}

server::configuration settings() {
    server::configuration out;
    out.tokens.expires_in_max = 1h;
    out.cache.max_staleness = 59500ms;
    return out;
}

// What a leeway and a node that is cut off may add.
constexpr core::seconds delay = 60s + 60s;
const core::seconds usual = auth::issuer_rules().max_token_lifetime;

} // namespace

BOOST_AUTO_TEST_SUITE(token_lives)

BOOST_AUTO_TEST_CASE(without_issuers_all_live_as_long_as_is_usual) {
    const auto lives = server::lives_of(settings(), {});
    BOOST_TEST((lives.own == usual + delay));
    BOOST_TEST((lives.organizations == lives.own));
    BOOST_TEST((lives.others == lives.own));
    BOOST_TEST(lives.issuers.empty());
}

BOOST_AUTO_TEST_CASE(a_longer_life_of_our_own_tokens_counts) {
    auto longer = settings();
    longer.tokens.expires_in_max = usual + 5h;
    BOOST_TEST((server::lives_of(longer, {}).own == usual + 5h + delay));
}

// An issuer may be given a shorter life by a reload, so the usual one is the least.
BOOST_AUTO_TEST_CASE(each_issuer_has_its_own) {
    server::loaded_issuers issuers;
    issuers.all = {issuer("short", 60s), issuer("long", usual + 1h)};
    const auto lives = server::lives_of(settings(), issuers);
    BOOST_TEST((lives.of_issuer("short") == usual + delay));
    BOOST_TEST((lives.of_issuer("long") == usual + 1h + delay));
    BOOST_TEST((lives.of_issuer("unknown") == usual + 1h + delay));
    BOOST_TEST((lives.own == usual + delay));
}

BOOST_AUTO_TEST_CASE(a_life_without_an_end_is_that_issuers_alone) {
    server::loaded_issuers issuers;
    issuers.all = {issuer("for ever", auth::unbounded_life)};
    const auto lives = server::lives_of(settings(), issuers);
    BOOST_TEST((lives.of_issuer("for ever") == auth::unbounded_life));
    BOOST_TEST((lives.of_issuer("unknown") == usual + delay));
}

BOOST_AUTO_TEST_CASE(organizations_live_as_long_as_tokens_that_may_name_them) {
    struct {
        bool revocable;
        const char* organization_claim;
        core::seconds expected;
    } const cases[] = {
        {true, "org", usual + 1h + delay},
        {false, "org", usual + delay},
        {true, "", usual + delay},
    };
    for (const auto& c : cases) {
        server::loaded_issuers issuers;
        issuers.all = {issuer("i", usual + 1h)};
        issuers.all[0].rules.revocable = c.revocable;
        issuers.all[0].rules.organization_claim = c.organization_claim;
        BOOST_TEST((server::lives_of(settings(), issuers).organizations == c.expected));
    }
}

BOOST_AUTO_TEST_SUITE_END()
