// A key's rotation as a story: two secrets work, the old one until its last instant, and then the
// new one alone.
#include <latchkey/auth/api_key/verify_api_key.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

#include "../support/one_worker.hpp"

using namespace latchkey;
using namespace std::chrono_literals;
using auth::verdict;

namespace {

// Near to the node's own clock: a jump of it would make all that is cached too old.
const core::real_time rotated_at = core::moment::now().real;
const core::real_time old_until = rotated_at + 20s;

struct inquiry final : auth::api_key_inquiry {
    void decided() noexcept override {}
};

// A node of which the real clock shows what the test says.
struct node : test::one_worker {
    /// What the database says of a secret.
    void knows(const std::string& secret, auth::api_key_facts facts) {
        inquiry i;
        i.key = *verifier.fingerprint(secret);
        verifier.place(i);
        verifier.ask(i);
        pump();
        facts.key_hash = i.key;
        store.answer_key(auth::lookup_status::found, std::move(facts));
        pump();
    }
    verdict cached(const std::string& secret, core::real_time now) {
        inquiry i;
        i.key = *verifier.fingerprint(secret);
        verifier.place(i);
        auto at = auth::clock_reading::read(state.known);
        at.now.real = now;
        std::optional<verdict> out;
        BOOST_TEST(verifier.from_cache(
            i, {}, at, [](const auto&) { return false; },
            [&](const auto& decided, const auth::api_key_record*, const auto&) {
                out = decided.what;
            }));
        return out.value();
    }
    std::map<std::string, std::uint64_t> take_uses() {
        std::map<std::string, std::uint64_t> out;
        uses.table.drain([&](auth::credential_use&& use) {
            out[use.kind + ' ' + use.credential_id] += use.count;
        });
        return out;
    }

    auth::metrics metrics;
    auth::use_counts uses{{}};
    auth::api_key_verifier verifier{state, 0, {}, metrics, &uses};
};

auth::api_key_facts facts() {
    auth::api_key_facts f;
    f.key_id = "key_1";
    f.organization_id = "org_1";
    return f;
}
auth::api_key_facts retiring(core::real_time until = old_until) {
    auto f = facts();
    f.retires_at = until;
    return f;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(rotation, node)

BOOST_AUTO_TEST_CASE(the_old_secret_works_until_its_last_instant) {
    knows("the-new-secret", facts());
    knows("the-old-secret", retiring());
    struct {
        core::real_time now;
        verdict of_old;
    } const instants[] = {
        {rotated_at, verdict::valid},
        {old_until - 1s, verdict::valid},
        {old_until - core::real_time::duration(1), verdict::valid},
        {old_until, verdict::expired},
        {old_until + 1s, verdict::expired},
    };
    for (const auto& at : instants)
        BOOST_TEST_CONTEXT((at.now - rotated_at).count()) {
            BOOST_TEST(auth::code_of(cached("the-old-secret", at.now)) == auth::code_of(at.of_old));
            BOOST_TEST((cached("the-new-secret", at.now) == verdict::valid));
        }
}

// An operator sees whether somebody still has the old secret; the key's own count knows all uses.
BOOST_AUTO_TEST_CASE(uses_of_the_old_secret_are_counted_apart) {
    knows("the-new-secret", facts());
    knows("the-old-secret", retiring());
    cached("the-new-secret", rotated_at);
    cached("the-new-secret", rotated_at);
    cached("the-old-secret", rotated_at);
    cached("the-old-secret", old_until); // it does not work any more: no use
    const std::map<std::string, std::uint64_t> expected = {{"api_key key_1", 3},
                                                           {"previous_api_key key_1", 1}};
    BOOST_TEST((take_uses() == expected));
    cached("the-new-secret", old_until);
    BOOST_TEST((take_uses() == std::map<std::string, std::uint64_t>{{"api_key key_1", 1}}));
}

// The holder of an old secret learns nothing of what became of the key.
BOOST_AUTO_TEST_CASE(an_ended_secret_is_expired_whatever_the_key_is) {
    auto revoked = retiring();
    revoked.revoked = true;
    revoked.enabled = false;
    const auth::api_key_record record(revoked);
    BOOST_TEST((auth::judge(record, {}, old_until) == verdict::expired));
    BOOST_TEST((auth::judge(record, {}, old_until - 1s) == verdict::revoked));
    // And the key's own end comes before that of its old secret.
    auto expired = retiring();
    expired.expires_at = rotated_at;
    BOOST_TEST((auth::judge(auth::api_key_record(expired), {}, rotated_at) == verdict::expired));
}

// Whoever has both secrets has no two limits.
BOOST_AUTO_TEST_CASE(both_secrets_share_the_keys_limit) {
    auto limited = facts();
    limited.rate_limit = core::rate_rule::make(1, 3600s, 2);
    auto old = limited;
    old.retires_at = core::real_time::max();
    old.key_hash = {1};
    core::rate_limiter limits(64, {1, 2});
    const auth::api_key_record a(limited);
    const auth::api_key_record b(old);
    const auto now = core::boot_clock::now();
    BOOST_TEST(auth::key_bucket(limits, nullptr, 0, a).take(1, now).limit.said.allowed);
    BOOST_TEST(auth::key_bucket(limits, nullptr, 0, b).take(1, now).limit.said.allowed);
    BOOST_TEST(!auth::key_bucket(limits, nullptr, 0, a).take(1, now).limit.said.allowed);
    BOOST_TEST(!auth::key_bucket(limits, nullptr, 0, b).take(1, now).limit.said.allowed);
}

BOOST_AUTO_TEST_SUITE_END()
