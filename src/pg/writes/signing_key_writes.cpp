// The steps in a signing key's life.
#include "pg/connection/wire.hpp"
#include "pg/lookup/token_rows.hpp"
#include "pg/writes/token_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;

namespace {

// The answer of a step is one boolean.
core::result<bool> decode_step(const core::result<const pg_result*>& answer) {
    if (!answer) return answer.error();
    const auto& rows = **answer;
    const auto done = PQntuples(&rows) == 1 ? decode_bool(text_at(rows, 0, 0)) : std::nullopt;
    if (!done) return unreadable;
    return *done;
}

// A step that adds a signing key. `first` and `second` are the statement's last parameters.
operation<bool> add_key(write_queue& queue, auth::operator_request& by, const statement& step,
                        auth::new_signing_key key, bool first, std::optional<std::string> second) {
    const std::string algorithm(crypto::traits_of(key.algorithm).name);
    const auto jwk = key.public_jwk.empty() ? parameter{} : text(key.public_jwk);
    const auto answer =
        co_await queue.send_for(by, step, text(key.key_id), text(algorithm), jwk, bytes(key.sealed),
                                text(key.kek_id), text(first), text(second));
    if (!answer)
        co_return with_conflict(answer.error(),
                                "there is a signing key \"" + key.key_id + "\" already");
    co_return decode_step(answer);
}

// A step of an existing signing key.
operation<bool> move_on(write_queue& queue, auth::operator_request& by, const statement& step,
                        std::string key_id, core::seconds time) {
    const auto seconds = seconds_text(time);
    const auto answer = co_await queue.send_for(by, step, text(key_id), text(seconds));
    co_return decode_step(answer);
}

} // namespace

operation<std::vector<auth::signing_key>> lifecycle::list_signing_keys() {
    const auto answer = co_await writer_->send(statements::list_signing_keys);
    if (!answer) co_return answer.error();
    auto keys = decode_signing_key_rows(**answer);
    if (!keys) co_return unreadable;
    co_return std::move(*keys);
}

operation<bool> lifecycle::add_first_signing_key(auth::new_signing_key key,
                                                 auth::operator_request& by) {
    return add_key(*writer_, by, statements::add_signing_key, std::move(key), true, std::nullopt);
}

operation<bool> lifecycle::add_next_signing_key(auth::new_signing_key key,
                                                core::real_time activates_at,
                                                auth::operator_request& by) {
    return add_key(*writer_, by, statements::add_signing_key, std::move(key), false,
                   timestamp_of(activates_at));
}

operation<bool> lifecycle::promote_signing_key(std::string key_id, core::seconds publish_ahead,
                                               auth::operator_request& by) {
    return move_on(*writer_, by, statements::promote_signing_key, std::move(key_id), publish_ahead);
}

operation<bool> lifecycle::retire_signing_key(std::string key_id, core::seconds retire_after,
                                              auth::operator_request& by) {
    return move_on(*writer_, by, statements::retire_signing_key, std::move(key_id), retire_after);
}

operation<bool> lifecycle::rotate_signing_key(auth::new_signing_key key, bool at_once,
                                              core::seconds publish_ahead,
                                              auth::operator_request& by) {
    return add_key(*writer_, by, statements::rotate_signing_key, std::move(key), at_once,
                   seconds_text(publish_ahead));
}

} // namespace latchkey::pg
