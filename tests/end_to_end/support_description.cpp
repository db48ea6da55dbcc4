#include "support_description.hpp"

#include "support_exchange.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace latchkey::test {

namespace {

std::mutex mutex;
std::vector<std::string> found; // not yet told
const auto tests_thread = std::this_thread::get_id();

// Every connection of this program is watched.
const bool watches = [] {
    connection_watches() = []() -> std::unique_ptr<connection_watch> {
        return std::make_unique<described_exchanges>();
    };
    return true;
}();

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() < 10 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Printable, and nothing that a reader could take for another line.
bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c != 0x7f; });
}

// Takes method and target from the first line. Returns false if it is anything but the usual form.
bool read_line(sent_request& out) {
    const std::string_view line = std::string_view(out.head).substr(0, out.head.find("\r\n"));
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || first == last) return false;
    out.method = line.substr(0, first);
    out.target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
    return is_token(out.method) && is_plain(out.target) && !out.target.empty() &&
           out.target.find(' ') == std::string::npos;
}

// Returns nullopt if the fields are not all of the usual form, or do not say it by Content-Length.
std::optional<std::size_t> body_length(std::string_view head) {
    std::optional<std::size_t> length;
    for (auto rest = head.substr(head.find("\r\n") + 2); !rest.empty();) {
        const auto field = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(field.size() + 2);
        const auto colon = field.find(':');
        if (colon == field.npos || !is_token(field.substr(0, colon)) || !is_plain(field))
            return std::nullopt;
        const auto name = lower(field.substr(0, colon));
        if (name == "transfer-encoding" || name == "upgrade" || name == "expect")
            return std::nullopt;
        if (name != "content-length") continue;
        const auto value = trimmed(field.substr(colon + 1));
        if (length || !is_number(value)) return std::nullopt;
        length = std::stoul(std::string(value));
    }
    return length.value_or(0);
}

} // namespace

bool sent_requests::add(std::string_view bytes) {
    rest_ += bytes;
    while (!rest_.empty()) {
        const auto before = rest_.size();
        if (!take_one()) return false;
        if (rest_.size() == before) return true; // more has to come
    }
    return true;
}

sent_request sent_requests::take() {
    auto out = std::move(whole_.front());
    whole_.pop_front();
    return out;
}

// Returns false if this is no request beyond doubt. Leaves a part of one as it is.
bool sent_requests::take_one() {
    // A part that is no beginning of a request is not one whose end is to be waited for.
    if (!is_token(std::string_view(rest_).substr(0, rest_.find(' ')))) return false;
    const auto end = rest_.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    sent_request one;
    one.head = rest_.substr(0, end + 2);
    const auto length = read_line(one) ? body_length(one.head) : std::nullopt;
    if (!length) return false;
    if (rest_.size() - (end + 4) < *length) return true;
    one.body = rest_.substr(end + 4, *length);
    rest_.erase(0, end + 4 + *length);
    whole_.push_back(std::move(one));
    return true;
}

void described_exchanges::sent(std::string_view bytes) {
    if (!given_up_ && !requests_.add(bytes)) given_up_ = true;
}

void described_exchanges::received(int status, std::string_view head, std::string_view body) {
    if (given_up_) return;
    if (requests_.empty()) { // it was answered before it was complete, or without being asked
        given_up_ = true;
        return;
    }
    const auto asked = requests_.take();
    const auto why = undescribed(asked, status, head, body);
    if (value_of(head, "connection") == "close") given_up_ = true;
    if (!why.empty()) {
        const std::lock_guard lock(mutex);
        found.push_back(asked.method + ' ' + asked.target.substr(0, 200) + " answers " +
                        std::to_string(status) + ": " + why);
    }
    tell_undescribed();
}

void tell_undescribed() {
    if (std::this_thread::get_id() != tests_thread) return;
    std::vector<std::string> all;
    {
        const std::lock_guard lock(mutex);
        all.swap(found);
    }
    for (const auto& one : all)
        BOOST_ERROR("not as schema/openapi.json says: " + one);
}

} // namespace latchkey::test
