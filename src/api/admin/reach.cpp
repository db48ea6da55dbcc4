#include "api/admin/reach.hpp"

#include <latchkey/api/admin_api.hpp>

#include <utility>

namespace latchkey::api {

namespace {

using auth::caller_reach;
using auth::caller_right;

bool only_reads(const http::exchange& ex) noexcept {
    return ex.request.method == http::method::get || ex.request.method == http::method::head;
}

// What a caller may always do to a key of its organization: to end it gives nobody anything.
bool only_ends(const http::exchange& ex) noexcept {
    if (ex.request.method == http::method::delete_) return true;
    // By another method, the path may end with the key's id.
    return ex.request.method == http::method::post && ex.request.path.ends_with("/revoke");
}

bool may_give(const principal& who, const auth::caller_scopes& scopes,
              std::string_view organization_id) {
    const bool same = !who.organization_id.empty() && who.organization_id == organization_id;
    return who.scopes.may_give(scopes, same);
}

http::refusal not_held() {
    return {403, "nobody gives, revives or enables scopes of callers that it does not hold itself"};
}

http::refusal absent(std::string_view what, std::string_view id) {
    return {404, "there is no " + std::string(what) + " \"" + std::string(id) + '"'};
}

} // namespace

bool is_operator(const http::exchange& ex) noexcept {
    return ex.origin && !ex.origin->peer;
}

std::optional<http::refusal> unless_reached(http::exchange& ex, keeps_to kept) {
    if (is_operator(ex)) return std::nullopt;
    auto* known = static_cast<known_caller*>(ex.accompanied_by());
    if (!known) return http::refusal{401, "nobody says who asks"};
    const auto right = only_reads(ex) ? caller_right::admin_read : caller_right::admin_write;
    const std::string scope(auth::caller_scopes::name_of(right));
    const auto reach = known->who.scopes.reach(right);
    if (reach == caller_reach::all) return std::nullopt;
    if (reach == caller_reach::none)
        return http::refusal{403, "the caller lacks the scope \"" + scope + '"'};
    if (kept == keeps_to::nothing)
        return http::refusal{403, "this is about all organizations: the caller lacks the scope \"" +
                                      scope + ":*\""};
    known->only = known->who.organization_id;
    return std::nullopt;
}

std::optional<http::refusal> unless_all_may_be_changed(const http::exchange& ex) {
    const auto* known = caller_of(ex);
    constexpr auto right = caller_right::admin_write;
    if (!known || known->who.scopes.reach(right) == caller_reach::all) return std::nullopt;
    return http::refusal{403, "the caller lacks the scope \"" +
                                  std::string(auth::caller_scopes::name_of(right)) + ":*\""};
}

core::task<std::optional<http::refusal>> unless_key_reached(http::exchange& ex, admin_api& api) {
    const auto* known = caller_of(ex);
    if (!known || only_reads(ex) || only_ends(ex)) co_return std::nullopt;
    std::string id(ex.path_id);
    const auto found = co_await api.store.standing_of_key(std::move(id));
    if (!found && found.error().kind == core::failure_kind::not_found)
        co_return absent("key", ex.path_id);
    if (!found) co_return http::refusal{503, found.error().message};
    if (known->only && *known->only != found->organization_id) co_return absent("key", ex.path_id);
    if (!may_give(known->who, found->scopes, found->organization_id)) co_return not_held();
    co_return std::nullopt;
}

core::task<std::optional<http::refusal>>
unless_scopes_held(const http::exchange& ex, admin_api& api, std::span<const std::string> scopes) {
    const auto* known = caller_of(ex);
    if (!known) co_return std::nullopt;
    std::vector<std::string> asked(scopes.begin(), scopes.end());
    const auto given = auth::take_caller_scopes(asked);
    if (given.empty()) co_return std::nullopt;
    std::string id(ex.path_id);
    const auto found = co_await api.store.standing_of_key(std::move(id));
    if (!found && found.error().kind != core::failure_kind::not_found)
        co_return http::refusal{503, found.error().message};
    if (!found || may_give(known->who, given, found->organization_id)) co_return std::nullopt;
    co_return not_held();
}

bool may_revive_all(const http::exchange& ex) {
    const auto* known = caller_of(ex);
    return !known || known->who.scopes.may_give(auth::caller_scopes::all(), false);
}

std::optional<http::refusal> unless_organization_reached(const http::exchange& ex,
                                                         std::string_view organization_id) {
    const auto only = organization_bound(ex);
    if (!only || *only == organization_id) return std::nullopt;
    return absent("organization", organization_id);
}

std::optional<http::refusal> unless_held(const http::exchange& ex,
                                         std::span<const std::string> scopes,
                                         std::string_view organization_id) {
    const auto* known = caller_of(ex);
    if (!known) return std::nullopt;
    std::vector<std::string> asked(scopes.begin(), scopes.end());
    if (may_give(known->who, auth::take_caller_scopes(asked), organization_id)) return std::nullopt;
    return not_held();
}

} // namespace latchkey::api
