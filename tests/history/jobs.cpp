#include "jobs.hpp"
#include "run.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace latchkey::history {

namespace {

using clock = std::chrono::steady_clock;

struct job {
    std::string task;
    std::string report;
    clock::time_point begun;
};

pid_t launch(const std::string& program, const std::string& base, const job& j) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::setpgid(0, 0); // in one group with the nodes that it starts
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int out = ::open(j.report.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    const auto space = j.task.find(' ');
    const auto option = j.task.substr(0, space);
    const auto value = j.task.substr(space + 1);
    ::execl(program.c_str(), program.c_str(), option.c_str(), value.c_str(), "--base", base.c_str(),
            nullptr);
    ::_exit(127);
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string line_of(const std::string& report, const std::string& begins) {
    const auto at = report.find(begins);
    return at == report.npos ? "" : report.substr(at, report.find('\n', at) - at);
}

bool ended_well(const job& j, int status) {
    const auto took = std::chrono::duration<double>(clock::now() - j.begun).count();
    const bool is_right = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const auto report = contents(j.report);
    std::cout << (is_right ? "right  " : "WRONG  ") << j.task << "  (" << took << " s)"
              << line_of(report, obeyed_and_lost_line) << '\n';
    if (!is_right || report.find("counted apart:") != report.npos) std::cout << report;
    std::cout << std::flush;
    return is_right;
}

} // namespace

bool run_jobs(const std::string& program, const std::string& base,
              const std::vector<std::string>& tasks, int at_a_time, const std::string& folder) {
    std::map<pid_t, job> running;
    std::size_t next = 0;
    std::size_t wrong = 0;
    while (next < tasks.size() || !running.empty()) {
        if (next < tasks.size() && running.size() < static_cast<std::size_t>(at_a_time)) {
            job j{tasks[next], folder + "/report-" + std::to_string(next), clock::now()};
            ++next;
            const auto pid = launch(program, base, j);
            running.emplace(pid, std::move(j));
            continue;
        }
        int status = 0;
        const auto ended = running.find(::waitpid(-1, &status, 0));
        if (ended == running.end()) continue;
        if (!ended_well(ended->second, status)) ++wrong;
        running.erase(ended);
    }
    std::cout << tasks.size() - wrong << " of " << tasks.size() << " right\n";
    return wrong == 0;
}

} // namespace latchkey::history
