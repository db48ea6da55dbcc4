#include "api/admin/reply.hpp"

namespace latchkey::api {

namespace {

int status_of(core::failure_kind kind) noexcept {
    switch (kind) {
    case core::failure_kind::unavailable:
        return 503;
    case core::failure_kind::invalid:
        return 422;
    case core::failure_kind::not_found:
        return 404;
    case core::failure_kind::conflict:
        return 409;
    case core::failure_kind::internal:
        return 500;
    }
    return 500;
}

// The exchange waits from its construction on. `co_await` lets it go on, and continues in its turn.
class turn final : public http::pending {
  public:
    explicit turn(http::exchange& ex) : ex_(ex) { ex.wait_for(*this); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> answering) {
        answering_ = answering;
        ex_.resume();
    }
    void await_resume() const noexcept {}

  private:
    void finish(http::exchange&) override { answering_.resume(); }

    http::exchange& ex_;
    std::coroutine_handle<> answering_;
};

} // namespace

reply::reply(const core::failure& why) : refusal({status_of(why.kind), why.message}) {}

core::detached answer(http::exchange& ex, core::task<reply> endpoint) {
    turn its_turn(ex);
    const auto told = co_await endpoint;
    co_await its_turn;
    if (told.refusal)
        ex.refuse(*told.refusal);
    else
        ex.answer(told.status, http::json_type, told.json, told.extra_fields);
}

} // namespace latchkey::api
