#pragma once
// A request as Boost.Beast reads it: a second opinion from a widely used parser, which is more
// lenient than the server's.

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::fuzz {

/// Give it one whole request, or its header.
class beast_reader final : public boost::beast::http::basic_parser<true> {
  public:
    explicit beast_reader(std::string_view bytes) {
        header_limit(static_cast<std::uint32_t>(bytes.size() + 1));
        body_limit(boost::none);
        eager(true);
        error_code why;
        left_ = bytes.size() - put(boost::asio::buffer(bytes), why);
        if (why == boost::beast::http::error::need_more) why = {};
        refused_ = why.failed();
    }
    bool refused() const { return refused_; }
    std::string_view method() const { return method_; }
    std::string_view target() const { return target_; }
    bool http_1_0() const { return version_ == 10; }
    /// Empty if the request has no such field.
    std::string_view host() const { return host_; }
    std::string_view authorization() const { return authorization_; }
    const std::string& body() const { return body_; }
    /// The bytes behind what was read.
    std::size_t left() const { return left_; }

  private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;
    using field = boost::beast::http::field;

    void on_request_impl(boost::beast::http::verb, text method, text target, int version,
                         error_code&) override {
        method_ = std::string(method);
        target_ = std::string(target);
        version_ = version;
    }
    void on_response_impl(int, text, int, error_code&) override {}
    void on_field_impl(field name, text, text value, error_code&) override {
        if (name == field::host) host_ = std::string(value);
        if (name == field::authorization) authorization_ = std::string(value);
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(text piece, error_code&) override { return take(piece); }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code&) override {
        return take(piece);
    }
    void on_finish_impl(error_code&) override {}

    std::size_t take(text piece) {
        body_.append(piece.data(), piece.size());
        return piece.size();
    }

    std::string method_;
    std::string target_;
    int version_ = 0;
    std::string host_;
    std::string authorization_;
    std::string body_;
    std::size_t left_ = 0;
    bool refused_ = false;
};

} // namespace latchkey::fuzz
