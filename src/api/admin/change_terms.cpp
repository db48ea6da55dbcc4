#include "api/admin/change_terms.hpp"

#include "api/admin/asked_by.hpp"
#include "api/admin/json_edit.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/operator_answers.hpp>
#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/field_values.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::api {

namespace {

constexpr std::size_t key_bytes_max = 255;
constexpr std::size_t kept_bytes_max = 64 << 10; // of an answer; of a longer one, the ids are kept
constexpr std::string_view replayed_fields =
    "Cache-Control: no-store\r\nIdempotent-Replayed: true\r\n";
constexpr std::array<std::string_view, 2> secret_members = {"api_key", "device_secret"};

// Holds one of the places of those who wait.
class waiting_place {
  public:
    explicit waiting_place(std::size_t& taken) noexcept : taken_(taken) { ++taken_; }
    ~waiting_place() { --taken_; }
    waiting_place(const waiting_place&) = delete;
    waiting_place& operator=(const waiting_place&) = delete;

  private:
    std::size_t& taken_;
};

// Holds a claim while its request is under way here.
class claim_place {
  public:
    claim_place(std::set<std::string>& all, std::string id) : all_(all), id_(std::move(id)) {
        is_first_ = all_.insert(id_).second;
    }
    ~claim_place() {
        if (is_first_) all_.erase(id_);
    }
    claim_place(const claim_place&) = delete;
    claim_place& operator=(const claim_place&) = delete;
    bool is_first() const noexcept { return is_first_; }

