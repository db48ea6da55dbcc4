// Leases of limits that nodes share, on a model of the database (schema/0026).
#include <latchkey/core/flow/lease_keeper.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>
#include <tuple>

using namespace latchkey::core;

namespace {

constexpr std::int64_t us_of_start = 1'700'000'000'000'000;

// Does what latchkey.lease does.
struct model {
    struct row {
        std::int64_t given = 0;
        int wanted_by = -1;
        std::int64_t wanted_at = 0;
    };
    struct last {
        std::uint64_t seq = 0;
        lease_answer answer;
        std::int64_t at = 0;
    };

    lease_answer lease(int node, const lease_request& asked, std::int64_t now_us) {
        auto& known = answers[node];
        if (known.seq == asked.seq) {
            auto again = known.answer;
            again.now_us = now_us;
            return again;
        }
        lease_answer out;
        out.now_us = now_us;
        out.life = life;
        out.nodes = 1;
        for (const auto& [other, one] : answers)
            out.nodes += other != node && now_us - one.at < 5'000'000;
        std::set<std::tuple<lease_name, std::int64_t>> once;
        for (const auto& line : asked.lines) {
            const auto length = std::chrono::microseconds(line.terms.window).count();
            const auto present = now_us / length;
            const auto number = line.number.value_or(present);
            BOOST_TEST(once.insert({line.terms.name, number}).second);
            lease_answer::window w{number};
            constexpr std::int64_t lead = 2'000'000;
            if (number * length < life_began_us + (life_began_us > 0 ? lead : 0))
                w.is = lease_answer::state::unknown_here;
            else if ((number != present && number != present + 1) ||
                     number * length > now_us + lead)
                w.is = lease_answer::state::not_now;
            else
                grant(rows[{line.terms.name, number}], told(line, asked), out.nodes, node, now_us,
                      w);
            out.windows.push_back(w);
        }
        known = {asked.seq, out, now_us};
        return out;
    }
    // What was leased in another life is not given back here.
    lease_line told(lease_line line, const lease_request& asked) const {
        if (asked.life != life) line.returned = 0;
        return line;
    }
    void grant(row& r, lease_line line, std::int64_t nodes, int node, std::int64_t now_us,
               lease_answer::window& w) {
        BOOST_TEST(line.returned >= 0);
        BOOST_TEST(r.given >= line.returned);
        r.given += line.taken - line.returned;
        const auto rest = line.terms.most - r.given;
        BOOST_TEST(line.needed <= line.asked);
        const auto part =
            nodes <= 1 ? rest : std::max({std::int64_t{1}, line.needed, rest / (2 * nodes)});
        w.granted = std::max<std::int64_t>(0, std::min({line.asked, rest, part}));
        r.given += w.granted;
        w.rest = std::max<std::int64_t>(0, line.terms.most - r.given);
        if (line.asked > 0 && line.asked > rest) r.wanted_by = node, r.wanted_at = now_us;
        if (r.wanted_by >= 0 && r.wanted_by != node && now_us - r.wanted_at < 2'000'000)
            w.is = lease_answer::state::others_want;
    }

    std::string life = "one";
    std::int64_t life_began_us = 0;
    std::map<std::tuple<lease_name, std::int64_t>, row> rows;
    std::map<int, last> answers;
};

struct question final : lease_inquiry {
    void decided() noexcept override { is_decided = true; }
    bool is_decided = false;
};

// A node with one bucket; a request takes `trip` each way.
struct node {
    node(int number, lease_keeper::settings s, std::size_t buckets = 16)
        : id(number), readers(1), box([] {}), keeper(buckets, readers, box, s) {}

    lease_decision take(std::uint64_t cost, boot_time now) {
        auto* bucket = keeper.find(key);
        if (!bucket) return {};
        return bucket->take(cost, now);
    }
    void ask(question& q, std::uint64_t cost = 1, boot_time now = {}) {
        q.decided_at = now;
        q.key = key;
        q.terms = terms;
        q.cost = cost;
        q.is_decided = false;
        keeper.ask(q, box);
        box.receive();
    }

