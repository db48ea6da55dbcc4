#pragma once
// Reads the answer to one GET, within its bounds: Beast's parser, and the meaning of its errors and
// fields.

#include "net/tls/tls_stream.hpp"

#include <latchkey/net/https/https_client.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>

namespace latchkey::net {

class https_answer_reader {
  public:
    https_answer_reader(std::size_t header_bytes_max, std::size_t body_bytes_max);

    template <class Handler>
    void read_header(tls_stream& stream, Handler done) {
        boost::beast::http::async_read_header(stream, buffer_, parser_, std::move(done));
    }
    template <class Handler>
    void read_body(tls_stream& stream, Handler done) {
        boost::beast::http::async_read(stream, buffer_, parser_, std::move(done));
    }

    /// Once the header is there: why its body is not wanted, or an empty text.
    std::string defect_of_header() const;
    /// The sentence for an error of reading.
    std::string why(const boost::system::error_code&) const;
    /// Once the body is there.
    https_answer take();

  private:
    std::size_t header_bytes_max_;
    std::size_t body_bytes_max_;
    boost::beast::flat_buffer buffer_;
    boost::beast::http::response_parser<boost::beast::http::string_body> parser_;
};

} // namespace latchkey::net
