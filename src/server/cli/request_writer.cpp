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
                          std::string_view name) {
    const auto value = line_.get(option);
    const auto burst = line_.get(burst_option);
    if (!value && burst)
        return complain("--" + std::string(burst_option) + " goes with --" + std::string(option));
    if (!value) return;
    const auto slash = value->find('/');
    const auto quantity = parse_count(std::string_view(*value).substr(0, slash));
    const auto window = parse_duration(
        slash == std::string::npos ? "" : std::string_view(*value).substr(slash + 1));
    if (!quantity || !window || window->count() % 1000 != 0)
        return complain("--" + std::string(option) + " \"" + *value +
                        "\": expected a number and whole seconds, such as 100/1m or 5000/1h");
    constexpr const auto& fields = api::admin_requests::rate_limit;
    const core::json_member many{fields.name("quantity"), *quantity};
    const core::json_member in{fields.name("window"), window->count() / 1000};
    auto limit = core::json_object({many, in});
    if (burst) {
        const auto count = parse_count(*burst);
        if (!count) return complain("--" + std::string(burst_option) + ' ' + count.error().message);
        limit = core::json_object({many, in, {fields.name("burst"), *count}});
    }
    member(name);
    body_ += limit.text;
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
