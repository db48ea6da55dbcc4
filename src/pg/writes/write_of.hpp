#pragma once
// What the operator's writes share: values become parameters, and errors become failures.

#include "pg/connection/result_text.hpp"
#include "pg/writes/operator_writes.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <optional>
#include <string>
#include <utility>

namespace latchkey::pg {

/// The value must outlive the query and must not hold a NUL.
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
/// Passes all bytes, for bytea, and for text that the server must refuse if it holds a NUL.
inline parameter bytes(const std::string& value) {
    return {value.data(), static_cast<int>(value.size()), true};
}
inline parameter bytes(const crypto::secret& value) {
    return {value.reveal().data(), static_cast<int>(value.reveal().size()), true};
}

/// For timestamptz; real_time's bounds become infinity and -infinity.
std::optional<std::string> timestamp_of(const std::optional<core::real_time>&);

/// For float8.
std::string seconds_text(core::seconds);

/// Chooses the failure by SQLSTATE (PostgreSQL's manual, appendix A). `conflict` is the message for
/// a unique value that exists already.
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
