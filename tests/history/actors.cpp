#include "actors.hpp"
#include "random.hpp"
#include "sql.hpp"
#include "subjects.hpp"

#include <algorithm>
#include <stdexcept>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;

constexpr int readers = 2;              // per node
constexpr auto between_questions = 4ms; // the load is steady, and less than the most possible
constexpr auto until_it_answers_again = 20ms;
constexpr auto patience_of_sql = 2s;
constexpr std::size_t of_interest = 12; // the subjects that were written last

std::string code_of(const test::answer& a) {
    if (a.status == 0) return no_answer;
    if (a.status != 200) return std::to_string(a.status);
    const auto at = a.body.find("\"code\":\"");
    if (at == std::string::npos) return "200 without a code";
    return a.body.substr(at + 8, a.body.find('"', at + 8) - at - 8);
}

std::vector<const subject*> shuffled(random_numbers& random, auto belongs) {
    std::vector<const subject*> out;
    for (const auto& s : subjects())
        if (belongs(s)) out.push_back(&s);
    for (auto i = out.size(); i > 1; --i)
        std::swap(out[i - 1], out[static_cast<std::size_t>(random.next() % i)]);
    return out;
}

outcome outcome_of(sql_answer::kind how) {
    if (how == sql_answer::kind::done) return outcome::acknowledged;
    return how == sql_answer::kind::refused ? outcome::failed : outcome::unknown;
}

} // namespace

actors::actors(world& w, recorder& r, const schedule& s, std::uint64_t seed,
               std::map<std::string, std::string> tokens)
    : world_(w), recorder_(r), lazy_(s.lazy), tokens_(std::move(tokens)) {
    for (const auto& one : subjects())
        questions_[one.name] = question(one, tokens_);
    threads_.emplace_back([=, this] { write_by_sql("SQL once", false, seed + 1); });
    threads_.emplace_back([=, this] { write_by_sql("SQL to and fro", true, seed + 2); });
    threads_.emplace_back([=, this] { write_by_command(seed + 3); });
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

// If the result of a change is unknown and the subject could be changed back, it is left alone: an
// old backend may still commit. A subject that changes only once is tried again.
void actors::write_by_sql(std::string writer, bool reverting, std::uint64_t seed) {
    random_numbers random(seed);
    auto mine = shuffled(
        random, [&](const subject& s) { return s.what != kind::admin && s.reverts == reverting; });
    std::map<const subject*, bool> is_changed;
    int moves = world_.moves();
    sql database(world_.conninfo(), patience_of_sql);
    for (std::size_t i = 0; !stopping_ && !mine.empty();) {
        if (moves != world_.moves()) moves = world_.moves(), database.close();
        const auto* s = mine[i % mine.size()];
        const bool changes = !is_changed[s];
        const auto& code = changes ? s->changed : s->initial;
        const int id = recorder_.begin_write(s->name, code, writer);
        const auto got =
            database.ask(std::string(lazy_ ? "set local synchronous_commit = off; " : "") +
                         "insert into public.history_marks values (" + std::to_string(id) + "); " +
                         change(*s, code));
        recorder_.end_write(id, outcome_of(got.how));
        if (got) {
            is_changed[s] = changes;
            if (!reverting)
                mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(i % mine.size()));
            else
                ++i;
        } else if (got.how == sql_answer::kind::unknown && reverting) {
            mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(i % mine.size()));
        } else {
            ++i;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(30, 160)));
    }
}

void actors::write_by_command(std::uint64_t seed) {
    random_numbers random(seed);
    auto mine = shuffled(random, [](const subject& s) { return s.what == kind::admin; });
    while (!stopping_ && !mine.empty()) {
        const auto* s = mine.back();
        const auto process =
            world_.node_of[static_cast<std::size_t>(random.between(0, nodes - 1))]->process();
        const bool waits = random.one_in(2);
        const int id = recorder_.begin_write(s->name, s->changed, commander);
        test::answer got;
        try {
            if (process)
                got = test::client(process->admin_socket())
                          .ask(test::post("/admin/v1/api-keys/" + s->name + "/revoke" +
                                              (waits ? "?wait=all" : ""),
                                          "{}"));
        } catch (const std::runtime_error&) {
        }
        const bool done = got.status == 200;
        const bool refused = got.status >= 400 && got.status < 500;
        recorder_.end_write(id,
                            done      ? outcome::acknowledged
                            : refused ? outcome::failed
                                      : outcome::unknown,
                            done && waits &&
                                got.body.find("\"complete\":true") != std::string::npos);
        if (done) mine.pop_back();
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(60, 250)));
    }
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

survivors survivors_in(const cluster& of, const recorder& told) {
    sql database(of.conninfo(), 10s);
    survivors out;
    for (const auto& row : database.must("select id from public.history_marks"))
        out.insert(std::stoi(row.at(0)));
    std::set<std::string> revoked;
    for (const auto& row :
         database.must("select key_id from latchkey.api_keys where revoked_at is not null"))
        revoked.insert(row.at(0));
    for (const auto& [id, subject] : told.writes_by(commander))
        if (revoked.contains(subject)) out.insert(id);
    return out;
}

} // namespace latchkey::history
