#include <latchkey/http/service.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace latchkey::http {

namespace {

// The two hexadecimal digits of each byte.
constexpr auto byte_texts = [] {
    std::array<std::array<char, 2>, 256> texts{};
    for (std::size_t i = 0; i < texts.size(); ++i)
        texts[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
    return texts;
}();

void write_hexadecimal(char* out, std::uint64_t n) noexcept {
    for (int i = 14; i >= 0; i -= 2, n >>= 8)
        std::memcpy(out + i, byte_texts[n & 255].data(), 2);
}

} // namespace

request_ids::request_ids(std::uint64_t random) {
    write_hexadecimal(random_.data(), random);
}

void request_ids::next(std::span<char, 32> out) noexcept {
    std::memcpy(out.data(), random_.data(), random_.size());
    write_hexadecimal(out.data() + random_.size(), ++count_);
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
    requests.next_second();
    terms.date = date_line(second);
}

void service::configure(const configuration& limits) {
    settings = limits;
    trust = std::make_shared<const http::trust>(trust_of(limits));
}

void service::drain(core::milliseconds grace) {
    terms.draining = true;
    drain_grace_ = grace;
    grace_ends_ = wheel.now() + grace;
    const auto end = grace_ends_;
    wheel.reschedule([end](net::deadline_entry& entry) { entry.draining(end); });
}

} // namespace latchkey::http
