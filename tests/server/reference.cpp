#include "server/settings/setting.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <set>

using namespace latchkey::server;

namespace {

const std::string path = LATCHKEY_SOURCE_DIR "/etc/latchkey.toml";

std::string content_of(const std::string& file_path) {
    std::ifstream file(file_path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Counts the fields of an aggregate: it can be initialised with as many values.
struct anything {
    template <class T>
    operator T() const;
};
template <class Struct, class... Given>
consteval std::size_t fields_of() {
    if constexpr (requires { Struct{Given{}..., anything{}}; })
        return fields_of<Struct, Given..., anything>();
    else
        return sizeof...(Given);
}

} // namespace

BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(the_file_is_current) {
    // If it fails: latchkey reference-config > etc/latchkey.toml
    BOOST_TEST(content_of(path) == reference_configuration());
}

BOOST_AUTO_TEST_CASE(the_file_holds_exactly_the_defaults) {
    configuration_sources sources;
    sources.file = path;
    const auto loaded = load_configuration(sources);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message);
    const latchkey::server::configuration defaults;
    for (const auto& one : all_settings())
        BOOST_TEST_CONTEXT(one.name)
    BOOST_TEST((one.field.get(*loaded) == one.field.get(defaults)));
}

BOOST_AUTO_TEST_CASE(every_key_is_set_in_it_and_within_its_range) {
    const auto text = content_of(path);
    for (const auto& one : all_settings())
        BOOST_TEST_CONTEXT(one.name) {
            const auto line = std::string("\n") +
                              std::string(one.name.substr(one.name.rfind('.') + 1)) + " = " +
                              spell(one, {}) + '\n';
            BOOST_TEST(text.find(line) != text.npos);
        }
}

BOOST_AUTO_TEST_CASE(every_setting_is_explained) {
    std::set<std::string_view> names;
    std::set<std::string_view> sections;
    std::string_view section;
    for (const auto& one : all_settings())
        BOOST_TEST_CONTEXT(one.name) {
            BOOST_TEST(names.insert(one.name).second);
            BOOST_TEST(one.help.size() >= 20u);
            BOOST_TEST(one.help.ends_with('.'));
            BOOST_TEST(!expectation(one).empty());
            if (section_of(one.name) == section) continue;
            section = section_of(one.name);
            BOOST_TEST(sections.insert(section).second, "a section stands together");
        }
}

BOOST_AUTO_TEST_CASE(every_field_has_its_setting) {
    constexpr auto fields =
        fields_of<process_configuration>() + fields_of<latchkey::http::configuration>() +
        fields_of<latchkey::net::tls_configuration>() + fields_of<latchkey::auth::configuration>() +
        fields_of<latchkey::api::caller_configuration>() +
        fields_of<latchkey::auth::scrypt_configuration>() +
        fields_of<latchkey::auth::cache_configuration>() +
        fields_of<latchkey::auth::token_configuration>() +
        fields_of<latchkey::api::forward_configuration>() +
        fields_of<latchkey::api::broker_configuration>() +
        fields_of<latchkey::api::rate_limit_configuration>() +
        fields_of<latchkey::api::batch_configuration>() +
        fields_of<latchkey::auth::use_configuration>() + fields_of<admin_configuration>() +
        fields_of<latchkey::http::compression_configuration>() - 1 + // http::configuration holds it
        fields_of<latchkey::pg::configuration>() - 2 + // `secrets`, and the section `legacy`
        fields_of<latchkey::pg::legacy_names>() +
        fields_of<latchkey::core::breaker_configuration>() + fields_of<tracing_configuration>() +
        fields_of<log_configuration>();
    BOOST_TEST(all_settings().size() == fields);
    constexpr auto of_callers = fields_of<latchkey::api::known_caller_configuration>();
    BOOST_TEST(find_repeated("callers")->settings.size() == of_callers);
    constexpr auto of_gateways = fields_of<latchkey::api::forward_policy_configuration>();
    BOOST_TEST(find_repeated("forward_auth")->settings.size() == of_gateways);
    constexpr auto of_issuers = fields_of<latchkey::auth::issuer_configuration>();
    BOOST_TEST(find_repeated("issuers")->settings.size() == of_issuers);
    constexpr auto of_policies = fields_of<latchkey::api::rate_policy_configuration>();
    BOOST_TEST(find_repeated("rate_limit.policies")->settings.size() == of_policies);
}

BOOST_AUTO_TEST_CASE(lines_fit_a_screen) {
    const auto text = reference_configuration();
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        const auto line = text.substr(begin, end - begin);
        BOOST_TEST_CONTEXT(line) {
            BOOST_TEST(line.size() <= 100u);
            BOOST_TEST(!line.ends_with(' '));
        }
        begin = end + 1;
    }
}

BOOST_AUTO_TEST_CASE(names_and_defaults_of_the_contract) {
    struct {
        std::string_view name;
        std::string_view value;
    } const promised[] = {
        {"server.listen", "\"127.0.0.1:8080\""},
        {"server.workers", "0"},
        {"server.node", "\"\""},
        {"server.idle_timeout", "\"75s\""},
        {"admin.socket", "\"/run/latchkey/admin.sock\""},
        {"auth.accept_foreign_keys", "true"},
        {"auth.legacy_device_secret", "\"unset\""},
        {"database.batch_max", "1024"},
        {"database.uri", "\"postgresql:///latchkey\""},
        {"database.connections", "20"},
        {"database.overflow", "10"},
        {"database.acquire_timeout", "\"150ms\""},
        {"database.recycle", "\"1h\""},
        {"database.query_timeout", "\"500ms\""},
        {"server.header_timeout", "\"5s\""},
        {"server.header_bytes_max", "\"16KiB\""},
        {"server.header_fields_max", "100"},
        {"server.body_bytes_max", "\"64KiB\""},
        {"server.batch_bytes_max", "\"1MiB\""},
        {"server.batch_items_max", "1000"},
        {"server.drain_timeout", "\"30s\""},
    };
    for (const auto& p : promised)
        BOOST_TEST_CONTEXT(p.name) {
            const auto* key = find_setting(p.name);
            BOOST_REQUIRE(key);
            BOOST_TEST(spell(*key, {}) == p.value);
        }
}

BOOST_AUTO_TEST_SUITE_END()
