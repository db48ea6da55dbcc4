#include "server/cli/request_writer.hpp"

#include "server/settings/units.hpp"

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
    body_ += '[';
    for (const auto& item : *items) {
        if (body_.back() != '[') body_ += ',';
        core::append_json_string(body_, item);
    }
    body_ += ']';
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
    member(name);
    body_ += R"({"quantity":)" + std::to_string(*quantity);
    body_ += R"(,"window":)" + std::to_string(window->count() / 1000);
    if (burst) {
        const auto number = parse_count(*burst);
        if (!number)
            return complain("--" + std::string(burst_option) + ' ' + number.error().message);
        body_ += R"(,"burst":)" + std::to_string(*number);
    }
    body_ += '}';
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
