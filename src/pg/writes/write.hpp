#pragma once
// One statement of an operator's, and what the functions that send them share: values become
// parameters, and errors become failures.
//
//   const auto answer = co_await writer_->send(statements::show_device, bytes(id));
//   if (!answer) co_return answer.error();
//   use(text_at(**answer, 0, 0));

#include "pg/connection/query.hpp"
#include "pg/connection/result_text.hpp"

#include <latchkey/auth/operator_request.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/giving_way.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <coroutine>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace latchkey::pg {

class write_queue;

/// What `write_queue::send` returns. Lives in the frame of the coroutine that awaits it, which must
/// not be destroyed before it goes on.
class write final : public query {
  public:
    /// With `by`, the statement's transaction knows who asks (statements::write_terms).
    write(write_queue& queue, const statement& s, std::vector<parameter> values,
          auth::operator_request* by = nullptr);
    write(const write&) = delete;
    write& operator=(const write&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>);
    /// The rows are valid until the coroutine waits again.
    core::result<const pg_result*> await_resume() { return std::move(outcome_); }

    void before_succeeded(const pg_result&) override;
    void succeeded(const pg_result&) override;
    void failed(const query_failure&) override;

  private:
    void end(core::result<const pg_result*>);

    write_queue& queue_;
    core::failure failure_of_change(const query_failure&) const;

    auth::operator_request* by_;
    std::string status_; ///< of the claim, as a parameter
    std::coroutine_handle<> waiting_;
    core::result<const pg_result*> outcome_{nullptr};
};

// --- parameters: the values must outlive the write ---

/// The value must not hold a NUL.
inline parameter text(const std::string& value) {
    return {value.c_str(), 0, false};
}
inline parameter text(const std::optional<std::string>& value) {
    return value ? text(*value) : parameter{};
}
/// The value must not hold a NUL.
inline parameter text(const crypto::secret& value) {
    return {value.reveal().data(), 0, false};
}
inline parameter text(bool value) {
    return {value ? "true" : "false", 0, false};
}
/// Passes all bytes, for bytea, and for text that the server must refuse if it holds a NUL.
inline parameter bytes(const std::string& value) {
    return {value.data(), static_cast<int>(value.size()), true};
}
inline parameter bytes(const std::optional<std::string>& value) {
    return value ? bytes(*value) : parameter{};
}
inline parameter bytes(const crypto::secret& value) {
    return {value.reveal().data(), static_cast<int>(value.reveal().size()), true};
}

/// For timestamptz; real_time's bounds become infinity and -infinity.
std::optional<std::string> timestamp_of(const std::optional<core::real_time>&);

/// For float8.
std::string seconds_text(core::seconds);

// --- answers ---

inline const core::failure unreadable{core::failure_kind::internal,
                                      "the database's answer cannot be read"};

/// Returns the failure; if a unique value exists already, `message` says so instead of its own.
core::failure with_conflict(core::failure, std::string message);

inline std::optional<std::string> text_or_null(const pg_result& rows, int row, int column) {
    if (PQgetisnull(&rows, row, column)) return std::nullopt;
    return std::string(text_at(rows, row, column));
}

/// Decodes each row by `decode(rows, row)`, which returns nullopt for a malformed one.
template <class Decode>
auto decode_all(const pg_result& rows, Decode decode)
    -> core::result<std::vector<typename decltype(decode(rows, 0))::value_type>> {
    std::vector<typename decltype(decode(rows, 0))::value_type> all;
    core::giving_way others;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        others.step();
        auto one = decode(rows, row);
        if (!one) return unreadable;
        all.push_back(std::move(*one));
    }
    return all;
}

} // namespace latchkey::pg
