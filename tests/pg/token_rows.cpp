#include "pg/lookup/token_rows.hpp"
#include "fake_rows.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using auth::revocation_kind;

namespace {

using texts = std::vector<std::string>;

core::real_time at(std::int64_t microseconds) {
    return core::real_time(core::microseconds(microseconds));
}

// Valid texts; tests change one.
const texts sample = {"+token", "https://issuer", "t-1", "1000000", "2000001", "3"};
const fake_rows::row revocation_row = {int8(7),
                                       "subject",
                                       "https://issuer",
                                       "s-1",
                                       std::nullopt,
                                       timestamptz(at(2'000'001)),
                                       timestamptz(at(3'000'000)),
                                       std::nullopt,
                                       std::nullopt};
const fake_rows::row signing_key_row = {"k1",         "ES256",
                                        "current",    timestamptz(at(1)),
                                        std::nullopt, timestamptz(at(2)),
                                        std::nullopt, R"({"kty": "EC"})",
                                        "kek",        std::string("\0sealed", 7)};

std::optional<std::vector<auth::revocation_change>> read(const texts& names) {
    std::vector<auth::revocation_change> out;
    if (!pg::append_revocations(names, {}, out)) return std::nullopt;
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(token_rows)

BOOST_AUTO_TEST_CASE(six_texts_are_a_revocation) {
    auto two = sample;
    two.insert(two.end(), {"-organization", "", "o", "", "", "4"});
    const auto changes = read(two).value();
    BOOST_REQUIRE(changes.size() == 2u);
    const auto& token = changes[0].what;
    BOOST_TEST((token.kind == revocation_kind::token));
    BOOST_TEST(token.issuer == "https://issuer");
    BOOST_TEST(token.value == "t-1");
    BOOST_TEST((token.issued_before == at(1'000'000)));
    BOOST_TEST((token.expires_at == at(2'000'001)));
    BOOST_TEST((token.created_at == at(3)));
    BOOST_TEST(!changes[0].withdrawn);
    BOOST_TEST((changes[1].what.kind == revocation_kind::organization));
    BOOST_TEST(changes[1].what.value == "o");
    BOOST_TEST(!changes[1].what.issued_before.has_value());
    BOOST_TEST(!changes[1].what.expires_at.has_value());
    BOOST_TEST(changes[1].withdrawn);
    BOOST_TEST(read({}).value().empty());
}

BOOST_AUTO_TEST_CASE(every_kind_has_its_name) {
    for (const auto name : auth::revocation_kinds) {
        auto names = sample;
        names[0] = "-" + std::string(name);
        BOOST_TEST(auth::name_of(read(names).value()[0].what.kind) == name);
    }
}

BOOST_AUTO_TEST_CASE(times_are_held_within_what_a_time_can_be) {
    struct {
        const char* text;
        core::real_time time;
    } const cases[] = {
        {"0", at(0)},
        {"-1", at(-1)},
        {"1800000000123456", at(1'800'000'000'123'456)},
        {"infinity", core::real_time::max()},
        {"-infinity", core::real_time::min()},
        {"9200000000000000000", core::real_time::max()},
        {"-210863520000000000", core::real_time::min()},
        {"9223372036854775807", core::real_time::max()},
        {"-9223372036854775808", core::real_time::min()},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.text) {
            for (const std::size_t place : {3u, 4u}) {
                auto names = sample;
                names[place] = c.text;
                const auto what = read(names).value()[0].what;
                BOOST_TEST(((place == 3 ? what.issued_before : what.expires_at) == c.time));
            }
            auto names = sample;
            names[5] = c.text;
            BOOST_TEST((read(names).value()[0].what.created_at == c.time));
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_texts_are_no_revocation) {
    struct {
        std::size_t place;
        const char* text;
    } const cases[] = {
        {0, ""},
        {0, "+"},
        {0, "token"},
        {0, "*token"},
        {0, "++token"},
        {0, "+Token"},
        {0, "+x"},
        {3, "x"},
        {3, " 1"},
        {3, "1 "},
        {3, "1.5"},
        {3, "0x1"},
        {4, "1e3"},
        {4, "Infinity"},
        {4, "infinity "},
        {5, ""},
        {5, "-"},
        {5, "+1"},
        {4, "9223372036854775808"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.place << ": '" << c.text << "'") {
            auto names = sample;
            names[c.place] = c.text;
            BOOST_TEST(!read(names).has_value());
            // The same behind a valid one.
            names.insert(names.begin(), sample.begin(), sample.end());
            BOOST_TEST(!read(names).has_value());
        }
    }
    for (const std::size_t count : {1u, 5u, 7u, 11u}) {
        auto names = sample;
        names.insert(names.end(), sample.begin(), sample.end());
        names.resize(count);
        BOOST_TEST(!read(names).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_sign_and_an_id_are_a_credential) {
    std::vector<auth::revocation_change> out;
    BOOST_TEST(pg::append_credentials(texts{"+key_1", "-+", "+"}, {}, at(9), out));
    BOOST_REQUIRE(out.size() == 3u);
    for (const auto& change : out) {
        BOOST_TEST((change.what.kind == revocation_kind::credential));
        BOOST_TEST((change.what.created_at == at(9)));
        BOOST_TEST(!change.what.issued_before.has_value());
        BOOST_TEST(!change.what.expires_at.has_value());
        BOOST_TEST(change.what.issuer.empty());
    }
    BOOST_TEST(out[0].what.value == "key_1");
    BOOST_TEST(!out[0].withdrawn);
    BOOST_TEST(out[1].what.value == "+");
    BOOST_TEST(out[1].withdrawn);
    BOOST_TEST(out[2].what.value == "");
    for (const char* id : {"", "key_1", " +key_1"})
        BOOST_TEST(!pg::append_credentials(texts{"+good", id}, {}, at(9), out));
}

// A text that is not understood, from a later version for example, revokes both kinds.
BOOST_AUTO_TEST_CASE(a_kind_beside_them_is_of_those_that_are_told_as_revoked) {
    using auth::credential_kind;
    struct {
        const char* news;
        std::optional<credential_kind> of;
        bool withdrawn;
    } const cases[] = {
        {"+api_key", credential_kind::api_key, false},
        {"-api_key", credential_kind::api_key, true},
        {"+device", credential_kind::device, false},
        {"-device", credential_kind::device, true},
        {"", {}, false},
        {"api_key", {}, false},
        {"-token", {}, false},
        {"-certificate", {}, false},
        {"-", {}, false},
        {"--device", {}, false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.news) {
            const auto news = pg::read_credential_news(c.news);
            std::vector<auth::revocation_change> out;
            BOOST_TEST(pg::append_credentials(texts{"+a", "-b"}, news, at(9), out));
            BOOST_TEST(pg::append_revocations(texts{"+credential", "", "c", "", "", "1", //
                                                    "-credential", "", "d", "", "", "1", //
                                                    "+organization", "", "o", "", "", "1"},
                                              news, out));
            BOOST_REQUIRE(out.size() == 5u);
            for (const std::size_t told_as_revoked : {0u, 2u}) {
                BOOST_TEST((out[told_as_revoked].what.of == c.of));
                BOOST_TEST(out[told_as_revoked].withdrawn == c.withdrawn);
            }
            for (const std::size_t gone : {1u, 3u}) {
                BOOST_TEST(!out[gone].what.of.has_value());
                BOOST_TEST(out[gone].withdrawn);
            }
            BOOST_TEST(!out[4].what.of.has_value());
            BOOST_TEST(!out[4].withdrawn);
        }
    }
}

BOOST_AUTO_TEST_CASE(rows_name_the_kind_of_a_credential) {
    struct {
        std::optional<std::string> stored;
        std::optional<auth::credential_kind> of;
    } const cases[] = {{"api_key", auth::credential_kind::api_key},
                       {"device", auth::credential_kind::device},
                       {std::nullopt, {}},
                       {"of_a_newer_schema", {}}};
    for (const auto& c : cases) {
        auto row = revocation_row;
        row[1] = "credential";
        row[7] = c.stored;
        BOOST_TEST((pg::decode_revocation_rows(fake_rows({row})).value()[0].what.of == c.of));
    }
}

BOOST_AUTO_TEST_CASE(rows_tell_which_generations_have_ended) {
    auto row = revocation_row;
    row[1] = "credential";
    row[7] = "device";
    row[8] = std::string("\0\0\1\2", 4);
    const auto read = pg::decode_revocation_rows(fake_rows({row, revocation_row})).value();
    BOOST_TEST(read[0].what.below_generation.value() == 258u);
    BOOST_TEST((read[0].what.of == auth::credential_kind::device));
    BOOST_TEST(!read[1].what.below_generation.has_value());
    for (const auto& bad : {std::string(), std::string("7"), std::string(4, '\xff')}) {
        row[8] = bad;
        BOOST_TEST(!pg::decode_revocation_rows(fake_rows({row})).has_value());
    }
}

BOOST_AUTO_TEST_CASE(names_beside_keys_tell_which_generations_have_ended) {
    std::vector<auth::revocation_change> out;
    BOOST_TEST(
        pg::append_generations(texts{"api_key 3 key_1", "device 4294967295 a b "}, at(9), out));
    BOOST_REQUIRE(out.size() == 2u);
    BOOST_TEST((out[0].what.kind == revocation_kind::credential));
    BOOST_TEST((out[0].what.of == auth::credential_kind::api_key));
    BOOST_TEST(out[0].what.value == "key_1");
    BOOST_TEST(out[0].what.below_generation.value() == 3u);
    BOOST_TEST((out[0].what.created_at == at(9)));
    BOOST_TEST(!out[0].withdrawn);
    BOOST_TEST(out[1].what.value == "a b ");
    BOOST_TEST(out[1].what.below_generation.value() == 4294967295u);
    for (const auto* bad : {"", "api_key", "api_key 3", "token 3 a", "api_key -1 a", "api_key  a",
                            "api_key x a", "api_key 3x a", "api_key 4294967296 a", " 3 a"})
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!pg::append_generations(texts{bad}, {}, out));
        }
    BOOST_TEST(pg::append_generations({}, {}, out));
}

BOOST_AUTO_TEST_CASE(reads_rows_of_revocations) {
    auto other = revocation_row;
    other[0] = int8(8);
    other[4] = timestamptz(at(1));
    other[5] = std::nullopt;
    const auto rows = pg::decode_revocation_rows(fake_rows({revocation_row, other})).value();
    BOOST_REQUIRE(rows.size() == 2u);
    BOOST_TEST(rows[0].id == 7);
    BOOST_TEST((rows[0].what.kind == revocation_kind::subject));
    BOOST_TEST(rows[0].what.issuer == "https://issuer");
    BOOST_TEST(rows[0].what.value == "s-1");
    BOOST_TEST(!rows[0].what.issued_before.has_value());
    BOOST_TEST((rows[0].what.expires_at == at(2'000'001)));
    BOOST_TEST((rows[0].what.created_at == at(3'000'000)));
    BOOST_TEST(rows[1].id == 8);
    BOOST_TEST((rows[1].what.issued_before == at(1)));
    BOOST_TEST(!rows[1].what.expires_at.has_value());
    BOOST_TEST(pg::decode_revocation_rows(fake_rows({}, 9)).value().empty());
}

BOOST_AUTO_TEST_CASE(a_malformed_row_is_no_revocation) {
    struct {
        std::size_t column;
        std::optional<std::string> value;
    } const cases[] = {{0, std::nullopt}, {0, "7"}, {1, "nothing"},    {1, std::nullopt},
                       {4, "late"},       {5, ""},  {6, std::nullopt}, {6, "1"}};
    for (const auto& c : cases) {
        auto row = revocation_row;
        row[c.column] = c.value;
        BOOST_TEST(!pg::decode_revocation_rows(fake_rows({revocation_row, row})).has_value());
    }
    BOOST_TEST(
        !pg::decode_revocation_rows(fake_rows({fake_rows::row{int8(7), "token"}})).has_value());
}

BOOST_AUTO_TEST_CASE(reads_rows_of_signing_keys) {
    auto symmetric = signing_key_row;
    symmetric[1] = "HS256";
    symmetric[2] = "retiring";
    symmetric[4] = timestamptz(at(3));
    symmetric[6] = timestamptz(at(4));
    symmetric[7] = symmetric[9] = std::nullopt;
    const auto keys = pg::decode_signing_key_rows(fake_rows({signing_key_row, symmetric})).value();
    BOOST_REQUIRE(keys.size() == 2u);
    const auto& key = keys[0];
    BOOST_TEST(key.times.key_id == "k1");
    BOOST_TEST((key.times.algorithm == crypto::jws_algorithm::es256));
    BOOST_TEST((key.times.state == auth::signing_key_state::current));
    BOOST_TEST((key.times.published_at == at(1)));
    BOOST_TEST(!key.times.activates_at.has_value());
    BOOST_TEST((key.times.activated_at == at(2)));
    BOOST_TEST(!key.times.retired_at.has_value());
    BOOST_TEST(key.public_jwk == R"({"kty": "EC"})");
    BOOST_TEST(key.kek_id == "kek");
    BOOST_TEST(key.sealed == std::string("\0sealed", 7));
    BOOST_TEST((keys[1].times.algorithm == crypto::jws_algorithm::hs256));
    BOOST_TEST((keys[1].times.activates_at == at(3)));
    BOOST_TEST((keys[1].times.retired_at == at(4)));
    BOOST_TEST(keys[1].public_jwk.empty());
    BOOST_TEST(keys[1].sealed.empty());
}

BOOST_AUTO_TEST_CASE(a_malformed_row_is_no_signing_key) {
    struct {
        std::size_t column;
        std::optional<std::string> value;
    } const cases[] = {{1, "none"}, {1, std::nullopt}, {2, "lost"}, {3, std::nullopt},
                       {3, "1"},    {4, ""},           {5, "1"},    {6, "late"}};
    for (const auto& c : cases) {
        auto row = signing_key_row;
        row[c.column] = c.value;
        BOOST_TEST(!pg::decode_signing_key_rows(fake_rows({row})).has_value());
    }
    BOOST_TEST(
        !pg::decode_signing_key_rows(fake_rows({fake_rows::row{"k1", "ES256"}})).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
