#include "request_text.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(request_text)

namespace {

load::request_kind kind_of(const std::string& json) {
    return load::read_mix(R"({"requests": [)" + json + "]}").front();
}

std::string written(const load::request_kind& kind, std::uint64_t number) {
    std::string out;
    return std::string(load::request_text(kind, "host:80").write(out, load::digits(number).view()));
}

} // namespace

BOOST_AUTO_TEST_CASE(the_number_stands_wherever_the_mix_wants_it) {
    const auto kind =
        kind_of(R"({"name": "a", "path": "/k/{n}", "headers": {"X-Key": "{n}-{n}"}, "body": "<{n}>",
                                  "keys": {"distribution": "uniform", "count": 1}})");
    BOOST_TEST(written(kind, 7) ==
               "POST /k/7 HTTP/1.1\r\nHost: host:80\r\nX-Key: 7-7\r\nContent-Length: 3\r\n\r\n<7>");
    BOOST_TEST(written(kind, 1234567) == "POST /k/1234567 HTTP/1.1\r\nHost: host:80\r\nX-Key: "
                                         "1234567-1234567\r\nContent-Length: 9\r\n\r\n<1234567>");
    BOOST_TEST(written(kind, UINT64_MAX).find("Content-Length: 22\r\n\r\n<18446744073709551615>") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_without_a_body_has_no_length) {
    BOOST_TEST(written(kind_of(R"({"name": "a", "path": "/livez"})"), 0) ==
               "GET /livez HTTP/1.1\r\nHost: host:80\r\n\r\n");
    BOOST_TEST(written(kind_of(R"({"name": "a", "method": "POST", "path": "/"})"), 0) ==
               "POST / HTTP/1.1\r\nHost: host:80\r\nContent-Length: 0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(the_mix_may_name_another_host) {
    BOOST_TEST(written(kind_of(R"({"name": "a", "path": "/", "headers": {"host": "b"}})"), 0) ==
               "GET / HTTP/1.1\r\nhost: b\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_always_the_same_is_not_copied) {
    const load::request_text text(kind_of(R"({"name": "a", "path": "/"})"), "b");
    std::string out = "untouched";
    const auto first = text.write(out, "1");
    BOOST_TEST(static_cast<const void*>(first.data()) ==
               static_cast<const void*>(text.write(out, "2").data()));
    BOOST_TEST(out == "untouched");
}

BOOST_AUTO_TEST_SUITE_END()
