#include <latchkey/server/serve.hpp>

#include "control.hpp"

#include <latchkey/server/commands.hpp>
#include <latchkey/server/issuers.hpp>
#include <latchkey/server/key_encryption.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <exception>

namespace latchkey::server {

namespace {

// A server's connections are descriptors: take all that the system grants.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Memory holds credentials; a core file must not.
void forbid_core_files() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

} // namespace

int serve(const configuration& settings, issuer_reader read_issuers) {
    ::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    forbid_core_files();
    log_writer log(settings.log, STDERR_FILENO);
    try {
        const auto issuers = read_issuers();
        if (!issuers) {
            log.error("the issuers cannot be loaded", {{"reason", issuers.error().message}});
            return exit_code::configuration;
        }
        auto kek = read_key_encryption_key(settings.tokens);
        if (!kek) {
            log.error("the key-encryption key cannot be loaded", {{"reason", kek.error().message}});
            return exit_code::configuration;
        }
        control process(settings, log, std::move(*kek), std::move(read_issuers));
        process.trust(*issuers);
        if (const auto started = process.start(); !started) {
            log.error("the server cannot start", {{"reason", started.error().message}});
            return started.error().kind == core::failure_kind::conflict ? exit_code::permission
                                                                        : exit_code::unavailable;
        }
        process.run();
        return exit_code::ok;
    } catch (const std::exception& e) {
        log.error("the server ended by an exception", {{"what", e.what()}});
        return exit_code::bug;
    }
}

} // namespace latchkey::server
