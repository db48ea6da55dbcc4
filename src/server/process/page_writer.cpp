#include "server/process/page_writer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <sys/resource.h>

#include <atomic>
#include <utility>

namespace latchkey::server {

namespace {

constexpr int nice_of_pages = 10;

} // namespace

struct page_writer::inside {
    std::atomic<int> waiting{0};
    boost::asio::thread_pool thread{1};
};

// On Linux, the priority is the thread's own. Without the right to change it, it stays.
page_writer::page_writer() : inside_(std::make_unique<inside>()) {
    boost::asio::post(inside_->thread, [] { ::setpriority(PRIO_PROCESS, 0, nice_of_pages); });
}

page_writer::~page_writer() {
    stop();
}

bool page_writer::run(std::function<void()> work) {
    if (inside_->waiting.fetch_add(1) >= waiting_max) {
        inside_->waiting.fetch_sub(1);
        return false;
    }
    boost::asio::post(inside_->thread, [this, work = std::move(work)] {
        work();
        inside_->waiting.fetch_sub(1);
    });
    return true;
}

void page_writer::stop() {
    inside_->thread.join();
}

} // namespace latchkey::server
