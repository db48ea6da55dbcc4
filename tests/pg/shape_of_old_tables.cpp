#include "pg/legacy/legacy_shape.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::pg;

namespace {

using columns = std::vector<legacy_column>;

const columns usual_organizations = {
    {"organization_id", "text", true}, {"name", "text"}, {"api_keys", "jsonb"}, {"status", "text"}};
const columns usual_devices = {
    {"device_id", "text", true}, {"device_secret", "text"}, {"organization_id", "text"}};

const columns supabase_organizations = {
    {"id", "uuid", true}, {"name", "text"}, {"api_keys", "jsonb"}};
const columns supabase_devices = {
    {"id", "uuid", true}, {"secret", "text"}, {"org_id", "uuid", false, true}};

// Returns a sentence for each name found, or the failure's message.
std::string found(const legacy_table& organizations, const legacy_table& devices,
                  const legacy_names& configured = {}) {
    const auto names = find_legacy_names(configured, organizations, devices);
    if (!names) {
        BOOST_TEST((names.error().kind == core::failure_kind::invalid));
        return names.error().message;
    }
    std::string text;
    for (const auto& line : what_is_taken(*names))
        text += line + '\n';
    return text;
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shape_of_old_tables)

BOOST_AUTO_TEST_CASE(the_usual_shape_says_nothing) {
    BOOST_TEST(found(usual_organizations, usual_devices) == "");
    BOOST_TEST(found(std::nullopt, std::nullopt) == "");
    // The usual name wins over the primary key.
    auto both = usual_organizations;
    both[0].is_key = false;
    both.push_back({"id", "uuid", true});
    BOOST_TEST(found(both, usual_devices) == "");
    // A missing column that may be added gets its usual name.
    BOOST_TEST(found(columns{{"organization_id", "text", true}}, usual_devices) == "");
}

BOOST_AUTO_TEST_CASE(the_shape_of_supabase_is_found) {
    BOOST_TEST(found(supabase_organizations, supabase_devices) ==
               "takes public.organizations.id as the organizations' id\n"
               "takes public.device_credentials.id as the devices' id\n"
               "takes public.device_credentials.secret as the devices' secret\n"
               "takes public.device_credentials.org_id as the devices' organization\n");
}

BOOST_AUTO_TEST_CASE(each_column_has_more_than_one_usual_way) {
    struct {
        columns organizations, devices;
        const char* taken;
    } const table[] = {
        {{{"uuid", "uuid", true}, {"apiKeys", "jsonb"}},
         usual_devices,
         "takes public.organizations.uuid as the organizations' id\n"
         "takes public.organizations.apiKeys as the organizations' API keys\n"},
        {usual_organizations,
         {{"serial", "text", true}, {"secret_hash", "text"}, {"tenant", "uuid", false, true}},
         "takes public.device_credentials.serial as the devices' id\n"
         "takes public.device_credentials.secret_hash as the devices' secret\n"
         "takes public.device_credentials.tenant as the devices' organization\n"},
        // A text column does not hold keys, even if its name says so.
        {{{"organization_id", "text"}, {"keys", "text"}}, usual_devices, ""},
    };
    for (const auto& t : table)
        BOOST_TEST(found(t.organizations, t.devices) == t.taken);
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_ambiguous_is_said_and_never_guessed) {
    struct {
        columns organizations, devices;
        std::vector<std::string_view> parts;
    } const table[] = {
        {{{"a", "int"}, {"b", "text"}},
         usual_devices,
         {"public.organizations has no column organization_id", "it has a, b",
          "database.legacy.organization_id"}},
        {{{"id", "uuid", true}, {"keys", "jsonb"}, {"api_key", "jsonb"}},
         usual_devices,
         {"more than one column", "it has keys, api_key", "database.legacy.api_keys"}},
        {usual_organizations,
         {{"a", "text"}, {"secret", "text"}, {"org_id", "text"}},
         {"public.device_credentials has no column device_id", "database.legacy.device_id"}},
        {usual_organizations,
         {{"id", "text", true}, {"pin", "text"}, {"org_id", "text"}},
         {"no column device_secret", "id, pin, org_id", "database.legacy.device_secret"}},
        {usual_organizations,
         {{"id", "text", true}, {"secret", "text"}, {"secret_hash", "text"}, {"org_id", "text"}},
         {"more than one column", "secret, secret_hash", "database.legacy.device_secret"}},
        {usual_organizations,
         {{"id", "text", true},
          {"secret", "text"},
          {"a", "text", false, true},
          {"b", "text", false, true}},
         {"more than one column", "a, b", "database.legacy.device_organization_id"}},
        {usual_organizations,
         {{"id", "text", true}, {"secret", "text"}},
         {"no column organization_id", "database.legacy.device_organization_id"}},
        {{{"organization_id", "text"}, {"status", "boolean"}},
         usual_devices,
         {"public.organizations.status is boolean", "database.legacy.organization_status"}},
        {{{"it's", "text", true}}, usual_devices, {"has signs that are not supported"}},
        {{{"organization_id", "text"}, {"api_keys", "json"}},
         usual_devices,
         {"public.organizations.api_keys is json", "have to be jsonb"}},
        {{{"active", "text", true}}, usual_devices, {"a word that Latchkey's functions use"}},
    };
    for (const auto& t : table) {
        const auto said = found(t.organizations, t.devices);
        for (const auto part : t.parts)
            BOOST_TEST(holds(said, part), said << " has not: " << part);
        BOOST_TEST(holds(said, "nothing was done"), said);
    }
}

BOOST_AUTO_TEST_CASE(what_is_configured_counts) {
    legacy_names configured;
    configured.organizations = "tenants";
    configured.organization_id = "slug";
    configured.organization_status = "state"; // a new column
    configured.devices = "iot.devices";
    configured.device_secret = "pin";
    const columns tenants = {{"id", "uuid", true}, {"slug", "text"}, {"api_keys", "jsonb"}};
    const columns devices = {{"id", "int", true}, {"pin", "text"}, {"org_id", "text"}};
    BOOST_TEST(found(tenants, devices, configured) ==
               "takes public.tenants as the organizations\n"
               "takes public.tenants.slug as the organizations' id\n"
               "takes public.tenants.state as the organizations' status\n"
               "takes iot.devices as the devices\n"
               "takes iot.devices.id as the devices' id\n"
               "takes iot.devices.pin as the devices' secret\n"
               "takes iot.devices.org_id as the devices' organization\n");
    BOOST_TEST(holds(found(std::nullopt, devices, configured), "there is no table public.tenants"));
    configured.device_secret = "pims";
    BOOST_TEST(holds(found(tenants, devices, configured), "iot.devices has no column pims"));
    configured.device_secret = "id";
    BOOST_TEST(holds(found(tenants, devices, configured), "cannot be the devices' secret"));
}

BOOST_AUTO_TEST_CASE(the_configuration_has_to_fit_what_is_noted) {
    auto noted = legacy_names::usual();
    noted.organization_id = "id";
    BOOST_TEST(!legacy_conflict({}, noted).has_value());
    legacy_names same;
    same.organizations = "organizations";
    same.organization_id = "id";
    BOOST_TEST(!legacy_conflict(same, noted).has_value());
    legacy_names other;
    other.organization_id = "organization_id";
    const auto why = legacy_conflict(other, noted);
    BOOST_REQUIRE(why.has_value());
    BOOST_TEST(holds(*why, "database.legacy.organization_id is \"organization_id\""));
    BOOST_TEST(holds(*why, "with \"id\""));
}

BOOST_AUTO_TEST_SUITE_END()
