#include "pg/lookup/api_key_rows.hpp"
#include "fake_rows.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using namespace latchkey;
using pg::decode_api_key_row;
using test::text_array;

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
    allowed_networks,
    rate_limit_quantity,
    rate_limit_window,
    rate_limit_burst,
    caller_scopes,
    generation,
    previous_hash,
    previous_until,
    rate_limit_scope,
    credit_account
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
                                        "allowed_networks",
                                        "rate_limit_quantity",
                                        "rate_limit_window",
                                        "rate_limit_burst",
                                        "caller_scopes",
                                        "generation",
                                        "previous_hash",
                                        "previous_until",
                                        "rate_limit_scope",
                                        "credit_account"};

const std::string yes("\1", 1);
const std::string no("\0", 1);

// Big-endian, as PostgreSQL sends it.
std::string integer(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i)
        out += static_cast<char>(value >> (8 * i));
    return out;
}

// A valid row; tests change one value.
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
        text_array({"10.0.0.0/8"}),
        integer(100, 8),
        integer(60, 4),
        integer(20, 8),
        text_array({"latchkey:verify", "latchkey:unheard"}),
        integer(3, 4),
        std::string(32, 'p'),
        std::string(8, '\0'),
        "fleet",
        integer(42, 8)};

    /// The facts alone.
    std::optional<auth::api_key_facts> decode() const {
        auto row = decode_whole();
        if (!row) return std::nullopt;
        return std::move(row->facts);
    }
    std::optional<pg::api_key_row> decode_whole() const {
        std::array<std::optional<std::string_view>, pg::api_key_columns> row;
        for (std::size_t i = 0; i < row.size(); ++i)
            if (values[i]) row[i] = *values[i];
        return decode_api_key_row(row);
    }
};

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
    BOOST_TEST((facts.rate_limit == core::rate_rule::make(100, core::seconds(60), 20)));
    BOOST_TEST((facts.caller_scopes.names() == std::vector<std::string>{"latchkey:verify"}));
    BOOST_TEST(facts.rate_limit_is_fleet);
    BOOST_TEST(facts.credit_account.value() == 42);
    BOOST_TEST(facts.generation == 3u);
    BOOST_TEST(!facts.retires_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_previous_secret_is_whole_or_none) {
    const auto both = sample().decode_whole().value().previous.value();
    BOOST_TEST(both.hash[0] == 'p');
    BOOST_TEST((both.until == core::real_time(core::seconds(946'684'800))));
    sample none;
    none.values[previous_hash].reset();
    BOOST_TEST(!none.decode_whole().value().previous.has_value());
    sample endless; // it must not work for ever because its end is missing
    endless.values[previous_until].reset();
    BOOST_TEST(!endless.decode_whole().has_value());
}

BOOST_AUTO_TEST_CASE(a_limit_is_whole_or_none) {
    struct {
        std::optional<std::string> quantity, window, burst;
        bool readable;
        std::uint64_t expected_burst; ///< 0: no limit
    } const cases[] = {
        {{}, {}, {}, true, 0},
        {integer(100, 8), integer(60, 4), {}, true, 100},
        {integer(1, 8), integer(518'400, 4), integer(1, 8), true, 1},
        {integer(100, 8), {}, {}, false, 0},
        {integer(0, 8), integer(60, 4), {}, false, 0},
        {integer(100, 8), integer(0, 4), {}, false, 0},
        {integer(100, 8), integer(60, 4), integer(0, 8), false, 0},
        {integer(100, 8), integer(60, 4), integer(~std::uint64_t{0}, 8), false, 0},
        {integer(100, 8), integer(60, 8), {}, false, 0},
    };
    for (const auto& c : cases) {
        sample row;
        row.values[rate_limit_quantity] = c.quantity;
        row.values[rate_limit_window] = c.window;
        row.values[rate_limit_burst] = c.burst;
        const auto facts = row.decode();
        BOOST_REQUIRE(facts.has_value() == c.readable);
        if (facts)
            BOOST_TEST((facts->rate_limit ? facts->rate_limit->burst() : 0) == c.expected_burst);
    }
}

BOOST_AUTO_TEST_CASE(who_counts_a_keys_limit_must_be_known) {
    for (const auto& [scope, readable] :
         {std::pair{"node", true}, {"fleet", true}, {"all", false}, {"", false}}) {
        sample row;
        row.values[rate_limit_scope] = scope;
        const auto facts = row.decode();
        BOOST_TEST_CONTEXT(scope) {
            BOOST_REQUIRE(facts.has_value() == readable);
            if (facts) BOOST_TEST(facts->rate_limit_is_fleet == (scope == std::string("fleet")));
        }
    }
}

BOOST_AUTO_TEST_CASE(some_columns_may_be_null) {
    for (std::size_t i = 0; i < pg::api_key_columns; ++i) {
        BOOST_TEST_CONTEXT(column_names[i]) {
            sample row;
            row.values[i].reset();
            const bool optional = i == name || i == external_id || i == expires_at ||
                                  i == rate_limit_quantity || i == rate_limit_burst ||
                                  i == previous_hash || i == credit_account;
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
        // A network that cannot be read must not open the key to all addresses.
        {allowed_networks, text_array({"10.0.0.0/8", "example.com"})},
        {allowed_networks, text_array({"10.0.0.0/33"})},
        {allowed_networks, text_array({""})},
        {caller_scopes, text_array({"latchkey:verify"}) + "x"},
        {generation, integer(3, 8)},
        {generation, integer(0xffffffff, 4)},
        {previous_hash, std::string(31, 'p')},
        {previous_until, std::string(4, '\0')},
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
    // The earliest time, which is long past.
    row.values[expires_at] = "\x80" + std::string(7, '\0');
    BOOST_TEST((row.decode().value().expires_at == core::real_time::min()));
}

BOOST_AUTO_TEST_SUITE_END()
