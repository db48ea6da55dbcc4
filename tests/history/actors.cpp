#include "actors.hpp"

#include <stdexcept>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;

constexpr int readers = 2;              // per node
constexpr auto between_questions = 4ms; // the load is steady, and less than the most possible
constexpr auto until_it_answers_again = 20ms;
constexpr std::size_t of_interest = 16; // the subjects that were written last

std::string code_of(const test::answer& a) {
    if (a.status == 0) return no_answer;
    if (a.status != 200) return std::to_string(a.status);
    const auto at = a.body.find("\"code\":\"");
    if (at == std::string::npos) return "200 without a code";
    return a.body.substr(at + 8, a.body.find('"', at + 8) - at - 8);
}

} // namespace

actors::actors(world& w, recorder& r, const schedule& s, std::uint64_t seed,
               std::map<std::string, std::string> tokens)
    : world_(w), recorder_(r), lazy_(s.lazy), tokens_(std::move(tokens)) {
    for (const auto& one : subjects())
        questions_[one.name] = question(one, tokens_);
    threads_.emplace_back([=, this] { write("SQL once", false, false, seed + 1); });
    threads_.emplace_back([=, this] { write("SQL to and fro", false, true, seed + 2); });
    threads_.emplace_back([=, this] { write("command", true, false, seed + 3); });
    threads_.emplace_back([=, this] { write("command to and fro", true, true, seed + 4); });
    for (int n = 0; n < nodes; ++n)
        for (int i = 0; i < readers; ++i)
            threads_.emplace_back(
                [=, this] { read(n, seed + 10 + static_cast<unsigned>(n * readers + i)); });
}

void actors::stop() {
    stopping_ = true;
    for (auto& t : threads_)
        if (t.joinable()) t.join();
}

void actors::ask(int node, std::unique_ptr<test::client>& connection, const std::string& subject) {
    struct read r {
        subject, node, recorder_.now(), {}, no_answer
    };
    try {
        if (!connection)
            if (const auto process = world_.node_of[static_cast<std::size_t>(node)]->process())
                connection = std::make_unique<test::client>(process->port());
        if (connection) r.code = code_of(connection->ask(questions_.at(subject)));
    } catch (const std::runtime_error&) {
    }
    r.end = recorder_.now();
    if (r.code == no_answer) connection.reset();
    const bool answered = r.code != no_answer;
    recorder_.add(std::move(r));
    std::this_thread::sleep_for(answered ? between_questions : until_it_answers_again);
}

void actors::read(int node, std::uint64_t seed) {
    random_numbers random(seed);
    std::unique_ptr<test::client> connection;
    // Asks about each once, so that all are cached when they change.
    for (const auto& s : subjects())
        if (!stopping_) ask(node, connection, s.name);
    while (!stopping_) {
        const auto newest = recorder_.newest(of_interest);
        const bool any = newest.empty() || random.one_in(2);
        ask(node, connection, any ? random.one_of(subjects()).name : random.one_of(newest));
    }
}

} // namespace latchkey::history
