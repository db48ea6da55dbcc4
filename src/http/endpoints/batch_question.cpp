#include <latchkey/http/endpoints/batch_question.hpp>

#include <latchkey/http/public_api.hpp>

namespace latchkey::http {

std::span<const std::string_view> kept_texts::keep(std::span<const std::string_view> texts) {
    bytes_.clear();
    views_.clear();
    for (const auto text : texts)
        bytes_ += text;
    std::size_t begin = 0;
    for (const auto text : texts) {
        views_.push_back(std::string_view(bytes_).substr(begin, text.size()));
        begin += text.size();
    }
    return views_;
}

void batch_key::prepare(batch_owner& owner, const auth::api_key_request& request) {
    owner_ = &owner;
    request_ = {.scopes = scopes_.keep(request.scopes), .ip = request.ip};
}

void batch_key::ask() {
    api_.verifier.ask(*this);
}

std::optional<auth::verdict> batch_key::conclude(const core::moment& now) {
    return api_.verifier.conclude(*this, request_, now.real);
}

void batch_key::give_back() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    api_.batch_keys.give_back(*this);
}

} // namespace latchkey::http
