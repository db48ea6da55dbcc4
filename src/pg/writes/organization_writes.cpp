// Organizations as operators make, list, show and change them.
#include "pg/connection/random_uuid.hpp"
#include "pg/writes/column_reader.hpp"
#include "pg/writes/object_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;
using auth::organization;
using core::failure;
using core::failure_kind;

namespace {

// The columns are statements::organization_columns. Returns nullopt if the row is malformed.
std::optional<organization> decode_organization(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    organization found;
    found.organization_id = row.text();
    found.name = row.text_or_null();
    found.status = row.text();
    found.enabled = row.boolean();
    found.created_at = row.time_or_null();
    found.read_at = row.time();
    if (!row.is_good()) return std::nullopt;
    return found;
}

// An answer about one organization is its row.
core::result<organization> the_organization(const core::result<const pg_result*>& answer,
                                            const std::string& id) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0)
        return failure{failure_kind::not_found, "there is no organization \"" + id + '"'};
    auto found = decode_organization(**answer, 0, 0);
    if (!found) return unreadable;
    return *std::move(found);
}

} // namespace

operation<organization> lifecycle::create_organization(auth::new_organization asked,
                                                       auth::operator_request& by) {
    auto id =
        asked.organization_id ? core::result<std::string>(*asked.organization_id) : random_uuid();
    if (!id) co_return id.error();
    by.will_make("organization_id", *id);

    const auto answer = co_await writer_->send_for(by, statements::create_organization, text(*id),
                                                   text(asked.name));
    if (!answer)
        co_return with_conflict(answer.error(), "there is an organization \"" + *id + "\" already");
    auto made = the_organization(answer, *id);
    if (made && !made->created_at) made->created_at = made->read_at;
    co_return made;
}

operation<auth::found_page<organization>> lifecycle::list_organizations(auth::object_page page) {
    const auto limit = std::to_string(page.limit);
    core::result<const pg_result*> answer{nullptr};
    if (page.organization_id)
        answer =
            co_await writer_->send(statements::list_one_organization, text(page.after), text(limit),
                                   text(page.name), text(page.state), text(page.organization_id));
    else
        answer = co_await writer_->send(statements::list_all_organizations, text(page.after),
                                        text(limit), text(page.name), text(page.state));
    if (!answer) co_return answer.error();
    co_return decode_page(**answer, decode_organization);
}

operation<organization> lifecycle::show_organization(std::string id,
                                                     std::optional<std::string> only_organization) {
    const auto answer =
        co_await writer_->send(statements::show_organization, text(id), text(only_organization));
    co_return the_organization(answer, id);
}

operation<organization> lifecycle::change_organization(auth::organization_change asked,
                                                       auth::operator_request& by) {
    std::optional<std::string> enabled;
    if (asked.enabled) enabled = *asked.enabled ? "true" : "false";
    const auto answer =
        co_await writer_->send_for(by, statements::change_organization, text(asked.organization_id),
                                   text(asked.only_organization), text(asked.name), text(enabled));
    co_return the_organization(answer, asked.organization_id);
}

} // namespace latchkey::pg
