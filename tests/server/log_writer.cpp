#include "server/process/log_writer.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using namespace latchkey;

namespace {

double dropped(const server::log_writer& log) {
    core::metric_sink sink;
    log.collect(sink);
    const auto text = sink.prometheus();
    const std::string name = "\nauth_log_lines_dropped_total ";
    return std::stod(text.substr(text.find(name) + name.size()));
}

struct pipe_ends {
    pipe_ends() { BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
    ~pipe_ends() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2];
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_writer)

BOOST_AUTO_TEST_CASE(lines_reach_the_reader_whole) {
    pipe_ends pipe;
    const std::string text(10'000, 'x'); // written in several pieces
    {
        server::log_writer log({.format = server::log_format::json}, pipe.ends[1]);
        log.info("first");
        log.info(text);
    }
    std::string read(65536, '\0');
    const auto n = ::read(pipe.ends[0], read.data(), read.size());
    read.resize(static_cast<std::size_t>(n));
    BOOST_TEST(read.find("\"message\":\"first\"}\n") != std::string::npos);
    BOOST_TEST(read.find("\"message\":\"" + text + "\"}\n") != std::string::npos);
}

// systemd.exec(5): JOURNAL_STREAM has the device and the inode of the journal's descriptor.
BOOST_AUTO_TEST_CASE(lines_in_the_journal_have_its_priorities) {
    pipe_ends pipe;
    struct stat found {};
    BOOST_REQUIRE(::fstat(pipe.ends[1], &found) == 0);
    const auto stream = std::to_string(found.st_dev) + ':' + std::to_string(found.st_ino);
    BOOST_TEST(server::is_journal(pipe.ends[1], stream.c_str()));
    BOOST_TEST(!server::is_journal(pipe.ends[1], (stream + "1").c_str()));
    BOOST_TEST(!server::is_journal(pipe.ends[1], ""));
    BOOST_TEST(!server::is_journal(pipe.ends[1], nullptr));
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    {
        server::log_writer log({.format = server::log_format::text}, pipe.ends[1]);
        log.info("first");
        log.warning("second");
        log.error("third");
    }
    ::unsetenv("JOURNAL_STREAM");
    std::string read(4096, '\0');
    const auto n = ::read(pipe.ends[0], read.data(), read.size());
    read.resize(static_cast<std::size_t>(n));
    BOOST_TEST(read.starts_with("<6>2"), read);
    BOOST_TEST(read.find("\n<4>2") != read.npos, read);
    BOOST_TEST(read.find("\n<3>2") != read.npos, read);
}

BOOST_AUTO_TEST_CASE(a_full_disk_costs_lines_and_counts_them) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    BOOST_REQUIRE(full >= 0);
    {
        server::log_writer log({}, full);
        for (int i = 0; i < 100; ++i)
            log.info("lost");
        while (dropped(log) < 100) {
        }
        BOOST_TEST(dropped(log) == 100);
        BOOST_TEST(log.lost().value().lines == 100u);
    }
    ::close(full);
}

// Names and reasons come from anybody, and lines are read on terminals.
BOOST_AUTO_TEST_CASE(a_line_holds_nothing_that_a_terminal_obeys) {
    const core::log_field fields[] = {{"name", std::string_view("\xc2\x9b"
                                                                "2J")},
                                      {"why", std::string_view("\xe2\x80\xae x\ny")}};
    const auto text = server::format_log_line(false, {}, core::log_level::info, "a\x1b\nb", fields);
    BOOST_TEST(text == "1970-01-01T00:00:00Z INFO  a\\u001b\\u000ab name=\\u009b2J "
                       "why=\"\\u202e x\\ny\"\n");
    const auto json = server::format_log_line(true, {}, core::log_level::info, "a", fields);
    BOOST_TEST(json == "{\"time\":\"1970-01-01T00:00:00Z\",\"level\":\"info\",\"message\":\"a\","
                       "\"name\":\"\\u009b2J\",\"why\":\"\\u202e x\\ny\"}\n");
}

// If nobody reads, writers go on, and the process can end.
BOOST_AUTO_TEST_CASE(a_reader_that_has_stopped_holds_nothing_up) {
    pipe_ends pipe;
    server::log_writer log({}, pipe.ends[1]);
    const std::string text(1000, 'x');
    for (int i = 0; i < 5000; ++i)
        log.info(text);
    BOOST_TEST(dropped(log) > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
