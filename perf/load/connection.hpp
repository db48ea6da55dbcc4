#pragma once
#include "answer_reader.hpp"
#include "clock.hpp"
#include "stream.hpp"
#include "target.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <string>

namespace load {

class connection;

/// What a connection tells the worker that it belongs to. Each of these may open it again, or ask.
class connection_events {
  public:
    virtual void is_open(connection& which) = 0;
    virtual void has_answer(connection& which) = 0;
    virtual void was_closed(connection& which) = 0; // no request was under way
    virtual void is_lost(connection& which, bool was_asked, const std::string& why) = 0;
    virtual void cannot_open(connection& which, const std::string& why) = 0;

  protected:
    ~connection_events() = default;
};

/// A kept connection with at most one request under way. It belongs to one worker and its thread. A
/// read or a write is tried at once; only what would block waits for the event loop.
class connection {
  public:
    /// The request that is under way.
    struct asked {
        std::size_t kind = 0;
        std::uint64_t number = 0;
        instant due = 0;
        instant sent = 0;
    };

    /// What all connections of a worker share.
    struct surroundings {
        boost::asio::io_context& context;
        connection_events& events;
        const target& to;
        const tls_client* tls;
        std::span<char> input;
    };

    connection(const surroundings& around, std::size_t index);

    std::size_t index() const { return index_; }
    bool is_busy() const { return is_busy_; }
    bool is_idle() const { return is_open_ && !is_busy_; }
    const asked& request() const { return request_; }
    const answer_reader& answer() const { return reader_; }

    void open();
    void close();
    void ask(const asked& request, std::string_view bytes, bool without_body);

  private:
    using socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                    boost::asio::io_context::executor_type>;
    template <class Then>
    void wait(socket::wait_type what, Then then);
    void connected();
    void shake_hands();
    void send(std::string_view bytes);
    void send_rest();
    void receive();
    void take(std::string_view bytes);
    void ended(outcome how);
    void lose(const std::string& why);
    void fail_to_open(const std::string& why);

    const surroundings& around_;
    std::size_t index_;
    socket socket_;
    stream stream_;
    answer_reader reader_;
    asked request_;
    std::string rest_;             // of a request that could not be sent at once
    std::uint32_t generation_ = 0; // so that handlers of a closed socket do nothing
    bool is_open_ = false;
    bool is_busy_ = false;
};

} // namespace load
