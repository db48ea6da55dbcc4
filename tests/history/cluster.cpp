#include "cluster.hpp"
#include "../end_to_end/support.hpp"
#include "sql.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto patience = 30s;
const std::string binaries = "/usr/lib/postgresql/15/bin/";

// Small, and quick to stop; a crash of the machine is not tested.
const std::vector<std::string> usual = {
    "listen_addresses=",       "fsync=off",
    "shared_buffers=16MB",     "max_connections=80",
    "wal_level=replica",       "hot_standby=on",
    "wal_keep_size=64MB",      "max_wal_senders=4",
    "autovacuum_naptime=60s",  "wal_retrieve_retry_interval=200ms",
    "max_worker_processes=2",  "max_logical_replication_workers=0",
    "restart_after_crash=off", "logging_collector=off"};

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> as_owner(const std::vector<std::string>& command) {
    // The server's user may have no access to our current folder.
    std::vector<std::string> all = {"/usr/bin/env", "-C", "/"};
    if (::geteuid() == 0)
        all.insert(all.end(), {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres",
                               "--init-groups", "--"});
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

} // namespace

void run_here(const std::vector<std::string>& command,
              const std::vector<std::string>& environment) {
    const auto done = test::run(command, environment);
    if (done.exit_code != 0)
        throw std::runtime_error(command[0] + " " + (command.size() > 1 ? command[1] : "") +
                                 " failed: " + done.out + done.err);
}

void run_as_owner(const std::vector<std::string>& command) {
    run_here(as_owner(command), {"LC_ALL=C.UTF-8"});
}

void make_cluster_folder(const std::string& folder) {
    const auto socket = folder + "/s";
    run_here({"/usr/bin/install", "-d", "-m", "755", folder, socket});
    if (::geteuid() == 0) run_here({"/usr/bin/chown", "postgres:", folder, socket});
}

cluster::cluster(std::string folder) : folder_(std::move(folder)) {}

std::string cluster::conninfo(const std::string& database) const {
    return "host=" + folder_ + "/s user=latchkey dbname=" + database;
}

std::string cluster::log() const {
    return contents(folder_ + "/log");
}

void cluster::create() {
    make_cluster_folder(folder_);
    run_as_owner({binaries + "initdb", "-D", data(), "-U", "latchkey", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-instructions", "--wal-segsize=1", "--no-sync"});
}

void cluster::launch(const std::vector<std::string>& settings) {
    std::vector<std::string> words = {binaries + "postgres", "-D", data(), "-k", folder_ + "/s"};
    for (const auto* some : {&usual, &settings})
        for (const auto& s : *some)
            words.insert(words.end(), {"-c", s});
    std::vector<char*> arguments;
    for (auto& w : words)
        arguments.push_back(w.data());
    arguments.push_back(nullptr);
    const passwd* owner = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    pid_ = ::fork();
    if (pid_ != 0) return;
    if (owner && (::initgroups("postgres", owner->pw_gid) != 0 || ::setgid(owner->pw_gid) != 0 ||
                  ::setuid(owner->pw_uid) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // when the thread that started it ends
    ::setpgid(0, 0);                    // a terminal's Ctrl-C must not reach it
    const int out = ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int in = ::open("/dev/null", O_RDONLY);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::closefrom(3);
    if (::chdir("/") != 0) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

bool cluster::answers() {
    sql probe(conninfo("postgres"), 500ms);
    return static_cast<bool>(probe.ask("select 1"));
}

// The children of a killed postmaster take a moment to notice and to release the shared memory.
// Until then, a new postmaster fails to start.
void cluster::start(const std::vector<std::string>& settings) {
    const auto end = clock::now() + patience;
    while (clock::now() < end) {
        if (!is_running()) launch(settings);
        std::this_thread::sleep_for(20ms);
        if (answers()) return;
    }
    throw std::runtime_error("PostgreSQL in " + folder_ + " does not start: " + log());
}

bool cluster::is_running() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
}

void cluster::kill() {
    if (!is_running()) return;
    signal_all(SIGCONT); // a stopped child would never notice
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void cluster::shut_down() {
    if (!is_running()) return;
    ::kill(pid_, SIGINT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::vector<pid_t> cluster::all() const {
    std::vector<pid_t> out{pid_};
    const auto number = std::to_string(pid_);
    std::ifstream children("/proc/" + number + "/task/" + number + "/children");
    for (pid_t child = 0; children >> child;)
        out.push_back(child);
    return out;
}

void cluster::signal_all(int number) const {
    if (pid_ <= 0) return;
    for (const auto pid : all())
        ::kill(pid, number);
}

// Behaves like a full disk: writes that would make a file longer fail; PostgreSQL ignores SIGXFSZ
// for that purpose. The server's own user sets it, which needs no capability. A process that has
// ended meanwhile needs no limit.
void cluster::limit_files(long bytes) const {
    if (pid_ <= 0) return;
    const auto soft = bytes < 0 ? std::string("unlimited") : std::to_string(bytes);
    for (const auto pid : all())
        test::run(
            as_owner({"/usr/bin/prlimit", "--pid", std::to_string(pid), "--fsize=" + soft + ":"}));
}

void cluster::promote() {
    sql(conninfo("postgres"), patience).must("select pg_promote(true, 25)");
}

void cluster::become_copy_of(const std::string& other_data) {
    run_here({"/usr/bin/rm", "-rf", data()});
    run_here({"/usr/bin/cp", "-a", "--reflink=auto", other_data, data()});
}

void cluster::become_standby_of(const cluster& primary, int port) {
    run_here({"/usr/bin/rm", "-rf", data()});
    run_as_owner({binaries + "pg_basebackup", "-h", primary.folder() + "/s", "-U", "latchkey", "-D",
                  data(), "-c", "fast", "-X", "stream", "--no-sync"});
    follow(port);
}

void cluster::follow(int port) const {
    std::ofstream(data() + "/standby.signal").close();
    std::ofstream(data() + "/postgresql.auto.conf", std::ios::app)
        << "primary_conninfo = 'host=127.0.0.1 port=" << port << " user=latchkey'\n";
    if (::geteuid() == 0) run_here({"/usr/bin/chown", "postgres:", data() + "/standby.signal"});
}

} // namespace latchkey::history
