// A history checker: two nodes, a primary and its standby, writers, readers and faults. At the end
// every answer is checked against the promise.
//
//   test_history --seed N                  one schedule, made from the seed
//   test_history --seeds FROM-TO [--jobs N]
//   test_history --schedule NAME           one named schedule
//   test_history --named [--jobs N]        all named schedules
//   test_history --daily [--jobs N]        those of them that the daily run takes
//   test_history --list                    their names
//   test_history --print                   with --seed or --schedule: only prints the schedule
//   test_history --base DIR …              uses clusters that were made before
//
// Exit 0: nothing was wrong. 1: the report says what was. 64: wrong usage.
#include "../support/temporary_folder.hpp"
#include "jobs.hpp"
#include "machine_watch.hpp"
#include "named_schedules.hpp"
#include "run.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>

using namespace latchkey;
using namespace latchkey::history;

namespace {

constexpr int usage_error = 64;

struct options {
    std::vector<std::string> tasks; ///< "--seed N" or "--schedule NAME"
    bool several = false;
    bool list = false;
    bool print = false;
    int jobs = 3;
    std::string base;
};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

bool add_seeds(options& to, const std::string& range) {
    const auto dash = range.find('-');
    const auto from = number(range.substr(0, dash));
    const auto until = dash == range.npos ? from : number(range.substr(dash + 1));
    if (!from || !until) return false;
    for (auto n = *from; n <= *until; ++n)
        to.tasks.push_back("--seed " + std::to_string(n));
    to.several = true;
    return true;
}

std::optional<options> read_options(const std::vector<std::string>& words) {
    options out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "--list") {
            out.list = true;
        } else if (word == "--print") {
            out.print = true;
        } else if (word == "--named" || word == "--daily") {
            out.several = true;
            for (const auto& s : named_schedules())
                if (word == "--named" || !s.is_long_only)
                    out.tasks.push_back("--schedule " + s.name);
        } else if (++i == words.size()) {
            return std::nullopt;
        } else if (word == "--seed" || word == "--schedule") {
            out.tasks.push_back(word + " " + words[i]);
            out.several = out.tasks.size() > 1;
        } else if (word == "--seeds") {
            if (!add_seeds(out, words[i])) return std::nullopt;
        } else if (word == "--jobs") {
            out.jobs = static_cast<int>(number(words[i]).value_or(0));
        } else if (word == "--base") {
            out.base = words[i];
        } else {
            return std::nullopt;
        }
    }
    const bool good = out.jobs > 0 && (out.list || !out.tasks.empty());
    return good ? std::optional(out) : std::nullopt;
}

struct task {
    schedule what;
    std::uint64_t seed;
};
std::optional<task> task_of(const std::string& words) {
    const auto value = words.substr(words.find(' ') + 1);
    if (words.starts_with("--schedule")) {
        if (auto s = schedule_named(value)) return task{*s, 1};
        return std::nullopt;
    }
    const auto seed = number(value);
    if (!seed) return std::nullopt;
    return task{schedule_of(*seed), *seed};
}

// A signal to a job must also end its nodes, which are in its group; PostgreSQL notices by itself.
void end_with_group(int) {
    ::kill(0, SIGKILL);
}

int run_one(const task& t, const options& given, const std::string& program) {
    if (!given.base.empty() && ::getpgrp() == ::getpid()) std::signal(SIGTERM, end_with_group);
    const test::temporary_folder folder;
    ::chmod(folder.file("").c_str(), 0755); // so that the user postgres can enter it
    const auto base_folder = given.base.empty() ? folder.file("base") : given.base;
    std::optional<bystander> beside;
    if (given.base.empty()) {
        std::filesystem::create_directory(base_folder);
        make_base(base_folder);
        beside.emplace(base_folder, base{base_folder}.empty());
    }
    const bool is_right = run(t.what, t.seed, {base_folder}, folder.file("run"),
                              program + " " + given.tasks[0], std::cout);
    return is_right ? 0 : 1;
}

int run_all(const options& given, const std::string& program) {
    const test::temporary_folder folder;
    ::chmod(folder.file("").c_str(), 0755);
    auto base_folder = given.base;
    if (base_folder.empty()) {
        base_folder = folder.file("base");
        std::filesystem::create_directory(base_folder);
        make_base(base_folder);
    }
    const bystander beside(base_folder, base{base_folder}.empty());
    return run_jobs(program, base_folder, given.tasks, given.jobs, folder.file("")) ? 0 : 1;
}

} // namespace

int main(int count, char** words) {
    ::umask(022);
    const auto given = read_options({words + 1, words + count});
    if (!given) {
        std::cerr << "usage: test_history --seed N | --seeds FROM-TO | --schedule NAME | --named | "
                     "--daily | --list [--print] [--jobs N] [--base DIR]\n";
        return usage_error;
    }
    if (given->list) {
        for (const auto& s : named_schedules())
            std::cout << s.name << '\n';
        return 0;
    }
    try {
        if (given->several) return run_all(*given, words[0]);
        const auto one = task_of(given->tasks[0]);
        if (!one) {
            std::cerr << "there is no " << given->tasks[0] << "; see --list\n";
            return usage_error;
        }
        if (given->print) {
            std::cout << text(one->what);
            return 0;
        }
        return run_one(*one, *given, words[0]);
    } catch (const std::exception& e) {
        std::cout << "  the run broke down: " << e.what() << '\n';
        return 1;
    }
}
