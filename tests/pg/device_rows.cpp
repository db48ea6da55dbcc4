#include "pg/lookup/device_rows.hpp"
#include "fake_rows.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

using namespace latchkey;
using auth::legacy_device_secret;
using test::text_array;

namespace {

enum column : std::size_t {
    device_key,
    device_id,
    organization_id,
    name,
    scopes,
    metadata,
    secret,
    previous_secret,
    previous_until,
    active,
    revoked,
    organization_enabled,
    generation
};

const std::string yes("\1", 1);
const std::string no("\0", 1);

// A valid row; tests change one value.
struct sample {
    std::array<std::optional<std::string>, pg::device_columns> values = {
        std::string(32, 'h'),
        "d1",
        "acme",
        "door",
        text_array({"b", "a"}),
        "{\"a\": 1}",
        auth::sha256_form("s1"),
        "s0",
        std::string(8, '\0'),
        yes,
        no,
        yes,
        std::string("\0\0\0\3", 4),
    };

    std::optional<pg::device_row>
    decode(legacy_device_secret legacy = legacy_device_secret::plaintext) const {
        std::array<std::optional<std::string_view>, pg::device_columns> row;
        for (std::size_t i = 0; i < row.size(); ++i)
            if (values[i]) row[i] = *values[i];
        return pg::decode_device_row(row, legacy);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(device_rows)

BOOST_AUTO_TEST_CASE(reads_a_row) {
    const auto row = sample().decode().value();
    BOOST_TEST(row.key[0] == 'h');
    const auto& facts = row.facts;
    BOOST_TEST(facts.device_id == "d1");
    BOOST_TEST(facts.organization_id == "acme");
    BOOST_TEST(facts.name.value() == "door");
    BOOST_TEST(facts.scopes.size() == 2u);
    BOOST_TEST(facts.metadata == "{\"a\": 1}");
    BOOST_TEST(facts.secret.matches(crypto::sha256("s1")));
    BOOST_TEST(!facts.secret.is_legacy());
    BOOST_TEST(facts.previous_secret->matches(crypto::sha256("s0")));
    BOOST_TEST(facts.previous_secret->is_legacy());
    BOOST_TEST((facts.previous_until == core::real_time(core::seconds(946'684'800))));
    BOOST_TEST(facts.active);
    BOOST_TEST(!facts.revoked);
    BOOST_TEST(facts.organization_enabled);
    BOOST_TEST(facts.generation == 3u);
}

BOOST_AUTO_TEST_CASE(a_bare_secret_is_what_it_is_said_to_be) {
    sample row;
    row.values[secret] = crypto::to_hex(crypto::sha256("s"));
    const auto opens = [&](legacy_device_secret legacy, const std::string& presented) {
        return row.decode(legacy)->facts.secret.matches(crypto::sha256(presented));
    };
    BOOST_TEST(opens(legacy_device_secret::sha256_hex, "s"));
    BOOST_TEST(!opens(legacy_device_secret::plaintext, "s"));
    BOOST_TEST(opens(legacy_device_secret::plaintext, *row.values[secret]));
    BOOST_TEST(!row.decode(legacy_device_secret::unset)->facts.secret.is_usable());
}

BOOST_AUTO_TEST_CASE(a_secret_that_cannot_be_read_is_unusable_and_no_mistake_of_the_row) {
    for (const auto* stored : {"", "sha256:", "sha256:x", "scrypt:", "scrypt:ln=99"}) {
        sample row;
        row.values[secret] = stored;
        BOOST_TEST(!row.decode()->facts.secret.is_usable());
    }
}

BOOST_AUTO_TEST_CASE(only_three_columns_may_be_null) {
    for (std::size_t i = 0; i < pg::device_columns; ++i) {
        BOOST_TEST_CONTEXT("column " << i) {
            sample row;
            row.values[i].reset();
            const bool optional = i == name || i == previous_secret || i == previous_until;
            BOOST_TEST(row.decode().has_value() == optional);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_malformed_value_is_no_row) {
    struct {
        column where;
        std::string value;
    } const cases[] = {
        {device_key, std::string(31, 'h')},
        {scopes, ""},
        {previous_until, std::string(4, '\0')},
        {active, ""},
        {revoked, "\2"},
        {organization_enabled, "tt"},
        {generation, "3"},
        {generation, std::string(4, '\xff')},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("column " << c.where) {
            sample row;
            row.values[c.where] = c.value;
            BOOST_TEST(!row.decode().has_value());
        }
    }
    const std::vector<std::optional<std::string_view>> none, more(pg::device_columns + 1, "x");
    BOOST_TEST(!pg::decode_device_row(none, legacy_device_secret::unset).has_value());
    BOOST_TEST(!pg::decode_device_row(more, legacy_device_secret::unset).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
