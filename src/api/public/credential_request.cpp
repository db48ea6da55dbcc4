#include "api/public/credential_request.hpp"

#include "api/public/verification.hpp"

#include <latchkey/http/json_body.hpp>

namespace latchkey::api {

void credential_request::handle(http::exchange& ex) {
    auto why = http::unless_json(ex.request);
    if (!why) why = read(ex);
    if (why) {
        refuse_body(ex, *why);
        return give_back();
    }
    follow(ex, check().begin(ex));
}

void credential_request::finish(http::exchange& ex) {
    follow(ex, check().go_on(ex));
}

void credential_request::follow(http::exchange& ex, credential_check::progress progress) {
    if (progress == credential_check::progress::waiting) return ex.wait_for(*this);
    check().reset();
    give_back();
}

} // namespace latchkey::api
