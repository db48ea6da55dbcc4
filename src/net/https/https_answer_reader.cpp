#include "net/https/https_answer_reader.hpp"

#include "net/https/answer_facts.hpp"
#include <latchkey/core/text/ascii.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>

namespace latchkey::net {

namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;

std::string_view plain(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

// Several fields of one name are one list (RFC 9110, section 5.3).
std::string joined(const wire::fields& fields, wire::field name) {
    std::string out;
    const auto [first, last] = fields.equal_range(name);
    for (auto at = first; at != last; ++at) {
        if (!out.empty()) out += ',';
        out += plain(at->value());
    }
    return out;
}

} // namespace

https_answer_reader::https_answer_reader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : header_bytes_max_(header_bytes_max),
      body_bytes_max_(body_bytes_max),
      buffer_(header_bytes_max) {
    parser_.header_limit(static_cast<std::uint32_t>(header_bytes_max));
    parser_.body_limit(body_bytes_max);
}

std::string https_answer_reader::defect_of_header() const {
    const auto& answer = parser_.get();
    const auto status = answer.result_int();
    if (status >= 300 && status < 400)
        return "answered with status " + std::to_string(status) + "; redirects are not followed";
    if (status != 200) return "answered with status " + std::to_string(status) + ", not 200";
    const auto coding = plain(answer[wire::field::content_encoding]);
    if (!coding.empty() && !core::same_text(coding, "identity"))
        return "answered with a content coding that was not asked for";
    return {};
}

std::string https_answer_reader::why(const boost::system::error_code& error) const {
    if (error == wire::error::body_limit)
        return "answered with more than " + std::to_string(body_bytes_max_) + " bytes";
    if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
        return "answered with a header of more than " + std::to_string(header_bytes_max_) +
               " bytes";
    if (error == wire::error::end_of_stream || error == wire::error::partial_message ||
        error == asio::error::eof || error == asio::error::connection_reset ||
        error == asio::ssl::error::stream_truncated)
        return "ended the connection before its answer was whole";
    if (error.category() == make_error_code(wire::error::bad_version).category())
        return "answered with what is no HTTP: " + error.message();
    return "broke off: " + error.message();
}

https_answer https_answer_reader::take() {
    auto answer = parser_.release();
    return {std::move(answer.body()), max_age_of(joined(answer, wire::field::cache_control)),
            read_date(plain(answer[wire::field::last_modified])),
            read_date(plain(answer[wire::field::date]))};
}

} // namespace latchkey::net
