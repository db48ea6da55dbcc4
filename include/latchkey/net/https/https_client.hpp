#pragma once
// One request over HTTPS, for documents that issuers publish and for what is sent to a collector:
// one coroutine of Asio, with Beast's parser. Nothing here blocks: names are resolved on Asio's
// resolver thread.
//
// No redirect is followed. Each address of a name is checked before it is connected to, and the
// connection goes to the checked address, even if the name resolves to another one by then.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/net/tls/tls_trust.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace latchkey::net {

struct https_request {
    std::string url;
    core::milliseconds deadline{5000}; ///< from the name's look-up to the last byte
    std::size_t body_bytes_max = 65536;
    std::size_t header_bytes_max = 16384;
    bool allow_private = false; ///< also allows addresses that are not public (public_address.hpp)
    bool allow_http = false;    ///< the URL may begin with http://
    /// "http://host:port" of a proxy, which is asked for a tunnel (CONNECT), also for http://. It
    /// may be at any address, and then resolves the URL's host itself. Empty: there is none.
    std::string proxy{};
    std::string fields{};                               ///< further header lines, with CR LF
    std::optional<std::string> posted{};                ///< the body of a POST; nullopt: a GET
    std::string_view content_type = "application/json"; ///< of that body; static text
};

/// An answer with status 200.
struct https_answer {
    std::string body;
    std::optional<core::seconds> max_age{}; ///< of Cache-Control; 0 means that it must not be kept
    std::optional<core::real_time> last_modified{};
    std::optional<core::real_time> date{};
};

/// Lives on its loop's thread, where its callback runs; must end before the loop.
class https_get {
  public:
    /// Called once, from the loop and not from the constructor; it may destroy the https_get. The
    /// sentence of a failure begins with the URL's host, or with "the URL" if the URL is malformed.
    /// The kind is `invalid` if only another configuration can help (the URL, an address that is
    /// not public), else `unavailable`.
    using completion = std::function<void(core::result<https_answer>)>;

    https_get(boost::asio::io_context&, const tls_trust&, https_request, completion);
    ~https_get(); ///< cancels it: the callback is not called any more
    https_get(const https_get&) = delete;
    https_get& operator=(const https_get&) = delete;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace latchkey::net