  private:
    std::set<std::string>& all_;
    std::string id_;
    bool is_first_;
};

// Whether the request can revoke, disable or narrow something.
bool may_end_something(const http::request& asked) {
    if (asked.method == http::method::patch || asked.method == http::method::delete_) return true;
    return asked.path == "/admin/v1/revocations" || asked.path.ends_with("/revoke") ||
           asked.path.ends_with("/rotate") || asked.path.ends_with("/ungrant");
}

// Returns whether the answer waits.
core::result<bool> read_wait(const http::request& asked) {
    bool waits = false;
    auto query = asked.query;
    while (!query.empty()) {
        auto value = core::next_part(query, '&');
        if (core::next_part(value, '=') != "wait") continue;
        if (value != "all" || waits)
            return core::failure{core::failure_kind::invalid, "\"wait\" must be \"all\", once"};
        waits = true;
    }
    if (waits && !may_end_something(asked))
        return core::failure{core::failure_kind::invalid,
                             "there is nothing to wait for: \"wait\" goes with what revokes, "
                             "disables or narrows"};
    return waits;
}

// Returns why the Idempotency-Key cannot be used, or nullopt.
std::optional<http::refusal> complaint_about_key(const http::request& asked) {
    const auto key = http::list_of(asked.lines, "idempotency-key");
    const bool is_visible = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
    if (key.size() <= key_bytes_max && is_visible) return std::nullopt;
    return http::refusal{400, "Idempotency-Key must be one text of at most " +
                                  std::to_string(key_bytes_max) + " visible ASCII characters"};
}

core::json_value json_of(const auth::acknowledgement::node& one) {
    return core::json_object({{"node", one.name}, {"instance_id", one.instance_id}});
}

void add(std::string& json, const auth::acknowledgement& told) {
    const auto missing = [](const auth::acknowledgement::missing_node& one) {
        return core::json_object({{"node", one.who.name},
                                  {"instance_id", one.who.instance_id},
                                  {"fences_at", one.fences_at}});
    };
    const auto has_it = [](const auth::acknowledgement::node& one) { return json_of(one); };
    add_members(json, {{"acknowledged", core::json_array(told.acknowledged, has_it)},
                       {"missing", core::json_array(told.missing, missing)},
                       {"complete", told.complete},
                       {"durability", told.replicated ? "replicated" : "local"}});
}

// Nothing was written, so there is nothing that a node could lack.
auth::acknowledgement of_nothing() {
    auth::acknowledgement out;
    out.complete = true;
    return out;
}

core::task<bool> wait_for_all(admin_api& api, reply& told) {
    auto known = of_nothing();
    if (told.change)
        known = co_await api.answers->wait_for_all(told.change->transaction, api.wait_max);
    add(told.json, known);
    co_return known.complete;
}

// The answer to whoever comes again. Its transaction can be waited for again, too.
reply replay_of(const auth::kept_answer& kept, const auth::idempotency_claim& claim) {
    if (kept.request != claim.request)
        return http::refusal{422, "another request has used this Idempotency-Key within a day"};
    if (!kept.answer && !kept.changed)
        return http::refusal{409, "what came of the request with this Idempotency-Key is not "
                                  "known, and perhaps it changed nothing: look, and ask with "
                                  "another key"};
    reply told(kept.status, kept.answer ? *kept.answer : kept.ids, replayed_fields);
    told.change = auth::change_position{{}, {}, kept.transaction};
    return told;
}

core::task<std::optional<reply>> find_replay(admin_api& api, const auth::idempotency_claim& claim) {
    const auto kept = co_await api.answers->find_answer(claim.id);
    if (!kept) co_return std::optional<reply>(reply(kept.error()));
    if (!*kept) co_return std::optional<reply>();
    co_return std::optional<reply>(replay_of(**kept, claim));
}

core::task<bool> keep(admin_api& api, const auth::idempotency_claim& claim, const reply& told) {
    auto json = told.json;
    for (const auto name : secret_members)
        remove_member(json, name);
    if (json.size() > kept_bytes_max) co_return false;
    const auto kept = co_await api.answers->keep_answer(claim.id, told.status, std::move(json));
    co_return kept.has_value();
}

core::task<reply> run(http::exchange& ex, admin_api& api, admin_endpoint endpoint) {
    auto told = co_await endpoint(ex, api);
    if (!told.refusal && told.change && api.applied)
        add_members(told.json, {{"receipt", api.applied->receipt_for(*told.change)}});
    co_return told;
}

core::task<reply> run_once(http::exchange& ex, admin_api& api, admin_endpoint endpoint,
                           const auth::idempotency_claim& claim) {
    const claim_place place(api.claims, claim.id);
    if (!place.is_first()) co_return http::refusal{409, std::string(auth::claim_in_use)};
    auto earlier = co_await find_replay(api, claim);
    if (earlier) co_return std::move(*earlier);
    auto told = co_await run(ex, api, endpoint);
    if (!told.refusal) {
        co_await keep(api, claim, told);
        co_return told;
    }
    const auto status = told.refusal->status;
    if (status == 409 && told.refusal->detail == auth::claim_in_use) {
        // It came by another node, and may be done by now.
        earlier = co_await find_replay(api, claim);
        if (earlier) co_return std::move(*earlier);
    } else if (status < 500) {
        co_await api.answers->forget_claim(claim.id, std::string(ex.request_id));
    }
    co_return told;
}

} // namespace

core::task<reply> change(http::exchange& ex, admin_api& api, admin_endpoint endpoint) {
    if (!api.answers) {
        auto told = co_await endpoint(ex, api);
        co_return told;
    }
    const auto waits = read_wait(ex.request);
    if (!waits) co_return http::refusal{400, waits.error().message};
    if (const auto why = complaint_about_key(ex.request)) co_return *why;
    if (*waits && api.waits >= api.waits_max)
        co_return http::refusal{503, "too many requests wait for the nodes (admin.waits_max); "
                                     "nothing was changed"};
    std::optional<waiting_place> place;
    if (*waits) place.emplace(api.waits);
    const auto claim = claim_of(ex, asked_by(ex).actor);
    std::optional<reply> told;
    if (claim)
        told = co_await run_once(ex, api, endpoint, *claim);
    else
        told = co_await run(ex, api, endpoint);
    if (*waits && !told->refusal) co_await wait_for_all(api, *told);
    co_return std::move(*told);
}

} // namespace latchkey::api
