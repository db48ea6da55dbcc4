#include "api/forward/forwarded_credential.hpp"
#include "http/request_parser.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using api::presented;
using kind = api::forwarded_credential::kind;

namespace {

const std::string token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";

} // namespace

BOOST_AUTO_TEST_SUITE(forwarded_credential)

BOOST_AUTO_TEST_CASE(a_credential_is_told_by_field_and_shape) {
    struct {
        std::string lines;
        kind what;
        std::string text, secret;
    } const cases[] = {
        {"X-API-Key: lk_live_a\r\n", kind::api_key, "lk_live_a", ""},
        {"x-api-key: " + token + "\r\n", kind::api_key, token, ""},
        {"Authorization: Bearer lk_live_a\r\n", kind::api_key, "lk_live_a", ""},
        {"authorization: bEARER   lk_live_a\r\n", kind::api_key, "lk_live_a", ""},
        {"Authorization: Bearer " + token + "\r\n", kind::token, token, ""},
        {"Authorization: Bearer SG.abc.def\r\n", kind::api_key, "SG.abc.def", ""},
        {"Authorization: Bearer " + token + "\r\nX-API-Key: " + token + "\r\n", kind::token, token,
         ""},
        {"Authorization: Bearer k\r\nX-API-Key: k\r\n", kind::api_key, "k", ""},
        {"Authorization: Basic ZG9vcjpzOmNyZXQ=\r\n", kind::device, "door", "s:cret"},
        {"Authorization: basic ZG9vcjo/Pz8+\r\n", kind::device, "door", "?\?\?>"},
        {"Authorization: Basic Og==\r\n", kind::device, "", ""},
        {"Authorization: \r\nX-API-Key: k\r\n", kind::api_key, "k", ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.lines) {
            const auto head = "GET /forward-auth HTTP/1.1\r\nHost: a\r\n" + c.lines + "\r\n";
            http::request asked;
            BOOST_REQUIRE(!parse_request(head, {}, asked));
            api::forwarded_credential found;
            std::string buffer;
            BOOST_TEST((read_credential(asked, found, buffer) == presented::one));
            BOOST_TEST((found.what == c.what));
            BOOST_TEST(found.text == c.text);
            BOOST_TEST(found.secret == c.secret);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_one_credential_is_none) {
    struct {
        std::string lines;
        presented what;
    } const cases[] = {
        {"", presented::missing},
        {"X-API-Key: \r\n", presented::missing},
        {"Authorization: \r\n", presented::missing},
        {"Cookie: key=lk_live_a\r\n", presented::missing},
        {"X-API-Key: a\r\nX-API-Key: a\r\n", presented::repeated},
        {"X-API-Key: \r\nX-API-Key: a\r\n", presented::repeated},
        {"Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", presented::repeated},
        {"Authorization: Bearer a\r\nX-API-Key: b\r\n", presented::disagreeing},
        {"Authorization: Basic ZG9vcjpz\r\nX-API-Key: door\r\n", presented::disagreeing},
        {"Authorization: Digest a\r\n", presented::misshapen},
        {"Authorization: Digest a\r\nX-API-Key: a\r\n", presented::misshapen},
        {"Authorization: Bearer\r\n", presented::misshapen},
        {"Authorization: Bearer a b\r\n", presented::misshapen},
        {"Authorization: lk_live_a\r\n", presented::misshapen},
        {"Authorization: Basic\r\n", presented::misshapen},
        {"Authorization: Basic ZG9vcg==\r\n", presented::misshapen},
        {"Authorization: Basic ZG9vcjpz!\r\n", presented::misshapen},
        {"Authorization: Basic ZG9vcjpz=\r\n", presented::misshapen},
        {"Authorization: Basic Z29-cjpz\r\n", presented::misshapen},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.lines) {
            const auto head = "GET /forward-auth HTTP/1.1\r\nHost: a\r\n" + c.lines + "\r\n";
            http::request asked;
            BOOST_REQUIRE(!parse_request(head, {}, asked));
            api::forwarded_credential found;
            std::string buffer;
            BOOST_TEST((read_credential(asked, found, buffer) == c.what));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
