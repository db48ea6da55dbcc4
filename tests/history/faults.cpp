#include "faults.hpp"
#include "actors.hpp"
#include "sql.hpp"
#include "subjects.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;

constexpr long nearly_full = 64L * 1024; // the largest size of a file, in bytes
constexpr int attempts = 3;
const std::string binaries = "/usr/lib/postgresql/15/bin/";

} // namespace

void faults::begin(const std::string& name, bool loses, int node) {
    recorder_.begin_fault({.name = name, .node = node, .loses = loses});
}
void faults::mark(const std::string& name, int node) {
    recorder_.mark_fault({.name = name, .node = node});
}

void faults::ask_primary(const std::string& statement) const {
    sql(world_.primary().conninfo(), 20s).must(statement);
}

void faults::is_back() {
    recorder_.settle_event(survivors_in(world_.primary(), recorder_),
                           {down_since_, recorder_.now()});
}

void faults::truth_moves_to(cluster& to, moment since) {
    recorder_.settle_event(survivors_in(to, recorder_), {since, recorder_.now()});
    truth_ = &to;
}

void faults::perform(const step& s) {
    using enum action;
    switch (s.what) {
    case sever_replica:
    case pause_replay:
    case resume_replay:
    case promote:
    case move_address:
    case move_address_early:
    case rebuild_standby:
        return perform_on_standby(s);
    case accept_database:
        return accept();
    case lift_holds:
        return end_holds();
    case back_up:
    case roll_back:
    case dump:
    case restore:
    case restore_raised:
    case add_revocations:
        return perform_on_copies(s);
    case break_links:
    case stall_link:
    case pass_link:
    case pause_node:
    case continue_node:
    case end_node:
    case kill_node:
    case shift_clock:
    case set_clock_right:
        return perform_on_node(s);
    default:
        return perform_on_primary(s);
    }
}

void faults::perform_on_primary(const step& s) {
    auto& a = world_.primary();
    using enum action;
    switch (s.what) {
    case kill_primary:
        begin("the primary is killed", lazy_);
        down_since_ = recorder_.now();
        return a.kill();
    case start_read_only:
        std::ofstream(a.data() + "/postgresql.auto.conf", std::ios::app)
            << "default_transaction_read_only = on\n";
        [[fallthrough]];
    case start_primary:
        a.start();
        is_back();
        return end("the primary is killed");
    case stop_primary:
        begin("the primary hangs");
        return a.signal_all(SIGSTOP);
    case continue_primary:
        a.signal_all(SIGCONT);
        return truth_ == &a ? end("the primary hangs") : mark("the old primary wakes");
    case fill_disk:
        begin("the disk is full", lazy_);
        down_since_ = recorder_.now();
        return a.limit_files(nearly_full);
    case free_disk:
        a.limit_files(-1);
        // So that a node that is ending is not taken for a live one.
        std::this_thread::sleep_for(200ms);
        a.start();
        is_back();
        return end("the disk is full");
    case make_read_only:
        ask_primary("alter system set default_transaction_read_only = on");
        ask_primary("select pg_reload_conf()");
        return mark("the database gets read-only");
    case make_writable:
        ask_primary("alter system reset default_transaction_read_only");
        ask_primary("select pg_reload_conf()");
        return mark("the database gets writable");
    case terminate_backends:
        mark("backends are terminated");
        return ask_primary("select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
                           "pg_backend_pid() and backend_type = 'client backend'");
    case migrate_again:
        return migrate_twice();
    default:
        throw std::logic_error("no such step: " + name(s.what));
    }
}

void faults::perform_on_standby(const step& s) {
    auto& b = world_.standby();
    using enum action;
    switch (s.what) {
    case sever_replica:
        return world_.sever_replica();
    case pause_replay:
        sql(b.conninfo(), 20s).must("select pg_wal_replay_pause()");
        return;
    case resume_replay:
        sql(b.conninfo(), 20s).must("select pg_wal_replay_resume()");
        return;
    case promote:
        begin("the standby is promoted", true);
        down_since_ = recorder_.now();
        b.promote();
        return truth_moves_to(b, down_since_);
    case rebuild_standby: {
        const auto asked = recorder_.now();
        recorder_.settle_past(survivors_in(b, recorder_), asked);
        return world_.rebuild_standby();
    }
    case move_address_early:
        return world_.move_address(b);
    case move_address:
        world_.move_address(b);
        recorder_.lost_until_now();
        for (const auto* over :
             {"the primary is killed", "the primary hangs", "the standby is promoted"})
            end(over);
        return;
    default:
        throw std::logic_error("no such step: " + name(s.what));
    }
}

void faults::restore_dump(const std::string& onto) {
    begin("a dump is restored", true);
    const auto since = recorder_.now();
    world_.a.shut_down();
    world_.c.become_copy_of(onto);
    world_.c.start();
    run_as_owner({binaries + "pg_restore", "-h", world_.c.folder() + "/s", "-U", "latchkey", "-d",
                  "latchkey", "--exit-on-error", world_.a.folder() + "/dump"});
    truth_moves_to(world_.c, since);
    world_.move_address(world_.c);
    recorder_.lost_until_now();
    end("a dump is restored");
}

