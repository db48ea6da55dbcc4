#pragma once
// POST /integrations/rabbitmq/{user,vhost,resource,topic}: what RabbitMQ's HTTP backend
// (rabbitmq_auth_backend_http, 3.10) asks about a client and each thing that it does.

#include "api/broker/rabbitmq_rules.hpp"
#include "api/public/credential_request.hpp"
#include "api/public/device_check.hpp"

#include <latchkey/http/form_body.hpp>

#include <string>
#include <string_view>

namespace latchkey::api {

// Each for its path.
void ask_about_user(http::exchange&, public_api&);
void ask_about_vhost(http::exchange&, public_api&);
void ask_about_resource(http::exchange&, public_api&);
void ask_about_topic(http::exchange&, public_api&);

/// Owned by its worker's public_api, lent to one exchange at a time.
class rabbitmq_question final : public http::pending, private holder_answer<auth::device_record> {
  public:
    enum class about { user, vhost, resource, topic };

    explicit rabbitmq_question(public_api& api) : api_(api), of_device_(api, *this) {}

    void handle(http::exchange&, about);

  private:
    std::optional<http::refusal> read(http::exchange&);
    std::string_view text_of(std::string_view field) const;
    bool is_allowed(const auth::device_record&) const;
    void follow(http::exchange&, credential_check::progress);
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override { return look_up; }
    void end();

    void answer(http::exchange&, const auth::device_record&, const finding&) override;
    void refuse(http::exchange&, std::string& buffer, auth::verdict) override;

    public_api& api_;
    device_check of_device_;
    about what_ = about::user;
    http::form_body form_;
};

} // namespace latchkey::api
