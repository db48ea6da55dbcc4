// One of several hosts accepts connections and ends them, or answers nonsense: the next host is
// used.
#include "../support/temporary_folder.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
namespace asio = boost::asio;

namespace {

// Sends this text to each client that has spoken, and closes the connection.
class odd_host {
  public:
    odd_host(const std::string& folder, std::string says)
        : acceptor_(loop_, {folder + "/.s.PGSQL.5432"}), socket_(loop_), says_(std::move(says)) {
        accept();
        // A loop without work ends at once, so it runs only after the first accept.
        thread_ = std::jthread([this] { loop_.run(); });
    }
    ~odd_host() { loop_.stop(); }
    std::atomic<int> met = 0;

  private:
    void accept() {
        acceptor_.async_accept(socket_, [this](boost::system::error_code error) {
            if (error) return;
            ++met;
            socket_.async_read_some(asio::buffer(heard_),
                                    [this](boost::system::error_code failed, std::size_t) {
                                        if (!failed) answer();
                                    });
        });
    }
    void answer() {
        boost::system::error_code ignored;
        asio::write(socket_, asio::buffer(says_), ignored);
        socket_.close(ignored);
        accept();
    }
    asio::io_context loop_{1};
    asio::local::stream_protocol::acceptor acceptor_;
    asio::local::stream_protocol::socket socket_;
    std::array<char, 512> heard_{};
    std::string says_;
    std::jthread thread_;
};

const std::string answers[] = {"", "HTTP/1.1 400 Bad Request\r\n\r\n"};

} // namespace

BOOST_AUTO_TEST_SUITE(several_hosts)

BOOST_DATA_TEST_CASE(the_next_one_is_tried, boost::unit_test::data::make(answers), says) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    const temporary_folder folder;
    auto settings = database.configuration();
    auto uri = database.uri();
    const auto at = uri.find("host='") + 6;
    uri.insert(at, folder.file("") + ",");
    settings.uri = crypto::secret(uri);
    settings.acquire_timeout = core::seconds(10);
    odd_host odd(folder.file(""), says);
    running_store running(settings, {1, 0});
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "found");
    BOOST_TEST(odd.met > 0);
}

BOOST_AUTO_TEST_SUITE_END()