    const int id;
    epochs readers;
    mailbox box;
    lease_keeper keeper;
    lease_key key{1, 2};
    lease_terms terms{{'a'}, 1000, seconds(1)};
    bool is_down = false;
    std::optional<std::pair<boot_time, lease_answer>> coming{};
    question waiting{};
    bool waits = false;
    std::int64_t allowed = 0;
    std::int64_t refused = 0;
    std::int64_t waited = 0;
};

struct fleet {
    explicit fleet(int count, when_unsure unsure = when_unsure::closed) {
        for (int i = 0; i < count; ++i)
            nodes.push_back(
                std::make_unique<node>(i, lease_keeper::settings{unsure, milliseconds(150)}));
    }
    moment at() const { return {boot_time(nanoseconds(t)), real_time()}; }
    std::int64_t us() const { return us_of_start + t / 1000 + skew_us; }

    void exchange(node& n) {
        if (n.coming && n.coming->first <= at().boot) {
            n.keeper.answered(n.coming->second, at());
            n.coming.reset();
            n.box.receive();
        }
        if (n.coming) return;
        const auto* asked = n.keeper.next(at());
        if (!asked) return;
        if (n.is_down || database_is_away) return n.keeper.failed(at());
        auto answer = database.lease(n.id, *asked, us() + trip / 1000);
        if (loses_next) {
            loses_next = false;
            return n.keeper.failed(at());
        }
        n.coming = {boot_time(nanoseconds(t + 2 * trip)), std::move(answer)};
    }
    void request(node& n, std::uint64_t cost) {
        auto d = n.take(cost, at().boot);
        if (d.what == lease_decision::standing::unknown) {
            if (n.waits) return; // it is coalesced, and not counted here
            ++n.waited;
            n.waits = true;
            n.ask(n.waiting, cost, at().boot);
            return;
        }
        if (d.what == lease_decision::standing::allowed)
            n.allowed += static_cast<std::int64_t>(cost);
        else
            ++n.refused;
    }
    // Each node asks `rate` times a second for so long, in steps of a millisecond.
    void run(const std::vector<double>& rates, std::int64_t ms, std::uint64_t cost = 1) {
        std::vector<double> due(rates.size(), 0);
        for (std::int64_t i = 0; i < ms; ++i) {
            t += 1'000'000;
            for (std::size_t k = 0; k < nodes.size(); ++k) {
                auto& n = *nodes[k];
                if (t / 1'000'000 % 50 == static_cast<std::int64_t>(k)) n.keeper.tick(at());
                n.box.receive();
                if (n.waits && n.waiting.is_decided) {
                    n.waits = false;
                    request(n, n.waiting.cost);
                }
                for (due[k] += rates[k] / 1000; due[k] >= 1; due[k] -= 1)
                    request(n, cost);
                exchange(n);
            }
        }
    }
    std::int64_t allowed() const {
        std::int64_t sum = 0;
        for (const auto& n : nodes)
            sum += n->allowed;
        return sum;
    }
    // A crash, or another copy of the database.
    void begin_life() {
        database.life += '+';
        database.life_began_us = us();
        for (const auto& [name, row] : database.rows)
            given_before += row.given;
        database.rows.clear();
        database.answers.clear();
    }
    std::int64_t given() const {
        auto sum = given_before;
        for (const auto& [name, row] : database.rows)
            sum += row.given;
        return sum;
    }
    void limit(std::int64_t most, seconds window) {
        for (auto& n : nodes)
            n->terms.most = most, n->terms.window = window;
    }

    std::int64_t t = 1'000'000'000;
    std::int64_t trip = 1'000'000;
    std::int64_t skew_us = 0; ///< of the database's clock
    bool database_is_away = false;
    bool loses_next = false;
    std::int64_t given_before = 0; ///< in earlier lives
    model database;
    std::vector<std::unique_ptr<node>> nodes;
};

} // namespace

BOOST_AUTO_TEST_SUITE(lease_keeper)

BOOST_AUTO_TEST_CASE(the_first_request_waits_and_no_other_under_steady_load) {
    fleet f(3);
    f.run({100, 100, 100}, 5000);
    for (const auto& n : f.nodes) {
        BOOST_TEST(n->waited == 1);
        BOOST_TEST(n->refused == 0);
    }
    BOOST_TEST(f.allowed() >= 1490);
}

