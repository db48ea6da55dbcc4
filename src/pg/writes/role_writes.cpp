// Roles as operators make, list, show, change and delete them, and who holds them.
#include "pg/writes/column_reader.hpp"
#include "pg/writes/role_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/auth/input_bounds.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;
using auth::role;
using core::failure;
using core::failure_kind;

namespace {

failure no_such_role(const std::string& id) {
    return {failure_kind::not_found, "there is no role \"" + id + '"'};
}

failure name_is_taken(const failure& why) {
    return with_conflict(why, "the organization has a role of this name already");
}

// The columns are statements::role_columns. Returns nullopt if the row is malformed.
std::optional<role> decode_role(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    role found;
    found.role_id = row.text();
    found.organization_id = row.text();
    found.name = row.text();
    found.scopes = row.texts();
    found.keys = row.int8();
    found.devices = row.int8();
    found.created_at = row.time();
    if (!row.is_good()) return std::nullopt;
    return found;
}

// An answer about one role is its row.
core::result<role> the_role(const core::result<const pg_result*>& answer, const std::string& id) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0) return no_such_role(id);
    auto found = decode_role(**answer, 0, 0);
    if (!found) return unreadable;
    return *std::move(found);
}

core::result<auth::role_grant> the_grant(const core::result<const pg_result*>& answer,
                                         const auth::role_holding& asked) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0) return no_such_role(asked.role_id);
    column_reader row(**answer, 0);
    auth::role_grant out{row.text(), row.text(), row.text(), false};
    const bool is_there = row.boolean();
    const bool has_room = row.boolean();
    out.changed = row.boolean();
    if (!row.is_good()) return unreadable;
    const auto holder =
        std::string(asked.kind == auth::credential_kind::device ? "device" : "key") + " \"" +
        asked.holder_id + '"';
    if (!is_there)
        return failure{failure_kind::not_found, "the role's organization has no " + holder};
    if (!has_room)
        return failure{failure_kind::conflict, holder + " has " + std::to_string(auth::roles_max) +
                                                   " roles already, which is the most"};
    return out;
}

std::optional<auth::granted_holder> decode_holder(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    const auto kind = auth::source_kind_named(row.text());
    auth::granted_holder out;
    out.holder_id = row.text();
    out.granted_at = row.time();
    if (!row.is_good() || !kind) return std::nullopt;
    out.kind = *kind;
    return out;
}

} // namespace

operation<role> lifecycle::create_role(auth::new_role asked, auth::operator_request& by) {
    const auto scopes = text_array_literal(asked.scopes);
    by.will_make("role_id", asked.role_id);
    const auto answer =
        co_await writer_->send_for(by, statements::create_role, text(asked.role_id),
                                   text(asked.organization_id), text(asked.name), text(scopes));
    if (!answer) co_return name_is_taken(answer.error());
    if (PQntuples(*answer) == 0)
        co_return failure{failure_kind::not_found, "there is no organization \"" +
                                                       asked.organization_id +
                                                       "\"; make it first: latchkey org create"};
    co_return the_role(answer, asked.role_id);
}

operation<auth::found_page<role>> lifecycle::list_roles(auth::object_page page) {
    const auto limit = std::to_string(page.limit);
    core::result<const pg_result*> answer{nullptr};
    if (page.organization_id)
        answer = co_await writer_->send(statements::list_roles_of_organization, text(page.after),
                                        text(limit), text(page.name), text(page.organization_id));
    else
        answer = co_await writer_->send(statements::list_all_roles, text(page.after), text(limit),
                                        text(page.name));
    if (!answer) co_return answer.error();
    co_return decode_page(**answer, decode_role);
}

operation<role> lifecycle::show_role(std::string id, std::optional<std::string> only_organization) {
    const auto answer =
        co_await writer_->send(statements::show_role, bytes(id), text(only_organization));
    co_return the_role(answer, id);
}

operation<role> lifecycle::change_role(auth::role_change asked, auth::operator_request& by) {
    std::optional<std::string> scopes;
    if (asked.scopes) scopes = text_array_literal(*asked.scopes);
    const auto answer =
        co_await writer_->send_for(by, statements::change_role, bytes(asked.role_id),
                                   text(asked.only_organization), text(asked.name), text(scopes));
    if (!answer) co_return name_is_taken(answer.error());
    co_return the_role(answer, asked.role_id);
}

operation<role> lifecycle::delete_role(std::string id, std::optional<std::string> only_organization,
                                       auth::operator_request& by) {
    const auto answer =
        co_await writer_->send_for(by, statements::delete_role, bytes(id), text(only_organization));
    co_return the_role(answer, id);
}

operation<auth::role_grant> lifecycle::grant_role(auth::role_holding asked,
                                                  auth::operator_request& by) {
    const std::string kind(auth::name_of(asked.kind));
    const auto answer = co_await writer_->send_for(by, statements::grant_role, bytes(asked.role_id),
                                                   text(asked.only_organization), text(kind),
                                                   bytes(asked.holder_id));
    co_return the_grant(answer, asked);
}

operation<auth::role_grant> lifecycle::ungrant_role(auth::role_holding asked,
                                                    auth::operator_request& by) {
    const std::string kind(auth::name_of(asked.kind));
    const auto answer = co_await writer_->send_for(
        by, statements::ungrant_role, bytes(asked.role_id), text(asked.only_organization),
        text(kind), bytes(asked.holder_id));
    co_return the_grant(answer, asked);
}

operation<auth::found_page<auth::granted_holder>>
lifecycle::list_role_grants(std::string id, std::optional<std::string> only_organization,
                            auth::object_page page) {
    const auto limit = std::to_string(page.limit);
    // The page before ended with "KIND ID".
    const auto after = page.after.value_or("");
    const auto space = after.find(' ');
    const auto kind = after.substr(0, space);
    const auto holder = space == after.npos ? std::string() : after.substr(space + 1);
    const auto answer =
        co_await writer_->send(statements::list_role_grants, bytes(id), text(only_organization),
                               bytes(kind), bytes(holder), text(limit));
    if (!answer) co_return answer.error();
    co_return decode_page(**answer, decode_holder);
}

} // namespace latchkey::pg
