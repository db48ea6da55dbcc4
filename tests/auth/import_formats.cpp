// Keys as other programs write them: what is taken, and what is refused because it cannot be kept.
#include <latchkey/auth/api_key/import_formats.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using auth::key_import_format;

namespace {

const auto hash = crypto::sha256("sk_secret");
const std::string hex = crypto::to_hex(hash);
const std::string url = crypto::encode_base64url(std::string(hash.begin(), hash.end()));

std::string with(const std::string& member, const std::string& hash_text, const std::string& more) {
    return "{\"" + member + "\":\"" + hash_text + "\"" + (more.empty() ? "" : ",") + more + "}";
}
std::string own(const std::string& more) {
    return with("key_hash", hex, more);
}
std::string better(const std::string& more) {
    return with("key", url, more);
}
std::string unkey(const std::string& more) {
    return with("hash", url, more);
}

auth::readable_key take(const std::string& json, key_import_format format) {
    return auth::read_key(json, format, "org").value();
}
std::string why(const std::string& json, key_import_format format) {
    const auto read = auth::read_key(json, format, "org");
    return read ? "" : read.error().message;
}
core::real_time time(const char* text) {
    return core::parse_rfc3339(text).value();
}

struct refusal {
    std::string json;
    const char* because;
};

} // namespace

BOOST_AUTO_TEST_SUITE(import_formats)

BOOST_AUTO_TEST_CASE(hashes_are_read_in_each_usual_form) {
    auto base64 = url;
    std::replace(base64.begin(), base64.end(), '-', '+');
    std::replace(base64.begin(), base64.end(), '_', '/');
    auto upper = hex;
    for (auto& c : upper)
        c = static_cast<char>(std::toupper(c));
    for (const auto& text : {hex, upper, url, url + '=', base64, base64 + '='})
        BOOST_TEST((auth::read_key_hash(text) == hash), text);
    for (const auto& text : {std::string(), hex.substr(1), hex + '0', url.substr(1),
                             url + "==", std::string(64, 'g'), ' ' + url.substr(1)})
        BOOST_TEST(!auth::read_key_hash(text), text);
}

BOOST_AUTO_TEST_CASE(all_members_of_the_own_format) {
    const auto read =
        take(own(R"("prefix":"sk_secret_and_more_of_it","key_id":"k1","organization_id":"acme",)"
                 R"("name":"ci","external_id":"u1","scopes":["a","latchkey:admin:write:*","b"],)"
                 R"("metadata":{"n":2},"allowed_ips":["10.0.0.0/8"],"enabled":false,)"
                 R"("expires_at":"2030-01-01T00:00:00Z","created_at":"2020-01-01T00:00:00Z",)"
                 R"("revoked_at":"2021-01-01T00:00:00Z","reason":"lost",)"
                 R"("rate_limit":{"quantity":5,"window":60,"burst":2})"),
             key_import_format::latchkey);
    const auto& key = read.key;
    BOOST_TEST((key.key_hash == hash));
    BOOST_TEST(key.hint.value() == "sk_secret_and_mo");
    BOOST_TEST(key.key_id == "k1");
    BOOST_TEST(key.organization_id == "acme");
    BOOST_TEST(key.name.value() == "ci");
    BOOST_TEST(key.external_id.value() == "u1");
    BOOST_TEST(key.scopes == (std::vector<std::string>{"a", "b"}),
               boost::test_tools::per_element());
    BOOST_TEST(read.stripped == std::vector<std::string>{"latchkey:admin:write:*"},
               boost::test_tools::per_element());
    BOOST_TEST(key.metadata == R"({"n":2})");
    BOOST_TEST(key.allowed_networks == std::vector<std::string>{"10.0.0.0/8"},
               boost::test_tools::per_element());
    BOOST_TEST(!key.enabled);
    BOOST_TEST((key.expires_at == time("2030-01-01T00:00:00Z")));
    BOOST_TEST((key.created_at == time("2020-01-01T00:00:00Z")));
    BOOST_TEST((key.revoked_at == time("2021-01-01T00:00:00Z")));
    BOOST_TEST(key.revoked_reason.value() == "lost");
    BOOST_TEST((key.rate_limit == core::rate_rule::make(5, core::seconds(60), 2)));
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_the_same_each_time) {
    const auto once = take(own(""), key_import_format::latchkey).key;
    const auto again = take(with("key_hash", url, ""), key_import_format::latchkey).key;
    BOOST_TEST(once.key_id.size() == 28u);
    BOOST_TEST(once.key_id == again.key_id);
    BOOST_TEST(once.organization_id == "org");
    BOOST_TEST(once.enabled);
    BOOST_TEST(!once.rate_limit.has_value());
}