void faults::perform_on_copies(const step& s) {
    auto& a = world_.a;
    const auto copy = a.folder() + "/copy";
    using enum action;
    switch (s.what) {
    case back_up:
        begin("a backup is made");
        a.shut_down();
        run_here({"/usr/bin/cp", "-a", "--reflink=auto", a.data(), copy});
        a.start();
        return end("a backup is made");
    case roll_back:
        begin("a backup is put back", true);
        down_since_ = recorder_.now();
        a.shut_down();
        a.become_copy_of(copy);
        a.start();
        is_back();
        return end("a backup is put back");
    case add_revocations:
        mark("revocations are loaded");
        ask_primary("insert into latchkey.revocations (kind, issuer, value) select 'token', "
                    "'latchkey', 'jti-' || n from generate_series(1, " +
                    std::to_string(s.amount) + ") n");
        ask_primary("update latchkey.feed_state set pruned_below = "
                    "pg_snapshot_xmax(pg_current_snapshot())");
        return mark("the feed is pruned");
    case dump:
        return run_as_owner({binaries + "pg_dump", "-Fc", "-h", a.folder() + "/s", "-U", "latchkey",
                             "-f", a.folder() + "/dump", "latchkey"});
    case restore:
        return restore_dump(world_.all.empty());
    case restore_raised:
        return restore_dump(world_.all.raised());
    default:
        throw std::logic_error("no such step: " + name(s.what));
    }
}

void faults::perform_on_node(const step& s) {
    using enum action;
    if (s.what == break_links) {
        mark("the links break");
        return world_.break_links();
    }
    auto& node = *world_.node_of.at(static_cast<std::size_t>(s.node));
    switch (s.what) {
    case stall_link:
        begin("a black hole", false, s.node);
        return world_.stall(s.node, true);
    case pass_link:
        world_.stall(s.node, false);
        return end("a black hole", s.node);
    case pause_node:
        begin("the node is paused", false, s.node);
        return node.process()->signal(SIGSTOP);
    case continue_node:
        node.process()->signal(SIGCONT);
        return end("the node is paused", s.node);
    case end_node:
    case kill_node:
        recorder_.begin_fault({.name = "the node is restarted", .node = s.node, .forgets = true});
        node.restart(s.what == end_node ? SIGTERM : SIGKILL);
        return end("the node is restarted", s.node);
    case shift_clock:
        // By its own clock, tokens are from the past or from the future.
        recorder_.begin_fault({.name = "its clock is wrong",
                               .node = s.node,
                               .breaks = false,
                               .codes = {"EXPIRED", "NOT_YET_VALID"}});
        mark("its clock jumps", s.node);
        return node.shift_clock(s.amount);
    case set_clock_right:
        node.shift_clock(0);
        mark("its clock jumps back", s.node);
        return end("its clock is wrong", s.node);
    default:
        throw std::logic_error("no such step: " + name(s.what));
    }
}

void faults::accept() {
    const auto since = recorder_.now();
    sql at(truth_->conninfo(), 20s);
    for (int i = 0; i < attempts; ++i) {
        const auto got = at.ask("select latchkey.accept_database()");
        if (got) return recorder_.add_accepted({since, recorder_.now()});
        complaints_.push_back("accept_database: " + got.error);
    }
    throw std::runtime_error(complaints_.back());
}

// Nobody else writes a key that can be revoked only once, and is.
void faults::end_holds() {
    sql at(truth_->conninfo(), 20s);
    for (const auto& row : at.must("select value from latchkey.holds where kind = 'api_key'")) {
        const auto* s = find_subject(row.at(0));
        if (!s || s->reverts || s->changed != "REVOKED" || !recorder_.is_acknowledged(s->name))
            continue;
        const int id = recorder_.begin_write(s->name, s->initial, "operator");
        const auto got =
            at.ask(mark_of(id) + "select latchkey.lift_hold('api_key', '', '" + s->name + "')");
        recorder_.end_write(id, got ? outcome::acknowledged : outcome::unknown);
    }
}

void faults::migrate_twice() {
    std::vector<std::string> said(2);
    std::vector<std::thread> both;
    for (auto& words : said)
        both.emplace_back([&] {
            const auto done = test::run(
                {test::latchkey_binary(), "migrate", "--set", "admin.socket=/none"},
                {"LATCHKEY_DATABASE__URI=postgresql://latchkey@/latchkey?host=" + world_.folder +
                 "/address"});
            if (done.exit_code != 0)
                words = "migrate: exit " + std::to_string(done.exit_code) + ": " + done.err;
        });
    for (auto& one : both)
        one.join();
    for (auto& words : said)
        if (!words.empty()) complaints_.push_back(std::move(words));
}

} // namespace latchkey::history
