#include "pg/lookup/lookup_rows.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>

using namespace latchkey;

namespace {

struct question final : auth::api_key_lookup {
    explicit question(char c) {
        key.fill(static_cast<std::uint8_t>(c));
        status = auth::lookup_status::absent;
    }
    void complete() noexcept override {}
};

std::size_t give(std::span<auth::any_lookup* const> sorted, char c) {
    auth::api_key_facts facts;
    facts.key_id = c;
    facts.key_hash.fill(static_cast<std::uint8_t>(c));
    const auto key = facts.key_hash;
    return pg::settle(sorted, key, std::make_shared<const auth::api_key_record>(std::move(facts)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(lookup_rows)

BOOST_AUTO_TEST_CASE(a_record_goes_to_all_who_asked_for_it_and_no_other) {
    std::deque<question> all;
    for (const char c : {'c', 'a', 'b', 'c', 'a', 'c', '\xff'})
        all.emplace_back(c);
    std::vector<auth::any_lookup*> lookups;
    for (auto& q : all)
        lookups.push_back(&q);
    pg::sort_by_key(lookups);

    BOOST_TEST(give(lookups, 'c') == 3u);
    BOOST_TEST(give(lookups, '\xff') == 1u);
    for (const auto& q : all) {
        const bool given = q.key[0] == 'c' || q.key[0] == 0xff;
        BOOST_TEST((q.status == auth::lookup_status::found) == given);
        if (given) BOOST_TEST((q.record->key_id() == std::string(1, static_cast<char>(q.key[0]))));
    }
}

BOOST_AUTO_TEST_CASE(a_foreign_row_goes_to_nobody) {
    question only('b');
    std::vector<auth::any_lookup*> lookups = {&only};
    BOOST_TEST(give(lookups, 'a') == 0u);
    BOOST_TEST(give(lookups, 'c') == 0u);
    BOOST_TEST(give({}, 'b') == 0u);
    BOOST_TEST((only.status == auth::lookup_status::absent));
    BOOST_TEST(!only.record);
}

BOOST_AUTO_TEST_SUITE_END()
