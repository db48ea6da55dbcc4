#include "api/admin/reply.hpp"

#include "api/admin/caller_check.hpp"

#include <coroutine>
#include <exception>

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

void write(http::exchange& ex, const reply& told) {
    const auto bound = answer_bound(ex);
    if (told.refusal)
        ex.refuse(*told.refusal);
    else if (bound && told.json.size() > *bound)
        ex.refuse(413,
                  "the answer has " + std::to_string(told.json.size()) +
                      " bytes, more than admin.answer_bytes_max: ask for fewer with \"limit\"");
    else
        ex.answer(told.status, http::json_type, told.json, told.extra_fields);
}

// The exchange waits from its construction on. `co_await` answers it at its turn, on the
// connection's own coroutine: that one ends the connection if there is no memory for the answer.
class turn final : public http::pending {
  public:
    turn(http::exchange& ex, const reply& told) : ex_(ex), told_(told) { ex.wait_for(*this); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> answering) {
        answering_ = answering;
        ex_.resume();
    }
    void await_resume() const noexcept {}

  private:
    void finish(http::exchange& ex) override {
        std::exception_ptr thrown;
        try {
            write(ex, told_);
        } catch (...) {
            thrown = std::current_exception();
        }
        answering_.resume(); // destroys this object
        if (thrown) std::rethrow_exception(thrown);
    }

    http::exchange& ex_;
    const reply& told_;
    std::coroutine_handle<> answering_;
};

} // namespace

reply::reply(const core::failure& why) : refusal({status_of(why.kind), why.message}) {}

core::detached answer(http::exchange& ex, core::task<reply> endpoint) {
    reply told(http::refusal{500, "the endpoint gave no answer"});
    turn its_turn(ex, told);
    try {
        told = co_await endpoint;
    } catch (const std::exception&) {
        // Only this request ends.
    }
    co_await its_turn;
}

} // namespace latchkey::api
