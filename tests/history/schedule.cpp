#include "schedule.hpp"
#include "random.hpp"

#include <algorithm>
#include <cstdio>

namespace latchkey::history {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds lead_in{1000}; // without faults
constexpr std::uint64_t fates_of_the_database = 16;
constexpr std::uint64_t fates_of_a_node = 8;
// How long a feed takes to give up on a primary that hangs: interval, time-out, and a slow machine.
constexpr milliseconds until_given_up{3000};

class maker {
  public:
    maker(schedule& into, random_numbers& random) : s_(into), random_(random) {}

    void add(milliseconds at, action what, int node = -1, int amount = 0) {
        s_.steps.push_back({at, what, node, amount});
    }
    milliseconds between(int low, int high) { return milliseconds(random_.between(low, high)); }

    void killed(milliseconds t) {
        add(t, action::kill_primary);
        add(t + between(100, 2500), action::start_primary);
    }
    void stopped(milliseconds t) {
        add(t, action::stop_primary);
        add(t + between(100, 3000), action::continue_primary);
    }
    /// Of what is written in `losing` after `t`, nothing is left.
    milliseconds failed_over(milliseconds t, milliseconds losing) {
        add(t, action::sever_replica);
        const auto gone = t + losing;
        const int manner = random_.between(0, 2); // killed, hanging, alive
        if (manner == 0) add(gone, action::kill_primary);
        if (manner == 1) add(gone, action::stop_primary);
        const auto promoted = gone + between(0, 600);
        add(promoted, action::promote);
        const auto moved = promoted + between(0, 300);
        add(moved, action::move_address);
        // A node whose connection to the old primary lives cannot know of the new one.
        if (manner == 2 && s_.reach == way::address) add(moved, action::break_links);
        if (manner == 1) add(gone + until_given_up, action::continue_primary);
        return moved;
    }
    void failed_over_and_lifted(milliseconds t) {
        add(failed_over(t, between(500, 2000)) + between(2000, 4000), action::lift_holds);
    }
    void failed_over_and_accepted(milliseconds t) {
        add(failed_over(t, between(500, 2000)) + between(0, 3000), action::accept_database);
    }
    void failed_over_twice(milliseconds t) {
        s_.reach = way::address;
        const auto rebuilt = failed_over(t, between(500, 1500)) + between(2000, 4000);
        add(rebuilt, action::rebuild_standby);
        const auto again = rebuilt + between(3000, 4000);
        add(again, action::sever_replica);
        const auto gone = again + between(500, 1500);
        add(gone, action::kill_primary);
        add(gone + between(0, 300), action::promote);
        add(gone + between(300, 600), action::move_address);
    }
    void copied(milliseconds t, action restored) {
        s_.reach = way::address;
        add(t, action::dump);
        const auto put_back = t + between(1000, 2500);
        add(put_back, restored);
        if (random_.one_in(3)) add(put_back + between(0, 2000), action::accept_database);
    }
    void rolled_back_and_accepted(milliseconds t) {
        rolled_back(t);
        add(s_.steps.back().at + between(0, 3000), action::accept_database);
    }
    void disk_full(milliseconds t) {
        add(t, action::fill_disk);
        add(t + between(300, 2000), action::free_disk);
    }
    void read_only(milliseconds t) {
        add(t, action::make_read_only);
        add(t + between(500, 2500), action::make_writable);
    }
    void rolled_back(milliseconds t) {
        add(t, action::back_up);
        add(t + between(600, 2500), action::roll_back);
    }
    void black_hole(milliseconds t, int node) {
        add(t, action::stall_link, node);
        add(t + between(300, 3500), action::pass_link, node);
    }
    void clock(milliseconds t, int node) {
        static const std::vector<int> shifts{-7200, -90, -2, 2, 90, 7200};
        add(t, action::shift_clock, node, random_.one_of(shifts));
        add(t + between(500, 2500), action::set_clock_right, node);
    }
    void paused(milliseconds t, int node, milliseconds duration) {
        add(t, action::pause_node, node);
        add(t + duration, action::continue_node, node);
    }

