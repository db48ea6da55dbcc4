// Paths with an id in them; answers.cpp has the literal ones.
#include <latchkey/http/response.hpp>
#include <latchkey/http/router.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

using namespace latchkey;
using http::exchange;
using http::method;
using http::path_template;

namespace {

struct nobody final : http::waker {
    void wake() override {}
};

struct api {};
void tell_id(exchange& ex, api&) {
    ex.answer(200, http::json_type, "id=" + std::string(ex.path_id));
}
void tell_import(exchange& ex, api&) {
    ex.answer(200, http::json_type, "import, id=" + std::string(ex.path_id));
}
constexpr std::array<http::route<api>, 5> routes = {{
    {method::get, "/keys/{id}", tell_id, ""},
    {method::delete_, "/keys/{id}", tell_id, ""},
    {method::post, "/keys/{id}/revoke", tell_id, ""},
    {method::post, "/keys/import", tell_import, ""},
    {method::get, "/keys", tell_id, ""},
}};
constexpr http::router<api, routes.size()> table(routes);

struct answered {
    std::string bytes;
    int status;
    std::size_t endpoint;
};

answered ask(method m, std::string_view path) {
    http::request request;
    request.method = m;
    request.path = path;
    request.has_content_length = true;
    nobody connection;
    std::string out;
    api nothing;
    const http::answer_terms terms;
    exchange ex(request, "r", out, terms, false, connection);
    table.handle(ex, nothing);
    return {out, ex.status(), ex.endpoint};
}

bool is_template(std::string_view text) {
    try {
        path_template made(text);
        return true;
    } catch (const std::invalid_argument&) {
        return false;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(router)

BOOST_AUTO_TEST_CASE(takes_the_id_out_of_the_path) {
    struct {
        method m;
        const char* path;
        int status;
        std::size_t endpoint; ///< the template's row is the metric's label
        const char* says;
    } const cases[] = {
        {method::get, "/keys/key_1", 200, 1, "\r\n\r\nid=key_1"},
        {method::delete_, "/keys/key_1", 200, 2, "\r\n\r\nid=key_1"},
        {method::post, "/keys/key_1/revoke", 200, 3, "\r\n\r\nid=key_1"},
        {method::post, "/keys/revoke/revoke", 200, 3, "\r\n\r\nid=revoke"},
        {method::get, "/keys/a;b=c:d@e", 200, 1, "\r\n\r\nid=a;b=c:d@e"},
        {method::get, "/keys/{id}", 200, 1, "\r\n\r\nid={id}"},
        {method::get, "/keys", 200, 5, "\r\n\r\nid="},
        {method::post, "/keys/import", 200, 4, "\r\n\r\nimport, id="},
        {method::post, "/keys/key_1", 405, 2, "Allow: GET, HEAD, DELETE, OPTIONS\r\n"},
        {method::get, "/keys/key_1/revoke", 405, 3, "Allow: POST, OPTIONS\r\n"},
        {method::get, "/keys/import", 405, 4, "Allow: POST, OPTIONS\r\n"},
        {method::get, "/keys/a%2Fb", 400, 1, "percent-encoding"},
        {method::post, "/keys/a%00/revoke", 400, 3, "percent-encoding"},
        {method::put, "/keys/a%2Fb", 405, 2, "Allow: GET, HEAD, DELETE, OPTIONS\r\n"},
        {method::options, "/keys/a%2Fb", 204, 2, "Allow: GET, HEAD, DELETE, OPTIONS\r\n"},
        {method::options, "/keys/import", 204, 4, "Allow: POST, OPTIONS\r\n"},
        {method::get, "/keys/", 404, 0, ""},
        {method::get, "/keys/a/", 404, 0, ""},
        {method::get, "/keys/a/b", 404, 0, ""},
        {method::post, "/keys//revoke", 404, 0, ""},
        {method::post, "/keys/revoke/", 404, 0, ""},
        {method::post, "/keys/a/b/revoke", 404, 0, ""},
        {method::post, "/keys/a/revoke/", 404, 0, ""},
        {method::post, "/keys/a/Revoke", 404, 0, ""},
        {method::get, "/key", 404, 0, ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(http::name_of(c.m) << " " << c.path) {
            const auto a = ask(c.m, c.path);
            BOOST_TEST(a.status == c.status);
            BOOST_TEST(a.endpoint == c.endpoint);
            if (c.status == 200)
                BOOST_TEST(a.bytes.ends_with(c.says));
            else
                BOOST_TEST(a.bytes.find(c.says) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_label_is_the_template) {
    BOOST_TEST(table.names()[0] == "other");
    BOOST_TEST(table.names()[3] == "/keys/{id}/revoke");
}

BOOST_AUTO_TEST_CASE(an_id_is_one_whole_segment) {
    for (const auto* good : {"/", "/a", "/a/{id}", "/{id}/b", "/a/{id}/b/c"})
        BOOST_TEST_CONTEXT(good) BOOST_TEST(is_template(good));
    for (const auto* bad : {"/a{id}", "/{id}b", "{id}", "/{id}/{id}", "/{name}", "/{id", "/a}"})
        BOOST_TEST_CONTEXT(bad) BOOST_TEST(!is_template(bad));
}

BOOST_AUTO_TEST_SUITE_END()
