#include "server/cli/request_writer.hpp"

#include "server/settings/units.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/core/text/json_object.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <boost/json/parse.hpp>

namespace latchkey::server {

void request_writer::text(std::string_view option, std::string_view name) {
    if (const auto value = line_.get(option)) given(name, *value);
}

void request_writer::given(std::string_view name, std::string_view text) {
    member(name);
    core::append_json_string(body_, text);
}

void request_writer::list(std::string_view option, std::string_view name) {
    const auto value = line_.get(option);
    if (!value) return;
    const auto items = split_list(option, *value);
    if (!items) return complain(items.error().message);
    member(name);
    body_ += core::json_value(*items).text;
}

void request_writer::list_or_none(std::string_view option, std::string_view name) {
    if (line_.get(option) == "")
        word(option, name, "[]");
    else
        list(option, name);
}

bool request_writer::clears(std::string_view option, std::string_view name) {
    if (line_.get(option) != "") return false;
    word(option, name, "null");
    return true;
}

void request_writer::flag(std::string_view option, std::string_view name) {
    word(option, name, "true");
}

void request_writer::null(std::string_view option, std::string_view name) {
    word(option, name, "null");
}

void request_writer::word(std::string_view option, std::string_view name, std::string_view text) {
    if (!line_.has(option)) return;
    member(name);
    body_ += text;
}

void request_writer::given(std::string_view name, bool value) {
    member(name);
    body_ += value ? "true" : "false";
}

void request_writer::number(std::string_view name, std::int64_t value) {
    member(name);
    body_ += std::to_string(value);
}

void request_writer::count(std::string_view option, std::string_view name) {
    const auto value = line_.get(option);
    if (!value) return;
    const auto read = parse_count(*value);
    if (!read) return complain("--" + std::string(option) + ' ' + read.error().message);
    number(name, *read);
}

void request_writer::seconds(std::string_view option, std::string_view name, int least_s) {
    const auto value = line_.get(option);
    if (!value) return;
    const auto shown = "--" + std::string(option) + " \"" + *value + "\"";
    const auto time = parse_duration(*value);
    if (!time)
        return complain(shown + ' ' + time.error().message +
                        "; expected a duration such as 90d or 12h");
    if (*time < core::seconds(least_s) || time->count() % 1000 != 0)
        return complain(shown + ": expected whole seconds, at least " + std::to_string(least_s) +
                        "s");
    member(name);
    body_ += std::to_string(time->count() / 1000);
}

void request_writer::object(std::string_view option, std::string_view name) {
    const auto value = line_.get(option);
    if (!value) return;
    boost::json::error_code error;
    const auto parsed = boost::json::parse(*value, error);
    if (error || !parsed.is_object())
        return complain("--" + std::string(option) + " is no JSON object; expected for example --" +
                        std::string(option) + " '{\"team\":\"core\"}'");
    member(name);
    body_ += *value;
}

void request_writer::rate(std::string_view option, std::string_view burst_option,
                          std::string_view scope_option, std::string_view name) {
    const auto value = line_.get(option);
    const auto burst = line_.get(burst_option);
    const auto scope = line_.get(scope_option);
    if (!value && (burst || scope))
        return complain("--" + std::string(burst ? burst_option : scope_option) + " goes with --" +
                        std::string(option));
    if (!value) return;
    const auto slash = value->find('/');
    const auto quantity = parse_count(std::string_view(*value).substr(0, slash));
    const auto window = parse_duration(
        slash == std::string::npos ? "" : std::string_view(*value).substr(slash + 1));
    if (!quantity || !window || window->count() % 1000 != 0)
        return complain("--" + std::string(option) + " \"" + *value +
                        "\": expected a number and whole seconds, such as 100/1m or 5000/1h");
    constexpr const auto& fields = api::admin_requests::rate_limit;
    request_writer limit(line_);
    limit.number(fields.name("quantity"), *quantity);
    limit.number(fields.name("window"), window->count() / 1000);
    if (burst) {
        const auto count = parse_count(*burst);
        if (!count) return complain("--" + std::string(burst_option) + ' ' + count.error().message);
        limit.number(fields.name("burst"), *count);
    }
    if (scope) limit.given(fields.name("scope"), *scope);
    member(name);
    body_ += limit.body_ + '}';
}

void request_writer::refill(std::string_view option, std::string_view every_option,
                            std::string_view name) {
    if (!line_.has(option) && !line_.has(every_option)) return;
    if (!line_.has(option) || !line_.has(every_option))
        return complain("--" + std::string(option) + " and --" + std::string(every_option) +
                        " go together");
    constexpr const auto& fields = api::admin_requests::refill;
    request_writer both(line_);
    both.count(option, fields.name("amount"));
    both.seconds(every_option, fields.name("every"));
    if (!both.wrong_.empty()) return complain(both.wrong_);
    member(name);
    body_ += both.body_ + '}';
}

void request_writer::credits(std::string_view option, std::string_view name) {
    if (!line_.has(option)) {
        if (line_.has("refill") || line_.has("every"))
            complain("--refill and --every go with --" + std::string(option));
        return;
    }
    constexpr const auto& fields = api::admin_requests::given_credits;
    request_writer all(line_);
    all.count(option, fields.name("remaining"));
    all.refill("refill", "every", fields.name("refill"));
    if (!all.wrong_.empty()) return complain(all.wrong_);
    member(name);
    body_ += all.body_ + '}';
}

core::result<std::string> request_writer::finish() const {
    if (!wrong_.empty()) return core::failure{core::failure_kind::invalid, wrong_};
    return body_.empty() ? "{}" : body_ + '}';
}

void request_writer::member(std::string_view name) {
    body_ += body_.empty() ? '{' : ',';
    core::append_json_string(body_, name);
    body_ += ':';
}

void request_writer::complain(const std::string& text) {
    if (wrong_.empty()) wrong_ = text;
}

} // namespace latchkey::server