    /// Adds an event of the database; 0 for none.
    void of_the_database(int which, milliseconds t) {
        switch (which) {
        case 1:
            return killed(t);
        case 2:
            return stopped(t);
        case 3:
        case 4:
            failed_over(t, between(0, 800));
            return;
        case 5:
            return disk_full(t);
        case 6:
            return read_only(t);
        case 7:
            return rolled_back(t);
        case 8:
            return add(t, action::terminate_backends);
        case 9:
            return add(t, action::migrate_again);
        case 10:
            return failed_over_and_lifted(t);
        case 11:
            return failed_over_and_accepted(t);
        case 12:
            return failed_over_twice(t);
        case 13:
            return rolled_back_and_accepted(t);
        case 14:
            return copied(t, action::restore);
        case 15:
            return copied(t, action::restore_raised);
        default:
            return;
        }
    }
    /// Adds an event of a node or of its connection; 0 for none.
    void of_a_node(int which, milliseconds t, int node) {
        switch (which) {
        case 1:
            return black_hole(t, node);
        case 2:
            return add(t, action::break_links);
        case 3:
            return clock(t, node);
        case 4:
            return paused(t, node, between(300, 3000));
        case 5:
            return add(t, action::end_node, node);
        case 6:
            return add(t, action::kill_node, node);
        case 7: // until the others have judged what was lost
            return paused(t, node, between(4000, 8000));
        default:
            return;
        }
    }

  private:
    schedule& s_;
    random_numbers& random_;
};

std::string seconds(milliseconds t) {
    char out[32];
    std::snprintf(out, sizeof out, "%.3f", static_cast<double>(t.count()) / 1000);
    return out;
}

// A node that was paused has not noticed that the old primary hung: only when it has given that up,
// too, the old one may wake.
void wake_after_paused_nodes(schedule& s) {
    const auto is = [](action what) {
        return [what](const step& one) { return one.what == what; };
    };
    if (std::ranges::none_of(s.steps, is(action::promote))) return;
    const auto woken = std::ranges::find_if(s.steps, is(action::continue_node));
    const auto wakes = std::ranges::find_if(s.steps, is(action::continue_primary));
    if (woken == s.steps.end() || wakes == s.steps.end()) return;
    wakes->at = std::max(wakes->at, woken->at + until_given_up);
}

} // namespace

schedule schedule_of(std::uint64_t seed) {
    random_numbers random(seed);
    schedule s;
    s.name = "seed " + std::to_string(seed);
    s.reach = random.one_in(2) ? way::hosts : way::address;
    s.lazy = random.one_in(4);
    maker make(s, random);
    // Any 16 seeds in a row contain every event of the database, and any 128 every pair.
    const auto database = static_cast<int>(seed % fates_of_the_database);
    const auto node = static_cast<int>((seed + seed / fates_of_the_database) % fates_of_a_node);
    make.of_the_database(database, lead_in);
    const auto when = lead_in + make.between(0, 1500);
    make.of_a_node(database == 0 && node == 0 ? 1 : node, when, random.between(0, 1));
    wake_after_paused_nodes(s);
    std::ranges::stable_sort(s.steps, {}, &step::at);
    return s;
}

std::string name(action what) {
    static const char* const names[] = {"kill_primary",
                                        "start_primary",
                                        "stop_primary",
                                        "continue_primary",
                                        "sever_replica",
                                        "pause_replay",
                                        "resume_replay",
                                        "promote",
                                        "move_address",
                                        "move_address_early",
                                        "break_links",
                                        "fill_disk",
                                        "free_disk",
                                        "make_read_only",
                                        "make_writable",
                                        "start_read_only",
                                        "terminate_backends",
                                        "migrate_again",
                                        "back_up",
                                        "roll_back",
                                        "add_revocations",
                                        "dump",
                                        "restore",
                                        "restore_raised",
                                        "rebuild_standby",
                                        "accept_database",
                                        "lift_holds",
                                        "stall_link",
                                        "pass_link",
                                        "pause_node",
                                        "continue_node",
                                        "end_node",
                                        "kill_node",
                                        "shift_clock",
                                        "set_clock_right"};
    return names[static_cast<std::size_t>(what)];
}

std::string text(const schedule& s) {
    auto out = s.name + ": " + (s.reach == way::hosts ? "host=A,B" : "one address") +
               (s.lazy ? ", asynchronous commits" : "") + ", max_staleness " +
               seconds(s.max_staleness) + ", feed_interval " + seconds(s.feed_interval) +
               (s.quiet_bound.count() == 0 ? "" : ", quiet bound " + seconds(s.quiet_bound)) +
               (s.apart ? ", counted apart" : "") + "\n";
    for (const auto& one : s.steps) {
        out += "  at " + seconds(one.at) + "  " + name(one.what);
        if (one.node >= 0) out += "  node " + std::to_string(one.node);
        if (one.amount != 0) out += "  by " + std::to_string(one.amount);
        out += '\n';
    }
    return out;
}

} // namespace latchkey::history