BOOST_AUTO_TEST_CASE(the_own_format_is_read_strictly) {
    const refusal cases[] = {
        {"{}", "it has no hash"},
        {"[]", "object"},
        {R"({"key_hash":"abc"})", "\"key_hash\" cannot be read"},
        {own(R"("scopes":"a")"), "\"scopes\" cannot be read: expected a list of texts"},
        {own(R"("scopes":["a b"])"), "field \"scopes\""},
        {own(R"("enabled":"no")"), "\"enabled\" cannot be read"},
        {own(R"("enabled":0)"), "\"enabled\" cannot be read"},
        {own(R"("expires_at":"tomorrow")"), "\"expires_at\" cannot be read"},
        {own(R"("expires_at":1900000000000)"), "\"expires_at\" cannot be read: expected a text"},
        {own(R"("allowed_ips":["10.0.0.0/99"])"), "field \"allowed_ips\""},
        {own(R"("rate_limit":5)"), "\"rate_limit\" cannot be read"},
        {own(R"("rate_limit":{"quantity":5})"), "field \"rate_limit\""},
        {own(R"("rate_limit":{"quantity":5,"window":60,"per":"key"})"), "\"per\" is not known"},
        {own(R"("metadata":[1])"), "\"metadata\" cannot be read"},
        {own(R"("reason":"lost")"), "\"reason\" goes with \"revoked_at\""},
        {own(R"("allowed_ip":["10.0.0.1"])"), "\"allowed_ip\" is not known"},
        {own(R"("key_id":"a\nb")"), "field \"key_id\""},
        {own(R"("name":"a","name":"b")"), "name"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.json)
    BOOST_TEST(why(c.json, key_import_format::latchkey).find(c.because) != std::string::npos,
               why(c.json, key_import_format::latchkey));
    const auto nowhere = auth::read_key(own(""), key_import_format::latchkey, std::nullopt);
    BOOST_TEST(nowhere.error().message.find("it names no organization") == 0u);
}

BOOST_AUTO_TEST_CASE(a_row_of_better_auth) {
    const auto read = take(
        better(R"("id":"r1","name":"","start":"sk_ab","prefix":"sk_","userId":"u1","enabled":1,)"
               R"("refillInterval":null,"refillAmount":null,"lastRefillAt":null,)"
               R"("rateLimitEnabled":true,"rateLimitTimeWindow":86400500,"rateLimitMax":10,)"
               R"("requestCount":3,"remaining":null,"lastRequest":"2026-01-02T03:04:05.000Z",)"
               R"("expiresAt":"2030-01-01 00:00:00","createdAt":1767225600000,)"
               R"("updatedAt":"2026-01-01T00:00:00.000Z",)"
               R"("permissions":"{\"files\":[\"read\",\"write\"],\"users\":[]}",)"
               R"("metadata":"{\"team\":\"core\"}")"),
        key_import_format::better_auth);
    const auto& key = read.key;
    BOOST_TEST((key.key_hash == hash));
    BOOST_TEST(key.key_id == "r1");
    BOOST_TEST(!key.name.has_value());
    BOOST_TEST(key.hint.value() == "sk_ab");
    BOOST_TEST(key.external_id.value() == "u1");
    BOOST_TEST(key.enabled);
    BOOST_TEST((key.expires_at == time("2030-01-01T00:00:00Z")));
    BOOST_TEST((key.created_at == time("2026-01-01T00:00:00Z")));
    BOOST_TEST(key.scopes == (std::vector<std::string>{"files:read", "files:write"}),
               boost::test_tools::per_element());
    BOOST_TEST(key.metadata == R"({"team":"core"})");
    // A window that is no whole number of seconds becomes longer, so that the limit is no wider.
    BOOST_TEST((key.rate_limit == core::rate_rule::make(10, core::seconds(86401), 10)));
    const auto off = take(better(R"("rateLimitEnabled":false,"rateLimitTimeWindow":1000,)"
                                 R"("rateLimitMax":1,"enabled":false)"),
                          key_import_format::better_auth);
    BOOST_TEST(!off.key.rate_limit.has_value());
    BOOST_TEST(!off.key.enabled);
}

BOOST_AUTO_TEST_CASE(what_better_auth_restricts_and_cannot_be_kept) {
    const refusal cases[] = {
        {better(R"("remaining":5)"), "how often the key may still be used"},
        {better(R"("remaining":0)"), "how often the key may still be used"},
        {better(R"("enabled":"perhaps")"), "\"enabled\" cannot be read"},
        {better(R"("enabled":2)"), "\"enabled\" cannot be read"},
        {better(R"("expiresAt":1767225600)"), "\"expiresAt\" cannot be read"},
        {better(R"("expiresAt":"never")"), "\"expiresAt\" cannot be read"},
        {better(R"("permissions":"files")"), "\"permissions\" cannot be read"},
        {better(R"("permissions":{"files":"read"})"), "\"permissions\" cannot be read"},
        {better(R"("rateLimitMax":0,"rateLimitTimeWindow":1000)"), "field \"rate_limit\""},
        {better(R"("rateLimitMax":1,"rateLimitTimeWindow":604800000)"), "field \"rate_limit\""},
        {better(R"("allowedOrigins":["a"])"), "\"allowedOrigins\" is not known"},
        {R"({"key":"sk_plain"})", "\"key\" cannot be read"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.json)
    BOOST_TEST(why(c.json, key_import_format::better_auth).find(c.because) != std::string::npos,
               why(c.json, key_import_format::better_auth));
}

BOOST_AUTO_TEST_CASE(a_key_of_unkey) {
    const auto read = take(
        unkey(R"("keyId":"key_1","apiId":"api_1","workspaceId":"ws","start":"uk_ab","name":"n",)"
              R"("identity":{"id":"id_1","externalId":"user_9","meta":{"a":1},"ratelimits":[]},)"
              R"("ownerId":"old","meta":{"plan":"pro"},"roles":["admin"],)"
              R"("permissions":["docs.read","latchkey:verify:*"],"expires":1893456000000,)"
              R"("createdAt":1767225600000,"ratelimits":[{"id":"l","name":"default","limit":10,)"
              R"("duration":60000,"autoApply":true}],"enabled":true,"credits":null)"),
        key_import_format::unkey);
    const auto& key = read.key;
    BOOST_TEST(key.key_id == "key_1");
    BOOST_TEST(key.hint.value() == "uk_ab");
    BOOST_TEST(key.external_id.value() == "user_9");
    // A role grants no scope.
    BOOST_TEST(key.scopes == std::vector<std::string>{"docs.read"},
               boost::test_tools::per_element());
    BOOST_TEST(read.stripped.size() == 1u);
    BOOST_TEST(key.metadata == R"({"plan":"pro","roles":["admin"]})");
    BOOST_TEST((key.expires_at == time("2030-01-01T00:00:00Z")));
    BOOST_TEST((key.rate_limit == core::rate_rule::make(10, core::seconds(60), 10)));

    const auto older = take(R"({"hash":{"value":")" + url + R"(=","variant":"sha256_base64"},)" +
                                R"("id":"k2","ownerId":"u2","ratelimit":{"type":"fast",)" +
                                R"("limit":20,"refillRate":5,"refillInterval":1000}})",
                            key_import_format::unkey)
                           .key;
    BOOST_TEST((older.key_hash == hash));
    BOOST_TEST(older.external_id.value() == "u2");
    BOOST_TEST((older.rate_limit == core::rate_rule::make(5, core::seconds(1), 20)));
}

BOOST_AUTO_TEST_CASE(what_unkey_restricts_and_cannot_be_kept) {
    const refusal cases[] = {
        {unkey(R"("remaining":5)"), "how often the key may still be used"},
        {unkey(R"("credits":{"remaining":5})"), "how often the key may still be used"},
        {unkey(R"("deletedAt":1767225600000)"), "is deleted"},
        {unkey(R"("permissions":[{"name":"a"}])"), "\"permissions\" cannot be read"},
        {unkey(R"("identity":{"externalId":"u","ratelimits":[{"limit":1}]})"), "share"},
        {unkey(R"("ratelimits":[{"limit":1,"duration":1000},{"limit":2,"duration":1000}])"),
         "several rate limits"},
        {unkey(R"("ratelimit":{"limit":1})"), "field \"rate_limit\""},
        {unkey(R"("ipWhitelist":"10.0.0.1")"), "restricts addresses"},
        {unkey(R"("expires":"soon")"), "\"expires\" cannot be read"},
        {R"({"hash":{"variant":"sha256_base64"}})", "\"hash\" cannot be read"},
        {R"({"hash":{"value":"x","variant":"argon2"}})", "\"hash\" cannot be read"},
        {R"({"keyId":"k"})", "it has no hash"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.json)
    BOOST_TEST(why(c.json, key_import_format::unkey).find(c.because) != std::string::npos,
               why(c.json, key_import_format::unkey));
}

BOOST_AUTO_TEST_SUITE_END()
