#include "server/setup/setup_steps.hpp"
#include "server/setup/socket_unit.hpp"
#include "server/setup/systemd_unit.hpp"
#include "server/setup/unit_files.hpp"

#include <memory>

namespace latchkey::server {

namespace {

using state = outlook::state;

const std::string the_service{service};
const std::string the_socket{socket_unit};

class service_part {
  public:
    explicit service_part(const setup_terms& terms) : terms_(terms) {}

    outlook look_at_links() const {
        if (is_socket_enabled(terms_) && is_service_enabled(terms_))
            return {state::done, "the socket and the service are enabled"};
        if (const auto why = against_socket(); !why.empty())
            return {state::left,
                    why + ". Either let the socket listen there, as systemctl edit latchkey.socket "
                          "says (a restart then refuses nobody), and enable it, or enable the "
                          "service alone",
                    {"systemctl unmask latchkey.socket; systemctl enable latchkey.socket "
                     "latchkey.service",
                     "systemctl mask latchkey.socket; systemctl enable --now latchkey.service"}};
        return {state::to_do,
                "enable the socket and the service: they start with the machine",
                {"systemctl enable latchkey.socket latchkey.service"}};
    }
    core::result<void> enable() const {
        std::vector<std::string> words = {"--quiet", "enable", the_socket, the_service};
        if (!terms_.root.empty()) words.insert(words.begin(), "--root=" + terms_.root);
        return systemctl(words);
    }

    outlook look_at_process() const {
        if (!terms_.root.empty() || !has_systemd())
            return {state::left, "systemd does not run here: start the units where it does"};
        if (!against_socket().empty()) return look_without_socket();
        if (!is_active(the_socket) && is_active(the_service))
            return {state::left, "the service runs without its socket: when clients can wait for a "
                                 "moment, run systemctl stop latchkey.service, and this again"};
        if (!is_active(the_service))
            return {
                state::to_do,
                "start the socket and the service",
                {"systemctl daemon-reload", "systemctl start latchkey.socket latchkey.service"}};
        return look_at_running("the socket and the service run");
    }
    /// With the socket, clients wait during a restart and none is refused.
    core::result<void> start() const {
        if (auto done = systemctl({"daemon-reload"}); !done) return done;
        if (against_socket().empty())
            if (auto done = systemctl({"start", the_socket}); !done) return done;
        return restart_and_wait(the_service);
    }

    outlook look_at_instances() const {
        if (!has_systemd()) return {state::done, "no further node runs here"};
        outlook out{state::done, "no further node of this machine needs a restart"};
        for (const auto& unit : running_instances()) {
            const auto why = why_restart(unit);
            if (why.empty()) continue;
            out.what =
                (out.is == state::to_do ? out.what + "; " : "") + "restart " + unit + ": " + why;
            out.is = state::to_do;
            out.commands.push_back("systemctl restart " + unit);
        }
        return out;
    }
    /// One after the other, so that a balancer finds the rest of them.
    core::result<void> restart_instances() const {
        if (auto done = systemctl({"daemon-reload"}); !done) return done;
        for (const auto& unit : running_instances())
            if (!why_restart(unit).empty())
                if (auto done = restart_and_wait(unit); !done) return done;
        return {};
    }

  private:
    // Somebody runs the service without its socket, or it does not listen where the configuration
    // says: then server.listen would be ignored from the next start on.
    std::string against_socket() const {
        if (is_socket_masked(terms_)) return "latchkey.socket is masked";
        if (is_socket_enabled(terms_)) return {};
        if (is_service_enabled(terms_)) return "the service is enabled without its socket";
        const auto place = not_at_socket(terms_.settings.server.listen, socket_addresses(terms_));
        return place.empty() ? place
                             : "latchkey.socket does not listen at server.listen (" + place + ')';
    }
    outlook look_without_socket() const {
        if (is_active(the_service)) return look_at_running("the service runs, without its socket");
        if (!is_service_enabled(terms_))
            return {state::left, "the service is started when it is enabled"};
        return {state::to_do, "start the service", {"systemctl start latchkey.service"}};
    }
    outlook look_at_running(const std::string& as_it_is) const {
        const auto why = why_restart(the_service);
        if (why.empty()) return {state::done, as_it_is};
        return {state::to_do,
                "restart the service: " + why,
                {"systemctl daemon-reload", "systemctl restart latchkey.service"}};
    }

    const setup_terms& terms_;
};

// The file that setup itself has read the URI from.
setup_step uri_step(const setup_terms& terms) {
    const auto path = std::string(settings_folder) + "database.uri";
    const auto line = "LoadCredential=database.uri:" + path;
    const auto look = [&terms, path]() -> core::result<outlook> {
        if (unit_names(terms, service, "LoadCredential=database.uri:"))
            return outlook{state::done, "the service gets " + path};
        return outlook{state::to_do, "hand " + path +
                                         " to the service (not to further nodes, "
                                         "whose file may name another database)"};
    };
    return {"service", "uri", look, [&terms, line] {
                return write_drop_in(drop_in_path(terms, service, "database-uri"), line + '\n');
            }};
}

} // namespace

std::vector<setup_step> service_steps(const setup_terms& terms) {
    const auto part = std::make_shared<const service_part>(terms);
    std::vector<setup_step> out;
    if (terms.uri_is_credential) out.push_back(uri_step(terms));
    out.push_back({"service", "enable",
                   [part]() -> core::result<outlook> { return part->look_at_links(); },
                   [part] { return part->enable(); }});
    out.push_back({"service", "start",
                   [part]() -> core::result<outlook> { return part->look_at_process(); },
                   [part] { return part->start(); }});
    if (terms.root.empty())
        out.push_back({"service", "nodes",
                       [part]() -> core::result<outlook> { return part->look_at_instances(); },
                       [part] { return part->restart_instances(); }});
    return out;
}

} // namespace latchkey::server
