#include <latchkey/pg/api_key_rows.hpp>
#include <latchkey/pg/wire.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <deque>

using namespace latchkey;
using pg::decode_api_key_row;

namespace {

enum column : std::size_t {
    key_hash,
    key_id,
    organization_id,
    name,
    external_id,
    scopes,
    metadata,
    expires_at,
    enabled,
    revoked,
    organization_enabled,
    allowed_networks
};

constexpr const char* column_names[] = {"key_hash",
                                        "key_id",
                                        "organization_id",
                                        "name",
                                        "external_id",
                                        "scopes",
                                        "metadata",
                                        "expires_at",
                                        "enabled",
                                        "revoked",
                                        "organization_enabled",
                                        "allowed_networks"};

std::string text_array(const std::vector<std::string>& elements) {
    std::string out;
    const auto append = [&](std::size_t n) {
        for (int shift = 24; shift >= 0; shift -= 8)
            out += static_cast<char>(n >> shift);
    };
    for (const std::size_t n :
         {std::size_t{1}, std::size_t{0}, std::size_t{25}, elements.size(), std::size_t{1}})
        append(n);
    for (const auto& e : elements) {
        append(e.size());
        out += e;
    }
    return out;
}

const std::string yes("\1", 1);
const std::string no("\0", 1);

// A row that is right in everything; tests change one value.
struct sample {
    std::array<std::optional<std::string>, pg::api_key_columns> values = {
        std::string(32, 'h'),
        "key_1",
        "acme",
        "ci",
        "u-1",
        text_array({"b", "a"}),
        "{\"a\": 1}",
        std::string(8, '\0'),
        yes,
        no,
        yes,
        text_array({"10.0.0.0/8"})};

    std::optional<auth::api_key_facts> decode() const {
        std::array<std::optional<std::string_view>, pg::api_key_columns> row;
        for (std::size_t i = 0; i < row.size(); ++i)
            if (values[i]) row[i] = *values[i];
        return decode_api_key_row(row);
    }
};

struct question final : auth::api_key_lookup {
    explicit question(char c) {
        key.fill(static_cast<std::uint8_t>(c));
        status = auth::lookup_status::absent;
    }
    void complete() noexcept override {}
};

std::shared_ptr<const auth::api_key_record> record_of(char c) {
    auth::api_key_facts facts;
    facts.key_hash.fill(static_cast<std::uint8_t>(c));
    return std::make_shared<const auth::api_key_record>(std::move(facts));
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_key_rows)

BOOST_AUTO_TEST_CASE(reads_a_row) {
    const auto facts = sample().decode().value();
    BOOST_TEST(facts.key_hash[0] == 'h');
    BOOST_TEST(facts.key_id == "key_1");
    BOOST_TEST(facts.organization_id == "acme");
    BOOST_TEST(facts.name.value() == "ci");
    BOOST_TEST(facts.external_id.value() == "u-1");
    BOOST_TEST(facts.scopes.size() == 2u);
    BOOST_TEST(facts.metadata == "{\"a\": 1}");
    BOOST_TEST((facts.expires_at == core::real_time(core::seconds(946'684'800))));
    BOOST_TEST(facts.enabled);
    BOOST_TEST(!facts.revoked);
    BOOST_TEST(facts.organization_enabled);
    BOOST_TEST(facts.allowed_networks.size() == 1u);
}

BOOST_AUTO_TEST_CASE(only_three_columns_may_be_null) {
    for (std::size_t i = 0; i < pg::api_key_columns; ++i) {
        BOOST_TEST_CONTEXT(column_names[i]) {
            sample row;
            row.values[i].reset();
            const bool optional = i == name || i == external_id || i == expires_at;
            BOOST_TEST(row.decode().has_value() == optional);
        }
    }
    sample row;
    for (const auto i : {name, external_id, expires_at})
        row.values[i].reset();
    const auto facts = row.decode().value();
    BOOST_TEST(!facts.name);
    BOOST_TEST(!facts.external_id);
    BOOST_TEST(!facts.expires_at);
}

BOOST_AUTO_TEST_CASE(a_malformed_value_is_no_row) {
    struct {
        column where;
        std::string value;
    } const cases[] = {
        {key_hash, std::string(31, 'h')},
        {scopes, ""},
        {scopes, text_array({"a"}) + "x"},
        {expires_at, std::string(4, '\0')},
        {enabled, ""},
        {revoked, "\2"},
        {organization_enabled, "tt"},
        {allowed_networks, "{}"},
        // It must not open the key to all addresses.
        {allowed_networks, text_array({"10.0.0.0/8", "example.com"})},
        {allowed_networks, text_array({"10.0.0.0/33"})},
        {allowed_networks, text_array({""})},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(column_names[c.where] << ": " << c.value) {
            sample row;
            row.values[c.where] = c.value;
            BOOST_TEST(!row.decode().has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(another_number_of_columns_is_no_row) {
    const std::vector<std::optional<std::string_view>> none, more(pg::api_key_columns + 1, "x");
    BOOST_TEST(!decode_api_key_row(none));
    BOOST_TEST(!decode_api_key_row(more));
}

BOOST_AUTO_TEST_CASE(no_expiry_and_infinity_are_the_same) {
    sample row;
    row.values[expires_at] = "\x7f" + std::string(7, '\xff');
    BOOST_TEST(!row.decode().value().expires_at);
    // Before all time, and long over.
    row.values[expires_at] = "\x80" + std::string(7, '\0');
    BOOST_TEST((row.decode().value().expires_at == core::real_time::min()));
}

BOOST_AUTO_TEST_CASE(a_record_goes_to_all_who_asked_for_it_and_no_other) {
    std::deque<question> all;
    for (const char c : {'c', 'a', 'b', 'c', 'a', 'c', '\xff'})
        all.emplace_back(c);
    std::vector<auth::api_key_lookup*> lookups;
    for (auto& q : all)
        lookups.push_back(&q);
    pg::sort_by_key(lookups);

    BOOST_TEST(pg::settle(lookups, record_of('c')) == 3u);
    BOOST_TEST(pg::settle(lookups, record_of('\xff')) == 1u);
    for (const auto& q : all) {
        const bool given = q.key[0] == 'c' || q.key[0] == 0xff;
        BOOST_TEST((q.status == auth::lookup_status::found) == given);
        if (given) BOOST_TEST((q.record->facts().key_hash == q.key));
    }
}

BOOST_AUTO_TEST_CASE(a_foreign_row_goes_to_nobody) {
    question only('b');
    std::vector<auth::api_key_lookup*> lookups = {&only};
    BOOST_TEST(pg::settle(lookups, record_of('a')) == 0u);
    BOOST_TEST(pg::settle(lookups, record_of('c')) == 0u);
    BOOST_TEST(pg::settle({}, record_of('b')) == 0u);
    BOOST_TEST((only.status == auth::lookup_status::absent));
    BOOST_TEST(!only.record);
}

BOOST_AUTO_TEST_SUITE_END()
