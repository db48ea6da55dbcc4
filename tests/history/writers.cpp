// The writers, and how to find their writes again.
#include "actors.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;

constexpr auto patience_of_sql = 2s;
const std::string request_prefix = "history-";

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

outcome outcome_of(const test::answer& a) {
    if (a.status == 200) return outcome::acknowledged;
    return a.status >= 400 && a.status < 500 ? outcome::failed : outcome::unknown;
}

} // namespace

struct actors::result {
    outcome how = outcome::unknown;
    bool everywhere = false;
};

actors::result actors::change_by_sql(int id, const subject& s, const std::string& code,
                                     sql& database) const {
    const auto got = database.ask(std::string(lazy_ ? "set local synchronous_commit = off; " : "") +
                                  mark_of(id) + change(s, code));
    return {outcome_of(got.how)};
}

actors::result actors::end_by_command(int id, const subject& s, random_numbers& random) const {
    const auto process =
        world_.node_of[static_cast<std::size_t>(random.between(0, nodes - 1))]->process();
    const bool waits = random.between(1, 3) > 1;
    if (!process) return {};
    try {
        const auto got = test::client(process->admin_socket())
                             .ask(ending_command(s, waits, "after " + std::to_string(id),
                                                 "X-Request-Id: " + request_of(id) + "\r\n"));
        return {outcome_of(got), got.status == 200 && waits &&
                                     got.body.find("\"complete\":true") != std::string::npos};
    } catch (const std::runtime_error&) {
        return {};
    }
}

// If the result of a change is unknown and the subject could be changed back, it is left alone: an
// old backend may still commit. A subject that changes only once is tried again.
void actors::write(std::string writer, bool by_command, bool reverting, std::uint64_t seed) {
    random_numbers random(seed);
    auto mine = shuffled(random, [&](const subject& s) {
        return s.by_command == by_command && s.reverts == reverting;
    });
    std::map<const subject*, bool> is_changed;
    int moves = world_.moves();
    sql database(world_.conninfo(), patience_of_sql);
    for (std::size_t i = 0; !stopping_ && !mine.empty();) {
        if (moves != world_.moves()) moves = world_.moves(), database.close();
        const auto* s = mine[i % mine.size()];
        const bool changes = !is_changed[s];
        const auto& code = changes ? s->changed : s->initial;
        const int id = recorder_.begin_write(s->name, code, writer);
        const auto got = by_command && changes ? end_by_command(id, *s, random)
                                               : change_by_sql(id, *s, code, database);
        recorder_.end_write(id, got.how, got.everywhere);
        if (got.how == outcome::acknowledged) is_changed[s] = changes;
        const bool is_left =
            reverting ? got.how == outcome::unknown : got.how == outcome::acknowledged;
        if (is_left)
            mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(i % mine.size()));
        else
            ++i;
        std::this_thread::sleep_for(std::chrono::milliseconds(random.between(30, 160)));
    }
}

std::string mark_of(int id) {
    return "insert into public.history_marks values (" + std::to_string(id) + "); ";
}
std::string request_of(int id) {
    return request_prefix + std::to_string(id);
}

// To revoke again what is revoked leaves nothing in the audit trail.
survivors survivors_in(const cluster& of, const recorder& told) {
    sql database(of.conninfo(), 10s);
    survivors out;
    for (const auto& row : database.must("select id from public.history_marks"))
        out.insert(std::stoi(row.at(0)));
    for (const auto& row : database.must("select request_id from latchkey.audit_events "
                                         "where request_id like '" +
                                         request_prefix + "%'"))
        out.insert(std::stoi(row.at(0).substr(request_prefix.size())));
    std::set<std::string> revoked;
    for (const auto& row :
         database.must("select key_id from latchkey.api_keys where revoked_at is not null"))
        revoked.insert(row.at(0));
    for (const auto& [id, subject] : told.writes_of("REVOKED"))
        if (revoked.contains(subject) && find_subject(subject)->by_command) out.insert(id);
    return out;
}

} // namespace latchkey::history
