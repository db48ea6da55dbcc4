#include "server/process/serve.hpp"

#include "server/cli/commands.hpp"
#include "server/process/close_memory.hpp"
#include "server/process/control.hpp"
#include "server/process/passed_sockets.hpp"
#include "server/settings/exposure.hpp"
#include "server/settings/loaded_configuration.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <exception>

namespace latchkey::server {

namespace {

// Each connection needs a descriptor, so take as many as the system allows.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

int not_configured(core::logger& log, const core::failure& why) {
    log.error("the server cannot start", {{"reason", why.message}});
    return exit_code::configuration;
}

int exit_code_of(core::failure_kind why) {
    if (why == core::failure_kind::conflict) return exit_code::permission;
    if (why == core::failure_kind::invalid) return exit_code::configuration;
    return exit_code::unavailable;
}

} // namespace

int serve(const configuration& settings, const configuration_sources& sources) {
    ::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    close_memory();
    auto sockets = take_passed_sockets(); // before there are threads
    log_writer log(settings.log, STDERR_FILENO);
    if (!sockets) return not_configured(log, sockets.error());
    try {
        auto loaded = load_files(settings);
        if (!loaded) return not_configured(log, loaded.error());
        if (const auto refused = refused_files(loaded->settings, loaded->exposed);
            !refused.empty()) {
            for (const auto& why : refused)
                log.error("the server cannot start", {{"reason", why}});
            return exit_code::permission;
        }
        control process(std::move(*loaded), log, [sources]() -> core::result<loaded_configuration> {
            auto read = load_configuration(sources);
            if (!read) return read.error();
            return load_files(std::move(*read));
        });
        if (const auto started = process.start(std::move(*sockets)); !started) {
            log.error("the server cannot start", {{"reason", started.error().message}});
            return exit_code_of(started.error().kind);
        }
        process.run();
        return exit_code::ok;
    } catch (const std::exception& e) {
        log.error("the server ended by an exception", {{"what", e.what()}});
        return exit_code::bug;
    }
}

} // namespace latchkey::server
