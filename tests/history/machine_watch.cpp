#include "machine_watch.hpp"
#include "sql.hpp"

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 50ms;
constexpr auto patience = 20s;

} // namespace

bystander::bystander(const std::string& folder, const std::string& data)
    : server_(folder_in(folder)) {
    make_cluster_folder(folder_in(folder));
    server_.become_copy_of(data);
    server_.start();
}

machine_watch::machine_watch(const std::string& bystander_folder, recorder& r)
    : recorder_(r), thread_([this, conninfo = cluster(bystander_folder).conninfo("postgres")] {
          watch(conninfo);
      }) {}

machine_watch::~machine_watch() {
    stopping_ = true;
    thread_.join();
}

void machine_watch::watch(const std::string& conninfo) {
    while (!stopping_) {
        const auto begin = recorder_.now();
        sql(conninfo, patience).ask("select 1");
        const auto end = recorder_.now();
        if (end - begin > slow)
            recorder_.add_fault({.name = machine_was_busy, .begin = begin, .end = end});
        std::this_thread::sleep_for(pause);
    }
}

} // namespace latchkey::history