BOOST_AUTO_TEST_CASE(nearly_all_of_a_limit_can_be_used_and_never_more) {
    struct {
        std::int64_t most;
        int window_s;
        std::vector<double> rates;
        double share;
    } const rows[] = {
        {1000, 1, {500, 500, 500}, 0.98}, {1000, 1, {1100, 100, 0}, 0.98},
        {300, 1, {200, 200, 200}, 0.98},  {10000, 10, {1000, 900, 800}, 0.98},
        {100, 10, {10, 10, 10}, 0.98},    {100, 10, {1000, 5, 5}, 0.98},
        {60, 60, {1, 1, 1}, 0.98},        {10, 60, {0.5, 0.5, 0.5}, 0.98},
        {5, 10, {3, 3, 3}, 0.98},
    };
    for (const auto& row : rows) {
        BOOST_TEST_CONTEXT(row.most << " in " << row.window_s << " s, " << row.rates[0]) {
            fleet f(3);
            f.limit(row.most, seconds(row.window_s));
            const auto length = row.window_s * 1'000'000;
            // From the beginning of a window on.
            while (f.us() % length != 0)
                f.t += 1'000'000;
            const auto windows = row.window_s > 10 ? 2 : 6;
            f.run(row.rates, std::int64_t{1000} * windows * row.window_s);
            const auto most = row.most * windows;
            // The next window may have begun.
            BOOST_TEST(f.allowed() <= most + std::max<std::int64_t>(3, row.most / 10));
            BOOST_TEST(static_cast<double>(f.allowed()) >= row.share * static_cast<double>(most));
            for (const auto& [name, given] : f.database.rows)
                BOOST_TEST(given.given <= row.most);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_an_idle_node_holds_goes_to_others) {
    fleet f(2);
    f.limit(100, seconds(60));
    while (f.us() % 60'000'000 != 0)
        f.t += 1'000'000;
    f.run({100, 0}, 200);
    f.nodes[0]->refused = 0;
    f.run({0, 100}, 5000);
    BOOST_TEST(f.allowed() == 100);
}

BOOST_AUTO_TEST_CASE(a_request_whose_answer_was_lost_counts_once) {
    fleet f(1);
    f.limit(100, seconds(60));
    for (int i = 0; i < 20; ++i) {
        f.loses_next = true;
        f.run({10}, 500);
    }
    BOOST_TEST(f.allowed() >= 95);
    const auto& row = f.database.rows.begin()->second;
    BOOST_TEST(row.given <= 100);
    BOOST_TEST(f.allowed() <= row.given);
}

BOOST_AUTO_TEST_CASE(without_a_database_the_lease_is_spent_and_then_nothing_is_sure) {
    fleet f(2);
    f.limit(1000, seconds(60));
    f.run({100, 100}, 1000);
    const auto before = f.allowed();
    f.database_is_away = true;
    f.run({100, 100}, 3000);
    std::int64_t given = 0;
    for (const auto& [name, row] : f.database.rows)
        given += row.given;
    BOOST_TEST(f.allowed() > before);
    BOOST_TEST(f.allowed() <= given);
    BOOST_TEST((f.nodes[0]->take(1, f.at().boot).what == lease_decision::standing::unsure));
    f.database_is_away = false;
    f.run({100, 100}, 2000);
    BOOST_TEST((f.nodes[0]->take(1, f.at().boot).what == lease_decision::standing::allowed));
}

BOOST_AUTO_TEST_CASE(a_local_share_goes_on_and_is_told_later) {
    fleet f(2, when_unsure::local_share);
    f.limit(1000, seconds(60));
    while (f.us() % 60'000'000 != 0)
        f.t += 1'000'000;
    f.run({100, 100}, 1000);
    f.database_is_away = true;
    f.run({200, 200}, 10000);
    for (const auto& n : f.nodes) {
        BOOST_TEST(n->allowed >= 480);
        BOOST_TEST(n->allowed <= 500);
        BOOST_TEST((n->take(1, f.at().boot).what == lease_decision::standing::spent));
    }
    f.database_is_away = false;
    f.run({200, 200}, 5000);
    BOOST_TEST(f.allowed() <= 1000);
    BOOST_TEST(f.database.rows.begin()->second.given == 1000);
}

BOOST_AUTO_TEST_CASE(in_another_life_of_the_database_leases_begin_with_the_next_window) {
    fleet f(2);
    f.limit(100, seconds(10));
    while (f.us() % 10'000'000 != 0)
        f.t += 1'000'000;
    f.run({100, 100}, 2000);
    BOOST_TEST(f.allowed() == 100);
    f.begin_life();
    f.run({100, 100}, 7500);
    BOOST_TEST(f.allowed() == 100);
    f.run({100, 100}, 2500);
    BOOST_TEST(f.allowed() == 200);
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_gives_all_back) {
    fleet f(2);
    f.limit(1000, seconds(60));
    f.run({100, 100}, 1000);
    f.nodes[0]->keeper.leave();
    f.run({0, 0}, 100);
    f.nodes[1]->keeper.leave();
    f.run({0, 0}, 100);
    std::int64_t given = 0;
    for (const auto& [name, row] : f.database.rows)
        given += row.given;
    BOOST_TEST(given == f.allowed());
}

// Random losses, pauses and costs: never more than the limit in any window.
BOOST_AUTO_TEST_CASE(no_schedule_gives_more_than_the_limit) {
    std::mt19937 random(7);
    for (int i = 0; i < 30; ++i) {
        fleet f(3);
        f.limit(50 + random() % 500, seconds(1 + random() % 5));
        for (int step = 0; step < 40; ++step) {
            f.loses_next = random() % 3 == 0;
            f.database_is_away = random() % 8 == 0;
            f.trip = 100'000 + random() % 40'000'000;
            for (auto& n : f.nodes)
                n->is_down = random() % 6 == 0;
            if (random() % 10 == 0) f.skew_us += std::int64_t(random() % 4'000'000) - 2'000'000;
            if (random() % 20 == 0) f.begin_life();
            f.run({double(random() % 400), double(random() % 400), double(random() % 50)},
                  50 + random() % 400, 1 + random() % 4);
            for (const auto& [name, row] : f.database.rows)
                BOOST_TEST(row.given <= f.nodes[0]->terms.most);
            BOOST_TEST(f.allowed() <= f.given());
        }
    }
}

// Whoever only looks, and is refused, is refused for no longer than whoever takes.
BOOST_AUTO_TEST_CASE(who_looks_gets_what_others_give_back) {
    fleet f(2);
    f.limit(100, seconds(60));
    while (f.us() % 60'000'000 != 0)
        f.t += 1'000'000;
    f.run({200, 200}, 2000);
    BOOST_TEST(f.allowed() == 100);
    for (auto& [name, row] : f.database.rows)
        row.given -= 20;
    auto& bucket = *f.nodes[0]->keeper.find(f.nodes[0]->key);
    bool is_allowed = false;
    for (int i = 0; i < 1000 && !is_allowed; ++i) {
        is_allowed = bucket.look(1, f.at().boot).what == lease_decision::standing::allowed;
        f.run({0, 0}, 1);
    }
    BOOST_TEST(is_allowed);
}

// The keeper's last tick was in the window before.
BOOST_AUTO_TEST_CASE(at_the_beginning_of_a_window_a_question_waits) {
    fleet f(1);
    f.limit(10, seconds(3));
    while (f.us() % 3'000'000 != 0)
        f.t += 1'000'000;
    f.run({100}, 100);
    f.run({0}, 2880);
    auto& n = *f.nodes[0];
    f.t += 40'000'000;
    BOOST_TEST((n.take(1, f.at().boot).what == lease_decision::standing::unknown));
    question q;
    n.ask(q, 1, f.at().boot);
    n.box.receive();
    BOOST_TEST(!q.is_decided);
}

BOOST_AUTO_TEST_CASE(a_window_that_is_over_for_the_database_is_over_here) {
    fleet f(1);
    f.limit(1000, seconds(60));
    f.run({100}, 1000);
    f.skew_us += 120'000'000; // its clock was set
    f.run({100}, 2000);
    BOOST_TEST(f.database.rows.size() >= 2U);
    BOOST_TEST(f.database.rows.rbegin()->second.given > 0);
    BOOST_TEST(f.allowed() <= f.given());
}

// Each of many waits for an answer that was lost.
BOOST_AUTO_TEST_CASE(a_repeated_request_is_told_the_present_time) {
    fleet f(1);
    f.limit(100, seconds(2));
    while (f.us() % 2'000'000 != 0)
        f.t += 1'000'000;
    f.run({100}, 100);
    f.database_is_away = true;
    f.run({10}, 1500);
    f.database_is_away = false;
    f.loses_next = true;
    f.run({10}, 100);
    f.database_is_away = true;
    f.run({10}, 5000);
    f.database_is_away = false;
    f.run({10}, 200);
    // A window of then must not be taken for the present one.
    BOOST_TEST(f.allowed() <= f.given());
    f.run({100}, 3000);
    for (const auto& [name, row] : f.database.rows)
        BOOST_TEST(row.given <= 100);
    BOOST_TEST(f.allowed() <= f.given());
}

BOOST_AUTO_TEST_CASE(a_share_that_was_taken_unasked_is_not_taken_twice) {
    fleet f(1, when_unsure::local_share);
    f.limit(100, seconds(3600));
    f.run({100}, 50);
    f.database_is_away = true;
    f.run({200}, 3000);
    BOOST_TEST(f.allowed() <= 100);
    f.run({0}, 60'000);
    f.run({200}, 3000);
    BOOST_TEST(f.allowed() <= 100);
}

// A standby that was behind is promoted: what it has not heard is told once more.
BOOST_AUTO_TEST_CASE(what_was_spent_of_an_account_is_told_to_a_database_that_has_lost_it) {
    node n(0, {when_unsure::closed, milliseconds(150)});
    n.terms = lease_terms::of_account;
    const auto at = [](int ms) { return moment{boot_time(milliseconds(ms)), real_time()}; };
    const auto answer = [&](int ms, std::int64_t granted, std::int64_t rest) {
        n.keeper.answered({us_of_start, 1, "one", {{0, granted, rest}}}, at(ms));
        n.box.receive();
    };
    const auto spend = [&](int times, int ms) {
        for (int i = 0; i < times; ++i)
            BOOST_TEST((n.take(1, at(ms).boot).what == lease_decision::standing::allowed));
    };
    n.keeper.tick(at(1));
    question first;
    n.ask(first, 100, at(1).boot);
    const auto* asked = n.keeper.next(at(2));
    BOOST_REQUIRE(asked);
    BOOST_TEST(asked->after == -1);
    BOOST_TEST(asked->lines.at(0).needed == 100);
    answer(3, 100, 900);
    spend(10, 4);
    n.keeper.tick(at(1100));
    asked = n.keeper.next(at(1100));
    BOOST_REQUIRE(asked);
    BOOST_TEST(asked->after == 1);
    BOOST_TEST(asked->lines.at(0).spent == 10);
    const auto returned = asked->lines.at(0).returned;
    answer(1101, 0, 900);
    spend(1, 1102);
    n.keeper.tick(at(2200));
    asked = n.keeper.next(at(2200));
    BOOST_REQUIRE(asked);
    BOOST_TEST(asked->lines.at(0).spent == 1);
    const auto later = asked->lines.at(0).returned;
    n.keeper.answered({us_of_start, 1, "two", {}, 1}, at(2201));
    asked = n.keeper.next(at(2202));
    BOOST_REQUIRE(asked);
    BOOST_TEST(asked->seq == 4U);
    BOOST_TEST(asked->after == 1);
    BOOST_TEST(asked->lines.at(0).spent == 11);
    BOOST_TEST(asked->lines.at(0).returned == returned + later);
    answer(2203, 0, 900);
    n.keeper.tick(at(3300));
    asked = n.keeper.next(at(3300));
    BOOST_TEST((!asked || asked->lines.at(0).spent == 0));
}

// One bad line does not hold up the others.
BOOST_AUTO_TEST_CASE(a_line_that_is_refused_is_asked_for_alone) {
    node n(0, {when_unsure::closed, milliseconds(150)});
    const auto at = [](int ms) { return moment{boot_time(milliseconds(ms)), real_time()}; };
    n.keeper.tick(at(1));
    question first;
    n.ask(first, 1, at(1).boot);
    n.key = {3, 4};
    n.terms.name = {'b'};
    question second;
    n.ask(second, 1, at(1).boot);
    BOOST_TEST(n.keeper.next(at(2))->lines.size() == 2U);
    n.keeper.refused(at(3));
    int good = 0;
    for (int i = 0; i < 2; ++i) {
        const auto* asked = n.keeper.next(at(4));
        BOOST_REQUIRE(asked);
        BOOST_TEST(asked->lines.size() == 1U);
        if (asked->lines[0].terms.name[0] == 'a') {
            n.keeper.refused(at(5));
        } else {
            n.keeper.answered({us_of_start, 1, "one", {{us_of_start / 1'000'000, 5, 900}}}, at(5));
            ++good;
        }
    }
    n.box.receive();
    BOOST_TEST(good == 1);
    BOOST_TEST(first.is_decided);
    BOOST_TEST(second.is_decided);
    BOOST_TEST((n.take(1, at(6).boot).what == lease_decision::standing::allowed));
    n.key = {1, 2};
    BOOST_TEST((n.take(1, at(6).boot).what == lease_decision::standing::unsure));
}

// What was leased for those who wait is not given back before they have had their turn.
BOOST_AUTO_TEST_CASE(who_was_woken_finds_what_was_leased) {
    node n(0, {when_unsure::closed, milliseconds(150)});
    n.terms.window = seconds(60);
    const auto at = [](int ms) { return moment{boot_time(milliseconds(ms)), real_time()}; };
    n.keeper.tick(at(1));
    question large;
    n.ask(large, 50, at(1).boot);
    BOOST_TEST(n.keeper.next(at(2))->lines.at(0).asked >= 50);
    n.keeper.tick(at(50));
    n.keeper.answered({us_of_start, 1, "one", {{us_of_start / 60'000'000, 55, 900}}}, at(51));
    const auto* asked = n.keeper.next(at(51));
    BOOST_TEST((!asked || asked->lines.at(0).returned == 0));
    n.box.receive();
    BOOST_TEST(large.is_decided);
    BOOST_TEST((n.take(50, at(52).boot).what == lease_decision::standing::allowed));
}

BOOST_AUTO_TEST_CASE(what_was_used_long_ago_gives_its_room) {
    node n(0, {when_unsure::closed, milliseconds(150)}, 1);
    const auto at = [](int ms) { return moment{boot_time(milliseconds(ms)), real_time()}; };
    n.keeper.tick(at(1));
    question first;
    n.ask(first, 1, at(1).boot);
    BOOST_TEST(n.keeper.next(at(2)));
    n.keeper.answered({us_of_start, 1, "one", {{us_of_start / 1'000'000, 1, 999}}}, at(3));
    n.box.receive();
    BOOST_TEST(first.is_decided);
    n.key = {3, 4};
    question second;
    n.ask(second, 1, at(500).boot);
    n.box.receive();
    BOOST_TEST(second.refused);
    n.ask(second, 1, at(1500).boot);
    n.box.receive();
    BOOST_TEST(!second.refused);
    BOOST_TEST(!second.is_decided);
    BOOST_TEST(!n.keeper.find({1, 2}));
    n.keeper.tick(at(1550));
    const auto* asked = n.keeper.next(at(1550));
    BOOST_REQUIRE(asked);
    BOOST_TEST(asked->lines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(past_the_bound_there_is_no_bucket) {
    node n(0, {when_unsure::closed, milliseconds(150)}, 1);
    question first;
    n.ask(first);
    n.key = {3, 4};
    question second;
    n.ask(second);
    n.box.receive();
    BOOST_TEST(second.is_decided);
    BOOST_TEST(second.refused);
    BOOST_TEST(!first.is_decided);
}

BOOST_AUTO_TEST_CASE(a_cost_above_the_limit_is_never_allowed) {
    fleet f(1);
    f.run({10}, 1000);
    BOOST_TEST((f.nodes[0]->take(1001, f.at().boot).what == lease_decision::standing::spent));
    BOOST_TEST((f.nodes[0]->take(0, f.at().boot).what == lease_decision::standing::allowed));
}

BOOST_AUTO_TEST_SUITE_END()
