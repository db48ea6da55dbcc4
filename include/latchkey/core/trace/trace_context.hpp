#pragma once
// Which trace a request belongs to, and below which span: the header field `traceparent` (W3C Trace
// Context, level 1, section 3.2).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::core {

struct trace_context {
    static constexpr std::size_t text_length = 55; ///< 00-<32 hex>-<16 hex>-<2 hex>

    std::uint64_t trace_high = 0; ///< the id's first eight bytes
    std::uint64_t trace_low = 0;
    std::uint64_t span = 0; ///< what is done by whoever gets this is below it
    bool sampled = false;   ///< the caller records its spans

    bool is_set() const noexcept { return (trace_high | trace_low) != 0; }

    /// Returns nullopt if the text is no valid `traceparent`: then the request counts as one
    /// without. Of later versions, the parts of version 00 are read.
    static std::optional<trace_context> parse(std::string_view text) noexcept {
        trace_context out;
        return out.read(text) ? std::optional(out) : std::nullopt;
    }
    /// The same into this object, which is left unset if it returns false.
    bool read(std::string_view) noexcept;
    /// As version 00.
    void write(std::span<char, text_length>) const noexcept;
    std::string text() const;
    /// 32 hexadecimal digits.
    std::string trace_id() const;

    friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// Writes 16 hexadecimal digits.
void write_hex(std::uint64_t n, char* to) noexcept;

} // namespace latchkey::core
