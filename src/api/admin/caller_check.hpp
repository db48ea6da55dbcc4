#pragma once
// One caller of the admin listener over TCP.

#include <latchkey/api/admin_callers.hpp>
#include <latchkey/api/principal.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

/// Owned by admin_callers, lent to one exchange until that has ended. Control thread.
class admin_caller_check final : public known_caller,
                                 public http::pending,
                                 private auth::api_key_inquiry {
  public:
    explicit admin_caller_check(admin_callers& of) : callers_(of) {}

    void begin(http::exchange&, admin_api&, std::string_view presented);
    void know(const principal& known) { who = known; }
    std::size_t answer_bytes_max() const noexcept { return callers_.bounds.answer_bytes_max; }

  private:
    void part() noexcept override;
    void decided() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;
    void refuse_unknown(http::exchange&);

    admin_callers& callers_;
    admin_api* api_ = nullptr;
    http::exchange* asker_ = nullptr;
};

/// Returns the bound of an answer's bytes; nullopt for the operator on the socket.
std::optional<std::size_t> answer_bound(const http::exchange&) noexcept;

} // namespace latchkey::api
