#include "server/process/certificate_keeper.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace latchkey::server {

namespace {

// Time until refused files are read again.
constexpr core::seconds refused_pause{60};

} // namespace

struct certificate_keeper::look {
    core::steady_time begun;
    tls_stamps found;
    std::optional<core::result<loaded_tls>> read; ///< nullopt: the files have not changed
};

certificate_keeper::certificate_keeper(surroundings around, loaded_tls first)
    : around_(std::move(around)),
      shown_(std::move(first)),
      tried_(shown_.stamps),
      tickets_(net::tls_ticket_keys::make().value()) {
    if (!publish(*shown_.credentials)) throw std::runtime_error("TLS cannot be set up");
    tell_end();
}

bool certificate_keeper::publish(const net::tls_credentials& credentials) {
    const auto made = net::tls_context::make(credentials, rules_of(around_.settings), tickets_);
    if (!made) {
        around_.log.error("TLS stays as it was", {{"reason", made.error().message}});
        return false;
    }
    around_.publish(*made);
    return true;
}

bool certificate_keeper::change_tickets() {
    auto next = tickets_.rotated();
    if (!next) return false;
    tickets_ = *next;
    return publish(*shown_.credentials);
}

void certificate_keeper::tick(core::steady_time now, core::real_time real) {
    if (!tickets_since_) tickets_since_ = now;
    if (now - *tickets_since_ >= around_.settings.session_lifetime && change_tickets())
        tickets_since_ = now;
    if (!looking_) look_at_files(now, real);
}

void certificate_keeper::look_at_files(core::steady_time now, core::real_time real) {
    looking_ = true;
    const auto made = std::make_shared<look>();
    made->begun = now;
    const bool forced = std::exchange(forced_, false) || (again_at_ && now >= *again_at_);
    around_.do_elsewhere(
        [made, forced, real, tried = tried_, settings = around_.settings] {
            made->found = stamps_of(settings);
            if (forced || made->found != tried) made->read = load_tls(settings, real);
        },
        [this, made] { take(*made); });
}

void certificate_keeper::take(look& seen) {
    looking_ = false;
    if (!seen.read) return;
    tried_ = seen.found;
    auto& read = *seen.read;
    if (!read) return refuse(read.error().message, seen.begun);
    again_at_.reset();
    refusal_.clear();
    if (!publish(*read->credentials)) return refused_.add();
    around_.expose(read->exposed);
    shown_ = std::move(*read);
    tell_end();
    loaded_.add();
    const auto left = shown_.credentials->not_after().time_since_epoch();
    around_.log.info("a certificate was loaded",
                     {{"subject", shown_.credentials->subject()},
                      {"not_after", std::chrono::duration_cast<core::seconds>(left).count()}});
}

// Logs each reason once, however often the files are read.
void certificate_keeper::refuse(const std::string& reason, core::steady_time now) {
    again_at_ = now + refused_pause;
    if (reason == refusal_) return;
    refusal_ = reason;
    refused_.add();
    around_.log.error("the certificate stays as it was", {{"reason", reason}});
}

void certificate_keeper::tell_end() {
    const auto end = shown_.credentials->not_after().time_since_epoch();
    not_after_s_.store(std::chrono::duration_cast<core::seconds>(end).count(),
                       std::memory_order_relaxed);
}

std::string certificate_keeper::details() const {
    std::string out = R"(,"certificate":{"subject":)";
    core::append_json_string(out, shown_.credentials->subject());
    out += R"(,"ends_at":)";
    core::append_rfc3339(out, std::chrono::floor<core::seconds>(ends()));
    return out + '}';
}

void certificate_keeper::collect(core::metric_sink& sink) const {
    sink.add_gauge("auth_tls_certificate_not_after_seconds",
                   "When the certificate that is shown ends, as Unix time.", {},
                   static_cast<double>(not_after_s_.load(std::memory_order_relaxed)));
    sink.add_counter("auth_tls_reloads_total", "Certificates read again.", {{"outcome", "loaded"}},
                     static_cast<double>(loaded_.value()));
    sink.add_counter("auth_tls_reloads_total", "Certificates read again.", {{"outcome", "refused"}},
                     static_cast<double>(refused_.value()));
}

} // namespace latchkey::server
