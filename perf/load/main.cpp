// Asks a server over HTTP, at a rate or without rest, and checks each answer (usage(),
// perf/README.md).
#include "engine.hpp"
#include "fault.hpp"
#include "options.hpp"
#include "report.hpp"
#include "slow.hpp"

#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

namespace {

enum exit_code { good = 0, wrong_answer = 1, cannot_ask = 2, only_refused = 3, wrong_words = 64 };

int complain(const std::exception& why, exit_code code) {
    std::fprintf(stderr, "load: %s\n", why.what());
    return code;
}

int ask(const load::options& how) {
    const auto what = load::read_mix_file(how.mix);
    const auto found = load::run(how, what);
    const auto text = how.json ? load::as_json(found, what) : load::as_text(found, what);
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (found.seen.answers() == 0) {
        std::fprintf(stderr, "load: no answer came within %g s; the first error: %s\n", how.seconds,
                     found.seen.first_error.empty() ? "none; see what the server does"
                                                    : found.seen.first_error.c_str());
        return cannot_ask;
    }
    if (found.seen.wrong == 0 && found.seen.right() == 0) {
        std::fprintf(stderr, "load: all %llu answers were refusals; see what the server does\n",
                     static_cast<unsigned long long>(found.seen.answers()));
        return only_refused;
    }
    if (found.seen.wrong == 0) return good;
    std::fprintf(stderr, "load: %llu answers were wrong; the first: %s\n",
                 static_cast<unsigned long long>(found.seen.wrong), found.seen.first_wrong.c_str());
    return wrong_answer;
}

} // namespace

int main(int count, char** words) {
    const std::vector<const char*> given(words + 1, words + count);
    if (!given.empty() &&
        (given[0] == std::string_view("--help") || given[0] == std::string_view("-h"))) {
        std::fputs(load::usage().c_str(), stdout);
        return good;
    }
    load::options how;
    try {
        if (!given.empty() && given[0] == std::string_view("slow"))
            return load::run_slow(std::span(given).subspan(1));
        how = load::read_options(given);
    } catch (const std::exception& why) {
        return complain(why, wrong_words);
    }
    try {
        return ask(how);
    } catch (const std::exception& why) {
        return complain(why, cannot_ask);
    }
}
