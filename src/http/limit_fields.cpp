#include <latchkey/http/limit_fields.hpp>

#include <latchkey/core/text/text_writer.hpp>

#include <algorithm>

namespace latchkey::http {

std::uint64_t seconds_until(core::nanoseconds t) noexcept {
    return static_cast<std::uint64_t>(std::chrono::ceil<core::seconds>(t).count());
}

void limit_fields::note(std::string_view name, const core::rate_rule& rule,
                        const core::rate_decision& said) noexcept {
    if (rule_ && (!said_.allowed || (said.allowed && said.remaining >= said_.remaining))) return;
    name_size_ = std::min(name.size(), name_bytes_max);
    std::copy_n(name.begin(), name_size_, name_);
    rule_ = rule;
    said_ = said;
}

std::string_view limit_fields::lines() noexcept {
    if (!rule_) return {};
    const std::string_view name(name_, name_size_);
    core::text_writer out(lines_);
    out << "RateLimit-Policy: \"" << name << "\";q=" << rule_->quantity()
        << ";w=" << seconds_until(rule_->window()) << "\r\nRateLimit: \"" << name
        << "\";r=" << said_.remaining << ";t=" << seconds_until(said_.full_after) << "\r\n";
    return out.written();
}

} // namespace latchkey::http
