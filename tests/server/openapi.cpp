// The description of the API, as it is printed, kept in schema/openapi.json, and served.
#include "server/cli/commands.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/description.hpp>
#include <latchkey/api/public_api.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace latchkey;

namespace {

std::string kept() {
    std::ifstream file(LATCHKEY_SOURCE_DIR "/schema/openapi.json");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// "GET /livez" and so on.
std::set<std::string> operations_in(const boost::json::value& document) {
    std::set<std::string> out;
    for (const auto& [path, item] : document.at("paths").as_object())
        for (const auto& [method, operation] : item.as_object())
            if (method != "servers") out.insert(std::string(method) + ' ' + std::string(path));
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(the_file_is_as_the_tables_say) {
    // If it fails: latchkey openapi > schema/openapi.json
    BOOST_TEST((kept() == api::readable_description()));
    std::ostringstream out;
    std::ostringstream err;
    const std::string_view words[] = {"openapi"};
    server::command_context context{out, err, {}};
    BOOST_TEST(server::run_latchkey(words, context) == 0);
    BOOST_TEST((out.str() == kept()));
}

BOOST_AUTO_TEST_CASE(what_is_served_says_the_same) {
    const auto& served = api::described();
    BOOST_TEST((boost::json::parse(served.json) == boost::json::parse(kept())));
    BOOST_TEST(served.json.find('\n') == std::string::npos);
    BOOST_TEST(served.entity_tag.size() == 34u);
}

BOOST_AUTO_TEST_CASE(each_route_has_one_operation) {
    std::set<std::string> routed;
    for (const auto routes : {api::public_api::routes(), api::admin_api::routes()})
        for (const auto& route : routes) {
            std::string name(http::name_of(route.method));
            for (auto& c : name)
                c = static_cast<char>(c | 0x20);
            routed.insert(name + ' ' + std::string(route.path));
        }
    auto described = operations_in(boost::json::parse(kept()));
    // Any method, with a query or by a policy's name.
    const auto is_of_gateways = [](const std::string& one) {
        return one.find("/forward-auth") != std::string::npos;
    };
    BOOST_TEST(std::erase_if(described, is_of_gateways) == 16u);
    BOOST_TEST(std::erase_if(routed, is_of_gateways) == 1u);
    BOOST_TEST(routed == described, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_name_is_defined_and_used_once) {
    const auto document = boost::json::parse(kept());
    std::set<std::string> ids;
    for (const auto& [path, item] : document.at("paths").as_object())
        for (const auto& [method, operation] : item.as_object())
            if (method != "servers")
                BOOST_TEST(ids.insert(std::string(operation.at("operationId").as_string())).second);
    std::string_view text = api::described().json;
    constexpr std::string_view mark = R"({"$ref":"#)";
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
        const auto from = at + mark.size();
        const auto place = text.substr(from, text.find('"', from) - from);
        boost::system::error_code missing;
        BOOST_TEST((document.find_pointer(place, missing) != nullptr), place << " is nowhere");
    }
}

BOOST_AUTO_TEST_SUITE_END()
