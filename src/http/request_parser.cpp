#include <latchkey/http/request_parser.hpp>

#include <latchkey/http/field_values.hpp>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::http {

namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::iequals;
using boost::beast::string_view;

http::method method_of(beast_http::verb verb) {
    switch (verb) {
    case beast_http::verb::get:
        return method::get;
    case beast_http::verb::head:
        return method::head;
    case beast_http::verb::post:
        return method::post;
    case beast_http::verb::put:
        return method::put;
    case beast_http::verb::patch:
        return method::patch;
    case beast_http::verb::delete_:
        return method::delete_;
    case beast_http::verb::options:
        return method::options;
    default:
        return method::other;
    }
}

// RFC 3986, section 3.2.2: what host and port are made of.
bool is_host(std::string_view text) {
    static constexpr auto allowed = [] {
        std::array<bool, 256> table{};
        for (const char c : std::string_view("0123456789abcdefghijklmnopqrstuvwxyz"
                                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "-._~:[]%!$&'()*+,;="))
            table[static_cast<unsigned char>(c)] = true;
        return table;
    }();
    return std::ranges::all_of(text, [](char c) { return allowed[static_cast<unsigned char>(c)]; });
}

// Takes Beast's events; remembers the first rule that is broken.
class head_reader final : public beast_http::basic_parser<true> {
  public:
    head_reader(request& out, const configuration& limits) : out_(out), limits_(limits) {
        body_limit(boost::none);
        header_limit(0xffffffff); // head_scanner has applied ours
    }

    std::optional<refusal> read(std::string_view head) {
        error_code ec;
        put(boost::asio::const_buffer(head.data(), head.size()), ec);
        if (why_) return std::move(why_);
        if (ec || !is_header_done()) return refused_by_beast(ec, head);
        out_.keep_alive = keep_alive();
        judge();
        return std::move(why_);
    }

  private:
    void refuse(int status, std::string detail) {
        if (!why_) why_.emplace(refusal{status, std::move(detail)});
    }

    std::optional<refusal> refused_by_beast(error_code ec, std::string_view head) const {
        if (ec == beast_http::error::bad_version && names_a_version(head))
            return refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
        if (ec == beast_http::error::bad_content_length)
            return refusal{400, "Content-Length is not one decimal number"};
        return refusal{400, "the request's header is malformed: " +
                                (ec ? ec.message() : std::string("it ends too early"))};
    }

    // Is it HTTP of another version, or no HTTP at all?
    static bool names_a_version(std::string_view head) {
        const auto line = head.substr(0, head.find("\r\n"));
        const auto at = line.rfind(" HTTP/");
        if (at == std::string_view::npos || std::ranges::count(line, ' ') != 2) return false;
        const auto version = line.substr(at + 6);
        return version.size() == 3 && version[1] == '.' && version[0] >= '0' && version[0] <= '9' &&
               version[2] >= '0' && version[2] <= '9';
    }

    void on_request_impl(beast_http::verb verb, string_view, string_view target, int version,
                         error_code&) override {
        out_.method = method_of(verb);
        out_.http_1_0 = version == 10;
        if (target.size() > limits_.target_bytes_max)
            return refuse(414, "the request target is longer than server.target_bytes_max");
        read_target({target.data(), target.size()});
    }

    // RFC 9112, section 3.2: origin-form, absolute-form, and "*".
    void read_target(std::string_view target) {
        if (!target.starts_with('/') && target != "*") {
            const auto scheme = target.find("://");
            const auto name = target.substr(0, scheme);
            if (scheme == std::string_view::npos ||
                !(iequals(string_view(name.data(), name.size()), "http") ||
                  iequals(string_view(name.data(), name.size()), "https")))
                return refuse(400, "the request target is neither a path nor an http URL");
            const auto path = target.find_first_of("/?", scheme + 3);
            target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
        }
        if (target.find('#') != std::string_view::npos)
            return refuse(400, "the request target has a fragment");
        const auto mark = target.find('?');
        out_.path = target.substr(0, mark);
        if (out_.path.empty()) out_.path = "/";
        out_.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    }

