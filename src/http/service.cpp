#include <latchkey/http/service.hpp>

#include <algorithm>

namespace latchkey::http {

namespace {

void write_hexadecimal(char* out, std::uint64_t n) noexcept {
    for (int i = 15; i >= 0; --i, n >>= 4)
        out[i] = "0123456789abcdef"[n & 15];
}

} // namespace

void request_ids::next(std::span<char, 32> out) noexcept {
    write_hexadecimal(out.data(), random_);
    write_hexadecimal(out.data() + 16, ++count_);
}

bool is_request_id(std::string_view text) noexcept {
    constexpr std::string_view marks = "-._~+/=:";
    return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

void service::advance(core::steady_time steady, core::real_time real) {
    wheel.advance(steady);
    const auto second = std::chrono::duration_cast<core::seconds>(real.time_since_epoch()).count();
    if (second == date_second_) return;
    date_second_ = second;
    terms.date = date_line(second);
}

void service::drain(core::milliseconds grace) {
    terms.draining = true;
    const auto end = wheel.now() + grace;
    wheel.reschedule([end](deadline_entry& entry) { entry.draining(end); });
}

} // namespace latchkey::http
