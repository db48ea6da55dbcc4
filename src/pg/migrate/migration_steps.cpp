#include "pg/migrate/migration_steps.hpp"

#include <algorithm>
#include <regex>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

constexpr std::string_view step_mark = "-- step: ";
constexpr std::string_view unless_mark = "-- unless: ";
constexpr std::string_view of_mark = "-- of: ";
constexpr std::string_view goes_on = "--   ";
constexpr std::string_view outside = ", outside a transaction";
constexpr std::string_view in_batches = ", in batches";

bool is_blank(std::string_view line) {
    return std::ranges::all_of(line, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

bool is_comment(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    return begin != std::string_view::npos && line.substr(begin).starts_with("--");
}

migration_step begun_by(std::string_view marker) {
    migration_step step;
    auto name = marker.substr(step_mark.size());
    const auto take = [&](std::string_view suffix, step_kind kind) {
        if (!name.ends_with(suffix)) return;
        name.remove_suffix(suffix.size());
        step.kind = kind;
    };
    take(outside, step_kind::index);
    take(in_batches, step_kind::batches);
    step.name = name;
    return step;
}

// Reads line by line.
struct reader {
    std::vector<migration_step> steps;
    std::string* condition = nullptr; ///< of the current step; the next line may continue it
    bool below_marker = false;        ///< only conditions so far
    bool has_sql_before = false;

    void read(std::string_view line) {
        if (line.starts_with(step_mark)) {
            steps.push_back(begun_by(line));
            below_marker = true;
            condition = nullptr;
        } else if (steps.empty()) {
            has_sql_before = has_sql_before || !(is_blank(line) || is_comment(line));
        } else if (!below_marker || !belongs_to_condition(line)) {
            below_marker = false;
            steps.back().sql += line;
            steps.back().sql += '\n';
        }
    }
    bool belongs_to_condition(std::string_view line) {
        if (condition && line.starts_with(goes_on)) {
            *condition += ' ';
            *condition += line.substr(goes_on.size());
            return true;
        }
        return begins_condition(line, unless_mark, steps.back().unless) ||
               begins_condition(line, of_mark, steps.back().of);
    }
    bool begins_condition(std::string_view line, std::string_view mark, std::string& where) {
        if (!line.starts_with(mark)) return false;
        condition = &where;
        where = line.substr(mark.size());
        return true;
    }
};

std::string without_comments(const std::string& sql) {
    std::string out;
    for (std::size_t at = 0; at < sql.size();) {
        const auto end = std::min(sql.find('\n', at), sql.size());
        const auto line = std::string_view(sql).substr(at, end - at);
        if (!is_comment(line)) out.append(line) += ' ';
        at = end + 1;
    }
    return out;
}

} // namespace

core::result<std::vector<migration_step>> steps_of(const migration& m) {
    reader r;
    for (auto rest = m.sql; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        r.read(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (r.steps.empty()) return std::vector{migration_step{.sql = std::string(m.sql)}};
    const auto wrong = [&](const std::string& what) {
        return failure{failure_kind::internal, "migration " + std::string(m.name) + ": " + what};
    };
    if (r.has_sql_before) return wrong("there are statements before the first step");
    for (const auto& step : r.steps)
        if (step.kind == step_kind::index && !index_definition_of(step.sql))
            return wrong("step \"" + step.name + "\" is no CREATE INDEX CONCURRENTLY");
    return r.steps;
}

std::optional<index_definition> index_definition_of(const std::string& sql) {
    static const std::regex form(
        R"(\s*create (unique )?index concurrently (\w+)\s+on (\w+)\.(\w+)\s+([^;]*[^;\s])\s*;\s*)");
    const auto statement = without_comments(sql);
    std::smatch found;
    if (!std::regex_match(statement, found, form)) return std::nullopt;
    return index_definition{found[2], found[3], found[4], found[5], found[1].matched};
}

} // namespace latchkey::pg
