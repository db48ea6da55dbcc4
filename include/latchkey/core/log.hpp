#pragma once
// What a room needs to write log lines; the server room decides where they go and how they look.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

namespace latchkey::core {

enum class log_level { debug, info, warning, error };

/// One named value of a log line. The views must be valid for the call only.
struct log_field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    log_field(std::string_view n, std::string_view v) : name(n), value(v) {}
    log_field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    log_field(std::string_view n, bool v) : name(n), value(v) {}
    log_field(std::string_view n, double v) : name(n), value(v) {}
    template <class Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
        log_field(std::string_view n, Integer v)
        : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// Any thread may write at any time; a write never blocks and never throws.
class logger {
  public:
    virtual ~logger() = default;
    virtual void write(log_level level, std::string_view message,
                       std::span<const log_field> fields) noexcept = 0;

    using fields = std::initializer_list<log_field>;
    void debug(std::string_view m, fields f = {}) {
        write(log_level::debug, m, {f.begin(), f.size()});
    }
    void info(std::string_view m, fields f = {}) {
        write(log_level::info, m, {f.begin(), f.size()});
    }
    void warning(std::string_view m, fields f = {}) {
        write(log_level::warning, m, {f.begin(), f.size()});
    }
    void error(std::string_view m, fields f = {}) {
        write(log_level::error, m, {f.begin(), f.size()});
    }
};

} // namespace latchkey::core
