// POST /integrations/rabbitmq/…, with forms
//   user       {username, password}: is this device who it says?
//   vhost      {username, vhost, client_id?}: may it enter?
//   resource   {username, vhost, resource, name, permission, client_id?}
//   topic      {…, routing_key, variable_map.client_id?}
//   200 allow or deny, as text/plain, and nothing else: words after "allow" would be RabbitMQ's
//   tags 400 401 403 405 413 415 429 503 … deny: RabbitMQ refuses, says it in its log, and its
//   cache does not keep it
// Only `user` has a secret. The others are answered to callers that are known.
#include "api/broker/rabbitmq.hpp"

#include "api/broker/broker_paths.hpp"
#include "api/broker/rabbitmq_fields.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

#include <algorithm>

namespace latchkey::api {

namespace {

using about = rabbitmq_question::about;

std::span<const http::json_field> fields_of(about what) {
    switch (what) {
    case about::user:
        return rabbitmq_user_fields;
    case about::vhost:
        return rabbitmq_vhost_fields;
    case about::resource:
        return rabbitmq_resource_fields;
    case about::topic:
        return rabbitmq_topic_fields;
    }
    return {};
}

void say(http::exchange& ex, std::string_view word) {
    ex.answer(200, broker::rabbitmq_refusal.content_type, word, "Cache-Control: no-store\r\n");
}

void ask(http::exchange& ex, public_api& api, about what) {
    api.rabbitmq_questions.take().handle(ex, what);
}

} // namespace

void ask_about_user(http::exchange& ex, public_api& api) {
    ask(ex, api, about::user);
}
void ask_about_vhost(http::exchange& ex, public_api& api) {
    ask(ex, api, about::vhost);
}
void ask_about_resource(http::exchange& ex, public_api& api) {
    ask(ex, api, about::resource);
}
void ask_about_topic(http::exchange& ex, public_api& api) {
    ask(ex, api, about::topic);
}

void rabbitmq_question::handle(http::exchange& ex, about what) {
    what_ = what;
    auto why = http::unless_form(ex.request);
    if (!why) why = read(ex);
    if (why) {
        refuse_body(ex, *why);
        return end();
    }
    follow(ex, of_device_.begin(ex));
}

std::optional<http::refusal> rabbitmq_question::read(http::exchange& ex) {
    if (auto why = form_.read(ex.request.body, fields_of(what_))) return why;
    of_device_.device_id = text_of("username");
    of_device_.device_secret = what_ == about::user ? text_of("password") : std::string_view();
    of_device_.is_known = what_ != about::user;
    of_device_.request = {};
    return std::nullopt;
}

// Empty for a field that did not come, and for one that the form does not have.
std::string_view rabbitmq_question::text_of(std::string_view field) const {
    const auto all = fields_of(what_);
    const auto found = std::ranges::find(all, field, &http::json_field::name);
    if (found == all.end()) return {};
    return form_[static_cast<std::size_t>(found - all.begin())].text;
}

bool rabbitmq_question::is_allowed(const auth::device_record& found) const {
    const auto& facts = found.facts();
    const broker::routed_device device{facts.device_id, facts.organization_id, facts.scopes};
    const auto client_id = text_of(what_ == about::topic ? "variable_map.client_id" : "client_id");
    const broker::routed_question asked{text_of("vhost"), text_of("resource"),
                                        text_of("name"),  text_of("permission"),
                                        client_id,        text_of("routing_key")};
    switch (what_) {
    case about::user:
        return true;
    case about::vhost:
        return broker::may_enter(device, asked);
    case about::resource:
        return broker::may_use(device, asked);
    case about::topic:
        return broker::may_route(device, asked, api_.broker_settings.topic_rules_max);
    }
    return false;
}

void rabbitmq_question::answer(http::exchange& ex, const auth::device_record& found,
                               const finding&) {
    if (is_allowed(found)) return say(ex, "allow");
    note_verdict(ex, auth::verdict::insufficient_scopes, found.facts().device_id,
                 found.facts().organization_id);
    ex.note.reason = "the device may not do this at a broker";
    say(ex, "deny");
}

void rabbitmq_question::refuse(http::exchange& ex, std::string&, auth::verdict) {
    say(ex, "deny");
}

void rabbitmq_question::follow(http::exchange& ex, credential_check::progress progress) {
    if (progress == credential_check::progress::waiting) return ex.wait_for(*this);
    of_device_.reset();
    end();
}

void rabbitmq_question::finish(http::exchange& ex) {
    follow(ex, of_device_.go_on(ex));
}

void rabbitmq_question::end() {
    form_.clear();
    api_.rabbitmq_questions.give_back(*this);
}

} // namespace latchkey::api
