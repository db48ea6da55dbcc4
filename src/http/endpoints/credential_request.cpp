#include <latchkey/http/endpoints/credential_request.hpp>

#include <latchkey/http/field_values.hpp>

namespace latchkey::http {

void credential_request::handle(exchange& ex) {
    if (!is_json(ex.request.get(field::content_type))) {
        ex.refuse(415, "send the body as Content-Type: application/json");
        return give_back();
    }
    if (const auto why = read(ex.request.body)) {
        ex.refuse(why->status, why->detail);
        return give_back();
    }
    follow(ex, check().begin(ex));
}

void credential_request::finish(exchange& ex) {
    follow(ex, check().go_on(ex));
}

void credential_request::follow(exchange& ex, credential_check::progress progress) {
    if (progress == credential_check::progress::waiting) return ex.wait_for(*this);
    check().reset();
    give_back();
}

} // namespace latchkey::http
