#include <latchkey/core/text/rfc3339.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace latchkey::core {

namespace {

// Writes a number that is not negative with this many digits.
char* put_digits(char* out, std::int64_t n, std::size_t width) {
    for (auto* at = out + width; at != out; n /= 10)
        *--at = static_cast<char>('0' + n % 10);
    return out + width;
}

// Reads a text from left to right, and remembers whether all of it was as expected.
class scanner {
  public:
    explicit scanner(std::string_view text) : rest_(text) {}

    int digits(std::size_t count) {
        int n = 0;
        for (; count > 0; --count)
            n = n * 10 + digit();
        return n;
    }
    // Reads one of these characters; returns '\0' if there is another.
    char one_of(std::string_view expected) {
        if (rest_.empty() || expected.find(rest_.front()) == std::string_view::npos) return fail();
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    // Reads a dot and one to nine digits behind it; 0 if there is no dot.
    nanoseconds fraction() {
        if (!rest_.starts_with('.')) return nanoseconds(0);
        rest_.remove_prefix(1);
        std::int64_t n = 0;
        std::size_t read = 0;
        for (; read < 9 && next_is_digit(); ++read)
            n = n * 10 + digit();
        good_ = good_ && read > 0;
        for (; read < 9; ++read)
            n *= 10;
        return nanoseconds(n);
    }
    bool good() const { return good_ && rest_.empty(); }

  private:
    bool next_is_digit() const {
        return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }
    int digit() {
        if (!next_is_digit()) return fail();
        const int n = rest_.front() - '0';
        rest_.remove_prefix(1);
        return n;
    }
    char fail() {
        good_ = false;
        return '\0';
    }

    std::string_view rest_;
    bool good_ = true;
};

// The years that the clock's nanoseconds can hold.
constexpr int year_min = 1678;
constexpr int year_max = 2261;

} // namespace

void append_rfc3339(std::string& out, real_time t) {
    using namespace std::chrono;
    constexpr sys_days first = year(1) / January / 1;
    constexpr sys_days past_last = year(10000) / January / 1;
    // Clamped in microseconds, because both bounds lie outside the clock's own range.
    auto us = duration_cast<std::chrono::microseconds>(t.time_since_epoch());
    us = std::clamp(us, std::chrono::microseconds(first.time_since_epoch()),
                    std::chrono::microseconds(past_last.time_since_epoch()) -
                        std::chrono::microseconds(1));
    const auto day = floor<days>(us);
    const year_month_day date{sys_days(day)};
    const hh_mm_ss time(us - day);
    char text[sizeof R"("0000-00-00T00:00:00.000000Z")"];
    auto* at = text;
    const auto put = [&](char before, auto n, std::size_t width) {
        *at++ = before;
        at = put_digits(at, static_cast<std::int64_t>(n), width);
    };
    put('"', static_cast<int>(date.year()), 4);
    put('-', static_cast<unsigned>(date.month()), 2);
    put('-', static_cast<unsigned>(date.day()), 2);
    put('T', time.hours().count(), 2);
    put(':', time.minutes().count(), 2);
    put(':', time.seconds().count(), 2);
    if (const auto fraction = time.subseconds().count(); fraction != 0) put('.', fraction, 6);
    *at++ = 'Z';
    *at++ = '"';
    out.append(text, at);
}

std::string rfc3339_of(real_time t) {
    std::string quoted;
    append_rfc3339(quoted, t);
    return quoted.substr(1, quoted.size() - 2);
}

std::optional<real_time> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    scanner in(text);
    const int y = in.digits(4);
    in.one_of("-");
    const int m = in.digits(2);
    in.one_of("-");
    const int d = in.digits(2);
    in.one_of("Tt ");
    const int h = in.digits(2);
    in.one_of(":");
    const int min = in.digits(2);
    in.one_of(":");
    const int s = in.digits(2);
    const auto fraction = in.fraction();
    const char zone = in.one_of("Zz+-");
    minutes offset{0};
    if (zone == '+' || zone == '-') {
        offset = hours(in.digits(2));
        in.one_of(":");
        const int of_hour = in.digits(2);
        if (offset >= hours(24) || of_hour > 59) return std::nullopt;
        offset += minutes(of_hour);
        if (zone == '-') offset = -offset;
    }
    const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d))};
    if (!in.good() || !date.ok() || y < year_min || y > year_max || h > 23 || min > 59 || s > 60)
        return std::nullopt;
    const auto second = core::seconds(s == 60 ? 59 : s);
    return real_time(sys_days(date)) + hours(h) + minutes(min) - offset + second +
           duration_cast<real_time::duration>(fraction);
}

} // namespace latchkey::core
