#include "server/cli/capacity_costs.hpp"
#include "server/cli/capacity_plan.hpp"
#include "server/cli/commands.hpp"

#include <latchkey/core/text/json_object.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "rps", .value_name = "N", .help = "requests a second at the peak", .required = true},
    {"hit-rate", "PART", "which part of them the caches answer, from 0 to 1; without it, 0.9"},
    {"keys", "N", "different credentials that are asked for; without it, a million"},
    {"connections", "N", "connections that clients keep open; without it, 1000"},
    {"node-cores", "N", "cores of each node; without it, 8"},
    json_option};

struct bounds {
    double low, high;
    bool is_whole = false;
};

// The bounds of cache.max_bytes and server.connections_max.
constexpr double cache_bytes_max = 1024.0 * 1024 * 1024 * 1024;
constexpr double connections_max = 1e6;

// False, and a sentence, if the option's value is no number within the bounds.
bool read_number(const command_line& line, command_context& context, std::string_view name,
                 bounds allowed, double& into) {
    const auto given = line.get(name);
    if (!given) return true;
    double value = 0;
    const auto* end = given->data() + given->size();
    const auto read = std::from_chars(given->data(), end, value);
    const bool is_within = value >= allowed.low && value <= allowed.high &&
                           (!allowed.is_whole || value == std::floor(value));
    if (read.ec == std::errc() && read.ptr == end && is_within) {
        into = value;
        return true;
    }
    char text[96];
    std::snprintf(text, sizeof text, " must be a %snumber from %g to %.0f\n",
                  allowed.is_whole ? "whole " : "", allowed.low, allowed.high);
    context.err << "latchkey: --" << name << text;
    return false;
}

std::string number(double value, int digits = 0) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string bytes(double value) {
    constexpr double mib = 1024.0 * 1024.0;
    return value < 1024 * mib ? number(std::ceil(value / mib)) + " MiB"
                              : number(value / mib / 1024, 1) + " GiB";
}

std::uint64_t whole(double value) {
    return static_cast<std::uint64_t>(std::ceil(value));
}

// Why no configuration can be what the plan wants; empty if one can.
std::string why_impossible(const capacity_plan& plan) {
    if (plan.cache_bytes > cache_bytes_max)
        return "so many --keys need a cache.max_bytes of " + bytes(plan.cache_bytes) +
               ", and it can be " + bytes(cache_bytes_max) + " at most";
    if (plan.connections_of_each > connections_max)
        return "each node would have " + number(plan.connections_of_each) +
               " --connections, and server.connections_max can be " + number(connections_max) +
               " at most: give a smaller --node-cores";
    return "";
}

constexpr const char* too_much =
    "That is too much for one primary: raise the hit rate (cache.ttl, cache.max_bytes), or\n"
    "let callers present tokens, which need no look-up.\n";

void print_json(const capacity_question& q, const capacity_plan& plan, std::ostream& out) {
    const auto decimal = [](double value) { return core::compact_json(number(value, 2)); };
    out << core::json_object({{"requests_per_second", decimal(q.requests)},
                              {"hit_rate", core::compact_json(number(q.hit_rate, 4))},
                              {"keys", whole(q.keys)},
                              {"nodes", plan.nodes},
                              {"cores_per_node", whole(plan.cores_of_each)},
                              {"busy_cores", decimal(plan.worker_cores)},
                              {"memory_bytes_per_node", whole(plan.memory_of_each)},
                              {"cache_max_bytes", whole(plan.cache_bytes)},
                              {"client_connections_per_node", whole(plan.connections_of_each)},
                              {"lookups_per_second", decimal(plan.lookups)},
                              {"database_cores", decimal(plan.database_cores)},
                              {"database_connections_per_node", plan.database_connections_of_each},
                              {"database_connections", plan.database_connections},
                              {"one_database_is_enough", plan.one_database_is_enough},
                              {"measured_on", capacity_costs::measured_on},
                              {"measured_at", capacity_costs::measured_at}})
               .text
        << '\n';
}

void print_text(const capacity_question& q, const capacity_plan& plan, std::ostream& out) {
    const auto row = [&](std::string_view name, const std::string& value, std::string_view why) {
        out << name << std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') << value
            << std::string(value.size() < 12 ? 12 - value.size() : 1, ' ') << why << '\n';
    };
    row("nodes", std::to_string(plan.nodes), "one of them may be away");
    row("cores of each", number(plan.cores_of_each),
        number(plan.worker_cores, 2) + " busy over all; " + number(busy_part * 100) +
            " % busy at the peak");
    row("memory of each", bytes(plan.memory_of_each), "all keys cached, and the connections");
    row("cache.max_bytes", bytes(plan.cache_bytes), number(q.keys) + " keys, and a quarter more");
    row("clients of each", number(plan.connections_of_each), "connections, while one node is away");
    row("look-ups", number(plan.lookups) + "/s", "what the caches do not answer");
    row("database: cores", number(plan.database_cores, 1), "for these look-ups alone");
    row("database.connections", std::to_string(plan.database_connections_of_each), "on each node");
    row("max_connections", std::to_string(plan.database_connections),
        "of PostgreSQL, beside what others use");
    if (!plan.one_database_is_enough) out << '\n' << too_much;
    out << "\nCosts measured on " << capacity_costs::measured_on << ", at "
        << capacity_costs::measured_at
        << ".\nYour machines differ: measure one node before you buy.\n";
}

int run(const command_line& line, command_context& context) {
    capacity_question q;
    q.keys = 1e6;
    if (!read_number(line, context, "rps", {1, 1e8}, q.requests) ||
        !read_number(line, context, "hit-rate", {0, 1}, q.hit_rate) ||
        !read_number(line, context, "keys", {1, 1e10}, q.keys) ||
        !read_number(line, context, "connections", {1, 1e8}, q.connections) ||
        !read_number(line, context, "node-cores", {1, 1024, true}, q.cores_of_node))
        return exit_code::usage;
    const auto plan = plan_capacity(q);
    if (const auto why = why_impossible(plan); !why.empty()) {
        context.err << "latchkey: " << why << '\n';
        return exit_code::usage;
    }
    if (!line.has("json")) {
        print_text(q, plan, context.out);
        return exit_code::ok;
    }
    print_json(q, plan, context.out);
    if (!plan.one_database_is_enough) context.err << too_much;
    return exit_code::ok;
}

} // namespace

const command capacity_command = {
    "capacity", "Tells the cores, memory and connections that a load needs",  options, run,
    {},         "latchkey capacity --rps 50000 --hit-rate 0.9 --keys 2000000"};

} // namespace latchkey::server