    void on_field_impl(beast_http::field name, string_view spelling, string_view text,
                       error_code&) override {
        const std::string_view value(text.data(), text.size());
        switch (name) {
        case beast_http::field::host:
            if (hosts_++ > 0) return refuse(400, "Host is repeated");
            if (!is_host(value)) return refuse(400, "Host is malformed");
            return keep(field::host, value);
        case beast_http::field::content_length:
            return read_content_length(value);
        case beast_http::field::transfer_encoding:
            return read_transfer_encoding(value);
        case beast_http::field::authorization:
            if (authorizations_++ > 0) refuse(400, "Authorization is repeated");
            return;
        case beast_http::field::expect:
            if (!iequals(text, "100-continue"))
                return refuse(417, "the only expectation met here is 100-continue");
            out_.expects_continue = true;
            return;
        case beast_http::field::content_type:
            if (!out_.get(field::content_type).empty())
                return refuse(400, "Content-Type is repeated");
            return keep(field::content_type, value);
        case beast_http::field::accept:
            return keep(field::accept, value);
        case beast_http::field::cache_control:
            // Of several lines, the strictest counts: no-store says all that no-cache does.
            if (!asks_for_no_store(out_.get(field::cache_control)))
                keep(field::cache_control, value);
            return;
        case beast_http::field::unknown:
            if (iequals(spelling, "X-Request-Id")) keep(field::x_request_id, value);
            return;
        default:
            return;
        }
    }

    void keep(field name, std::string_view value) {
        out_.fields[static_cast<std::size_t>(name)] = value;
    }

    void read_content_length(std::string_view value) {
        if (out_.has_content_length) return refuse(400, "Content-Length is repeated");
        out_.has_content_length = true;
        const auto* last = value.data() + value.size();
        const auto [end, error] = std::from_chars(value.data(), last, out_.content_length);
        if (value.empty() || end != last || error != std::errc())
            refuse(400, "Content-Length is not one decimal number");
    }

    void read_transfer_encoding(std::string_view value) {
        if (codings_++ > 0) return refuse(400, "Transfer-Encoding is repeated");
        const auto comma = value.rfind(',');
        const auto last =
            trimmed(comma == std::string_view::npos ? value : value.substr(comma + 1));
        out_.chunked = iequals(string_view(last.data(), last.size()), "chunked");
        if (!out_.chunked)
            return refuse(400, "Transfer-Encoding does not end in chunked: the body has no end");
        if (comma == std::string_view::npos) return;
        const auto before = trimmed(value.substr(0, comma));
        if (iequals(string_view(before.data(), before.size()), "chunked"))
            return refuse(400, "Transfer-Encoding applies chunked twice");
        refuse(501, "no transfer coding but chunked is understood here");
    }

    // What no single field tells.
    void judge() {
        const bool needs_length = out_.method == method::post || out_.method == method::put ||
                                  out_.method == method::patch;
        if (hosts_ == 0 && !out_.http_1_0) return refuse(400, "HTTP/1.1 requires a Host field");
        if (out_.chunked && out_.http_1_0)
            return refuse(400, "Transfer-Encoding has no meaning in HTTP/1.0");
        if (out_.chunked && out_.has_content_length)
            return refuse(400, "Content-Length and Transfer-Encoding exclude each other");
        if (needs_length && !out_.chunked && !out_.has_content_length)
            return refuse(411, "say how long the body is, with Content-Length or chunked");
        if (out_.content_length > limits_.body_bytes_max)
            return refuse(413, "the body is longer than " + std::to_string(limits_.body_bytes_max) +
                                   " bytes (server.body_bytes_max)");
        if (out_.http_1_0) out_.expects_continue = false;
    }

    // Only the header is given to Beast: the rest of its interface stays idle.
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    request& out_;
    const configuration& limits_;
    std::optional<refusal> why_;
    unsigned hosts_ = 0;
    unsigned authorizations_ = 0;
    unsigned codings_ = 0;
};

} // namespace

std::optional<refusal> parse_request(std::string_view head, const configuration& limits,
                                     request& out) {
    out = {};
    return head_reader(out, limits).read(head);
}

std::string_view name_of(method m) noexcept {
    constexpr std::array<std::string_view, method_count> names = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};
    return names[static_cast<std::size_t>(m)];
}

} // namespace latchkey::http
