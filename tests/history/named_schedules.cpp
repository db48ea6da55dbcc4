#include "named_schedules.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey::history {

namespace {

using namespace std::chrono_literals;
using enum action;

schedule at_address(const char* name, std::vector<step> steps) {
    schedule s;
    s.name = name;
    s.steps = std::move(steps);
    return s;
}
schedule at_hosts(const char* name, std::vector<step> steps) {
    auto s = at_address(name, std::move(steps));
    s.reach = way::hosts;
    return s;
}

// News by the poll alone would take as long as the interval; a notification takes milliseconds. The
// quiet bound is between the two, far from either.
schedule listening(schedule s) {
    s.max_staleness = 30s;
    s.feed_interval = 12s;
    s.quiet_bound = 4s;
    s.tail = 9s;
    return s;
}

schedule counted_apart(schedule s) {
    s.apart = true;
    return s;
}

// Each of these events of the database broke the promise once.
std::vector<schedule> fates() {
    return {
        // A hangs, B is promoted and gets the address, A wakes up and nobody has fenced it.
        at_address("failover_unfenced", {{1000ms, stop_primary},
                                         {1200ms, promote},
                                         {1400ms, move_address},
                                         {4500ms, continue_primary}}),
        // While A restarts, there is only a standby, which is behind.
        at_hosts("two_hosts_restart",
                 {{1000ms, pause_replay}, {2000ms, kill_primary}, {5000ms, start_primary}}),
        at_address("file_backup_rolled_back", {{1000ms, back_up}, {3000ms, roll_back}}),
        at_address("dump_restored_lower", {{1000ms, dump}, {2500ms, restore}}),
        at_address("dump_restored_higher", {{1000ms, dump}, {2500ms, restore_raised}}),
        // The address moves to a server that is promoted only later.
        listening(at_address("address_before_promotion", {{1000ms, kill_primary},
                                                          {1200ms, move_address_early},
                                                          {4000ms, promote},
                                                          {4100ms, move_address}})),
        at_address("pruned_dump_restored",
                   {{500ms, add_revocations, -1, 20000}, {1500ms, dump}, {3000ms, restore}}),
        at_address("read_only", {{1000ms, make_read_only}, {9000ms, make_writable}}),
        at_address("crash_onto_read_only",
                   {{1000ms, kill_primary}, {1500ms, start_read_only}, {10000ms, make_writable}}),
    };
}

schedule loses_obeyed(schedule s) {
    s.loses_obeyed = true;
    return s;
}
schedule long_only(schedule s) {
    s.is_long_only = true;
    return s;
}

// A fail-over that loses what was written in the two seconds before, and what happens then.
schedule lossy(const char* name, std::vector<step> then, bool is_killed = true) {
    std::vector<step> steps{{1000ms, sever_replica}, {3200ms, promote}, {3400ms, move_address}};
    if (is_killed) steps.push_back({3000ms, kill_primary});
    std::ranges::move(then, std::back_inserter(steps));
    std::ranges::stable_sort(steps, {}, &step::at);
    return loses_obeyed(at_address(name, std::move(steps)));
}

// What all nodes had obeyed holds, though the database has lost it.
std::vector<schedule> losses() {
    return {
        lossy("obeyed_and_lost", {}),
        long_only(loses_obeyed(at_hosts("obeyed_and_lost_two_hosts", {{1000ms, sever_replica},
                                                                      {3000ms, kill_primary},
                                                                      {3200ms, promote},
                                                                      {3200ms, move_address}}))),
        long_only(lossy("obeyed_and_lost_both_alive", {{3400ms, break_links}}, false)),
        long_only(loses_obeyed(
            at_hosts("obeyed_and_lost_both_alive_two_hosts",
                     {{1000ms, sever_replica}, {3000ms, promote}, {3200ms, move_address}}))),
        lossy("obeyed_lost_and_restored", {{7000ms, lift_holds}}),
        // It remembers what operators have restored meanwhile.
        long_only(
            lossy("late_node",
                  {{2900ms, pause_node, 1}, {6500ms, lift_holds}, {9000ms, continue_node, 1}})),
        long_only(lossy("new_node", {{3050ms, kill_node, 1}})),
        long_only(lossy("new_node_later", {{3500ms, end_node, 0}})),
        // The new one knows nothing, and the one that does comes back only now.
        long_only(
            lossy("new_node_waits_for_a_late_one",
                  {{2900ms, pause_node, 0}, {3050ms, kill_node, 1}, {4900ms, continue_node, 0}})),
        long_only(at_address("nobody_remembers", {{1000ms, sever_replica},
                                                  {3000ms, kill_primary},
                                                  {3000ms, kill_node, 0},
                                                  {3000ms, kill_node, 1},
                                                  {3200ms, promote},
                                                  {3400ms, move_address}})),
        long_only(lossy("accepted_at_once", {{3250ms, accept_database}})),
        lossy("accepted_later", {{7000ms, accept_database}}),
        long_only(
            loses_obeyed(at_address("copy_put_back", {{1000ms, back_up}, {4500ms, roll_back}}))),
        long_only(loses_obeyed(
            at_address("copy_accepted_at_once",
                       {{1000ms, back_up}, {4500ms, roll_back}, {4501ms, accept_database}}))),
        long_only(loses_obeyed(
            at_address("copy_accepted_later",
                       {{1000ms, back_up}, {4500ms, roll_back}, {8500ms, accept_database}}))),
        long_only(loses_obeyed(at_address(
            "copy_restored_from", {{1000ms, back_up}, {4500ms, roll_back}, {9000ms, lift_holds}}))),
        loses_obeyed(at_address("dump_put_back", {{1000ms, dump}, {4000ms, restore}})),
        long_only(loses_obeyed(
            at_address("dump_put_back_higher", {{1000ms, dump}, {4000ms, restore_raised}}))),
        long_only(loses_obeyed(
            at_address("dump_accepted_at_once",
                       {{1000ms, dump}, {4000ms, restore}, {4001ms, accept_database}}))),
        long_only(loses_obeyed(
            at_address("dump_accepted_later",
                       {{1000ms, dump}, {4000ms, restore}, {8000ms, accept_database}}))),
        long_only(lossy("lost_twice", {{6500ms, rebuild_standby},
                                       {9000ms, sever_replica},
                                       {11000ms, kill_primary},
                                       {11200ms, promote},
                                       {11400ms, move_address}})),
        long_only(lossy("lost_twice_and_accepted_between", {{6000ms, accept_database},
                                                            {6500ms, rebuild_standby},
                                                            {9000ms, sever_replica},
                                                            {11000ms, kill_primary},
                                                            {11200ms, promote},
                                                            {11400ms, move_address}})),
        long_only(lossy("lost_twice_and_lifted_between", {{6000ms, lift_holds},
                                                          {6500ms, rebuild_standby},
                                                          {9000ms, sever_replica},
                                                          {11000ms, kill_primary},
                                                          {11200ms, promote},
                                                          {11400ms, move_address}})),
    };
}

// Each fault alone.
std::vector<schedule> faults() {
    return {
        at_address("no_fault", {}),
        at_address("killed", {{1000ms, kill_primary}, {2500ms, start_primary}}),
        at_address("stopped", {{1000ms, stop_primary}, {4500ms, continue_primary}}),
        at_address("lost_commits", {{1000ms, sever_replica},
                                    {1800ms, kill_primary},
                                    {2000ms, promote},
                                    {2200ms, move_address}}),
        at_hosts("lost_commits_two_hosts", {{1000ms, sever_replica},
                                            {1800ms, kill_primary},
                                            {2000ms, promote},
                                            {2000ms, move_address}}),
        at_address("both_alive", {{1000ms, sever_replica},
                                  {1500ms, promote},
                                  {1700ms, move_address},
                                  {1700ms, break_links}}),
        at_hosts("both_alive_two_hosts",
                 {{1000ms, sever_replica}, {1500ms, promote}, {1700ms, move_address}}),
        counted_apart(
            at_address("both_alive_one_reached",
                       {{1000ms, sever_replica}, {1500ms, promote}, {1700ms, move_address}})),
        at_address("black_hole", {{1000ms, stall_link, 0}, {4500ms, pass_link, 0}}),
        at_address("full_disk", {{1000ms, fill_disk}, {3000ms, free_disk}}),
        at_address("clock_ahead", {{1000ms, shift_clock, 0, 7200}, {3500ms, set_clock_right, 0}}),
        at_address("clock_behind", {{1000ms, shift_clock, 0, -7200}, {3500ms, set_clock_right, 0}}),
        at_address("clock_behind_and_paused", {{1000ms, shift_clock, 0, -7200},
                                               {1500ms, pause_node, 0},
                                               {4500ms, continue_node, 0},
                                               {6000ms, set_clock_right, 0}}),
        at_address("terminated", {{1000ms, terminate_backends}, {1300ms, terminate_backends}}),
        at_address("paused_node", {{1000ms, pause_node, 0}, {4000ms, continue_node, 0}}),
        at_address("restarted_nodes", {{1000ms, end_node, 0}, {2000ms, kill_node, 1}}),
        at_address("migrated_again", {{1000ms, migrate_again}, {2000ms, migrate_again}}),
    };
}

} // namespace

const std::vector<schedule>& named_schedules() {
    static const auto all = [] {
        auto out = fates();
        for (auto more : {losses(), faults()})
            std::ranges::move(more, std::back_inserter(out));
        return out;
    }();
    return all;
}

std::optional<schedule> schedule_named(std::string_view name) {
    const auto found = std::ranges::find(named_schedules(), name, &schedule::name);
    return found == named_schedules().end() ? std::nullopt : std::optional(*found);
}

} // namespace latchkey::history
