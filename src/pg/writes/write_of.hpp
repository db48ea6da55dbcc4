#pragma once
// What the operator's changes have in common: how values go out, how failures come in.

#include "pg/connection/result_text.hpp"
#include "pg/writes/operator_writes.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <optional>
#include <string>
#include <utility>

namespace latchkey::pg {

/// The value must outlive the query, and hold no NUL.
inline parameter text(const std::string& value) {
    return {value.c_str(), 0, false};
}
inline parameter text(const std::optional<std::string>& value) {
    return value ? text(*value) : parameter{};
}
/// Holds no NUL.
inline parameter text(const crypto::secret& value) {
    return {value.reveal().data(), 0, false};
}
/// All of its bytes, for bytea; and for text, where the server then refuses what it cannot hold.
inline parameter bytes(const std::string& value) {
    return {value.data(), static_cast<int>(value.size()), true};
}
inline parameter bytes(const crypto::secret& value) {
    return {value.reveal().data(), static_cast<int>(value.reveal().size()), true};
}

/// For timestamptz; the ends of time are infinite.
std::optional<std::string> timestamp_of(const std::optional<core::real_time>&);

/// For float8.
std::string seconds_text(core::seconds);

/// By PostgreSQL's codes (appendix A of its manual). `conflict`: what to say of a unique value that
/// is there already.
core::failure failure_of(const query_failure&, const std::string& conflict);

inline const core::failure unreadable{core::failure_kind::internal,
                                      "the database's answer cannot be read"};

template <class T>
class write_of : public operator_write {
  public:
    using completion = auth::lifecycle_store::completion<T>;
    explicit write_of(completion done) : done_(std::move(done)) {}

    void fail(const std::string& why) override {
        end(core::failure{core::failure_kind::unavailable,
                          "the database cannot do it now: " + why});
    }
    void failed(const query_failure& why) override {
        end(failure_of(why, "it conflicts with another change"));
    }

  protected:
    void end(core::result<T> outcome) {
        ended_ = true;
        done_(std::move(outcome));
    }

  private:
    completion done_;
};

} // namespace latchkey::pg
